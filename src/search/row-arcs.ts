// Arcs that a search finds within one row: pushed in the order they are found, given back by the state they lead to.
import type { StateTable } from './state-table.js';
import { floats, integers } from '../core/number-list.js';

/** Ways into a state that are so much worse than its best one can neither win nor count, in natural-log units. */
const arcBeam = 14;

export class RowArcs {
  readonly target = integers();
  readonly from = integers();
  readonly weight = floats();
  readonly word = integers();
  readonly enters = integers();

  clear(): void {
    for (const list of [this.target, this.from, this.weight, this.word, this.enters]) list.clear();
  }

  /**
   * Arcs into each kept state one after the other, the best one first (the earliest of equals), the others as found:
   * whoever reads one path needs no comparison.
   * @param before states that the arcs leave. @param after states that they enter
   * @param place which kept state each state is, -1 for none. @returns numbers of arcs, and where each state's end
   */
  byState(
    before: StateTable,
    after: StateTable,
    place: Int32Array,
    states: number,
  ): { order: Int32Array; ends: Int32Array } {
    const count = this.target.length;
    const ends = new Int32Array(states);
    const best = new Int32Array(states).fill(-1);
    /** Kept state of each arc, -1 for arcs that are dropped. */
    const into = new Int32Array(count);
    for (let arc = 0; arc < count; arc++) {
      const state = this.target.at(arc);
      const at = place[state] as number;
      const score = at < 0 ? -Infinity : (before.score[this.from.at(arc)] as number) + this.weight.at(arc);
      const kept = at >= 0 && score >= (after.score[state] as number) - arcBeam;
      into[arc] = kept ? at : -1;
      if (!kept) continue;
      (ends[at] as number)++;
      if (score === after.score[state] && best[at] === -1) best[at] = arc;
    }
    for (let i = 1; i < states; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
    const order = new Int32Array(states === 0 ? 0 : (ends[states - 1] as number));
    const free = new Int32Array(states);
    for (let i = 0; i < states; i++) {
      free[i] = i === 0 ? 0 : (ends[i - 1] as number);
      order[free[i] as number] = best[i] as number;
      (free[i] as number)++;
    }
    for (let arc = 0; arc < count; arc++) {
      const at = into[arc] as number;
      if (at >= 0 && arc !== best[at]) order[(free[at] as number)++] = arc;
    }
    return { order, ends };
  }
}
