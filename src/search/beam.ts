// Beam search in step with the rows: weighted acoustics and a network in, a trellis of what survived out. States that
// meet in the same network state are joined, so every hypothesis with the same
// future is kept once, with all ways to it.
import type { Acoustics } from './acoustics.js';
import type { SearchConfig } from './config.js';
import { noWord, OpenColumns, type Network } from './network.js';
import { RowArcs } from './row-arcs.js';
import { StateTable } from './state-table.js';
import { noColumn, Trellis } from './trellis.js';

export type BeamConfig = Pick<SearchConfig, 'beamThreshold' | 'insertionWeight'> &
  Partial<Pick<SearchConfig, 'columnThreshold'>> & { readonly beam: number };

export function search(acoustics: Acoustics, network: Network, config: BeamConfig): Trellis {
  const run = new BeamSearch(acoustics, network, config);
  for (let row = 0; row < acoustics.rows; row++) run.step(row);
  return run.finish();
}

class BeamSearch {
  readonly #trellis = new Trellis();
  readonly #blankPosition: number;
  readonly #insertion: number;
  readonly #mayRepeat: boolean;
  /** Surviving states of the last row: numbers in the trellis run from #base. */
  #alive = new StateTable();
  readonly #next = new StateTable();
  #base = 0;
  readonly #arcs = new RowArcs();
  #best = -Infinity;
  #row = 0;
  /** The highest emission of the row that a phone may begin with. */
  #highest = 0;
  readonly #open: OpenColumns;

  constructor(
    private readonly acoustics: Acoustics,
    private readonly network: Network,
    private readonly config: BeamConfig,
  ) {
    this.#blankPosition = acoustics.statesPerPhone;
    this.#open = new OpenColumns(acoustics.columns);
    this.#insertion = config.insertionWeight ?? -Infinity;
    this.#mayRepeat = network.repeats && acoustics.blank < 0;
    this.#alive.add(network.startNode, network.startMemory, 0, noColumn);
    this.#alive.score[0] = 0;
    const trellis = this.#trellis;
    trellis.rowStart.push(0);
    trellis.column.push(noColumn);
    trellis.score.push(0);
    trellis.arcStart.push(0);
  }

  step(row: number): void {
    this.#row = row;
    this.#best = -Infinity;
    this.#next.clear();
    this.#arcs.clear();
    this.#chooseColumns();
    const alive = this.#alive;
    for (let i = 0; i < alive.size; i++) this.#best = Math.max(this.#best, this.#stayScore(i));
    for (let i = 0; i < alive.size; i++) {
      if (alive.column[i] === noColumn) this.#fromNothing(i);
      else this.#fromColumn(i);
    }
    this.#prune();
  }

  /** Of a state that stays what it is: known before any arc is asked for, so that hopeless ones are not. */
  #stayScore(i: number): number {
    const { blank, stay } = this.acoustics;
    const column = this.#alive.column[i] as number;
    const score = this.#alive.score[i] as number;
    if (column !== noColumn)
      return score + stay + Math.max(this.#emission(column, this.#alive.position[i] as number), this.#insertion);
    return score + (blank >= 0 ? this.#emission(blank, 0) : this.#insertion);
  }

  /** Weight that an arc without its emission needs at least. */
  #least(i: number): number {
    return this.#best - this.config.beamThreshold - (this.#alive.score[i] as number) - this.#highest;
  }

  /** From the start, or from the blank. */
  #fromNothing(i: number): void {
    const {
      acoustics: { blank },
      network,
    } = this;
    const alive = this.#alive;
    const node = alive.node[i] as number;
    const memory = alive.memory[i] as number;
    if (blank >= 0) this.#relax(i, node, memory, this.#blankPosition, noColumn, this.#emission(blank, 0), noWord, 0);
    else if (this.#insertion > -Infinity) this.#relax(i, node, memory, 0, noColumn, this.#insertion, noWord, 0);
    network.arcs(
      node,
      memory,
      (to, then, column, weight, word) => {
        this.#relax(i, to, then, 0, column, weight + this.#emission(column, 0), word, 1);
      },
      this.#open,
      this.#least(i),
    );
  }

  /** How good the row's best column is; columns far below it: no phone begins there. */
  #chooseColumns(): void {
    const { columnThreshold } = this.config;
    const { columns } = this.acoustics;
    let best = -Infinity;
    for (let column = 0; column < columns; column++) best = Math.max(best, this.#emission(column, 0));
    this.#highest = best;
    if (columnThreshold === undefined || columnThreshold === null) return;
    this.#open.choose((column) => this.#emission(column, 0) >= best - columnThreshold);
  }

  #fromColumn(i: number): void {
    const {
      acoustics: { statesPerPhone, stay, leave, blank },
      network,
    } = this;
    const alive = this.#alive;
    const node = alive.node[i] as number;
    const memory = alive.memory[i] as number;
    const position = alive.position[i] as number;
    const own = alive.column[i] as number;
    this.#relax(
      i,
      node,
      memory,
      position,
      own,
      stay + Math.max(this.#emission(own, position), this.#insertion),
      noWord,
      0,
    );
    if (position < statesPerPhone - 1) {
      this.#relax(i, node, memory, position + 1, own, leave + this.#emission(own, position + 1), noWord, 0);
      return;
    }
    if (blank >= 0) this.#relax(i, node, memory, this.#blankPosition, noColumn, this.#emission(blank, 0), noWord, 0);
    network.arcs(
      node,
      memory,
      (to, then, column, weight, word) => {
        if (column !== own || this.#mayRepeat)
          this.#relax(i, to, then, 0, column, leave + weight + this.#emission(column, 0), word, 1);
      },
      this.#open,
      this.#least(i) - leave,
    );
  }

  #emission(column: number, position: number): number {
    const { scores, columns, statesPerPhone } = this.acoustics;
    return scores[(this.#row * columns + column) * statesPerPhone + position] as number;
  }

  // eslint-disable-next-line max-params -- the innermost loop: no object for each arc of each frame
  #relax(
    from: number,
    node: number,
    memory: number,
    position: number,
    column: number,
    weight: number,
    word: number,
    enters: number,
  ): void {
    const score = (this.#alive.score[from] as number) + weight;
    if (!(score >= this.#best - this.config.beamThreshold)) return;
    if (score > this.#best) this.#best = score;
    const next = this.#next;
    const state = next.add(node, memory, position, column);
    if (score > (next.score[state] as number)) next.score[state] = score;
    const arcs = this.#arcs;
    arcs.target.push(state);
    arcs.from.push(from);
    arcs.weight.push(weight);
    arcs.word.push(word);
    arcs.enters.push(enters);
  }

  /** Keeps the best states, the earlier one of equals, and moves them with their arcs into the trellis. */
  #prune(): void {
    const next = this.#next;
    const kept = next.best(this.config.beam, this.#best - this.config.beamThreshold);
    const trellis = this.#trellis;
    const first = trellis.column.length;
    const place = new Int32Array(next.size).fill(-1);
    for (let i = 0; i < kept.length; i++) place[kept[i] as number] = i;
    const arcs = this.#arcs;
    const { order, ends } = arcs.byState(this.#alive, next, place, kept.length);
    trellis.rowStart.push(first);
    for (let i = 0, arc = 0; i < kept.length; i++) {
      const state = kept[i] as number;
      trellis.column.push(next.column[state] as number);
      trellis.score.push(next.score[state] as number);
      trellis.arcStart.push(trellis.from.length);
      for (; arc < (ends[i] as number); arc++) {
        const found = order[arc] as number;
        trellis.from.push(this.#base + arcs.from.at(found));
        trellis.weight.push(arcs.weight.at(found));
        trellis.word.push(arcs.word.at(found));
        trellis.enters.push(arcs.enters.at(found));
      }
    }
    this.#base = first;
    this.#alive = next.select(kept, this.#alive);
  }

  finish(): Trellis {
    const {
      acoustics: { statesPerPhone, leave },
      network,
    } = this;
    const trellis = this.#trellis;
    const alive = this.#alive;
    for (let i = 0; i < alive.size; i++) {
      const position = alive.position[i] as number;
      const blank = alive.column[i] === noColumn;
      if (!blank && position < statesPerPhone - 1) continue;
      network.ends(alive.node[i] as number, alive.memory[i] as number, (weight, word) => {
        if (weight > -Infinity)
          trellis.ends.push({ state: this.#base + i, weight: weight + (blank ? 0 : leave), word });
      });
    }
    if (trellis.ends.length === 0) {
      trellis.unfinished = true;
      for (let i = 0; i < alive.size; i++) trellis.ends.push({ state: this.#base + i, weight: 0, word: noWord });
    }
    const total = (end: { state: number; weight: number }): number => trellis.score.at(end.state) + end.weight;
    trellis.ends.sort((a, b) => total(b) - total(a));
    return trellis;
  }
}
