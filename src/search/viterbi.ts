// The most likely path of one utterance through a network of states: scores in, symbols with their last rows out.
// Paths far behind the best of their row are dropped. HMMs of phones, phones in context and networks with least
// durations are networks of it; what keeps every way (n-best, posteriors) is beam.ts.
import type { StateNetwork } from './state-network.js';
import { integers } from '../core/number-list.js';

/** Scores of one utterance, each looked up when a search asks for it. */
export interface RowScores {
  readonly rows: number;
  /** Natural log score of a column at a row. */
  at(column: number, row: number): number;
}

export interface ViterbiOptions {
  /** Factor on the scores. */
  readonly scale: number;
  /**
   * Natural-log distances to the best path of a row at which others are dropped; the next
   * is tried where one loses every path.
   */
  readonly beams: readonly number[];
  /** HMMs that go on from a row, about, under the first beam; it narrows where there are more. */
  readonly maxActive?: number;
}

export interface BestPath {
  readonly symbols: Int32Array;
  /** [symbols] first row after each. */
  readonly ends: Int32Array;
  /** Natural logarithm. */
  readonly score: number;
}

/** Paths alive at one row: scores [hmms, statesPerPhone], and the record of what came before. */
class Frontier {
  score = new Float64Array(0);
  record = new Int32Array(0);
  hmms = new Int32Array(0);
  count = 0;
  #listed = new Uint8Array(0);

  constructor(private readonly statesPerPhone: number) {}

  grow(hmms: number): void {
    if (this.#listed.length >= hmms) return;
    const size = 2 * hmms;
    const copy = <A extends { set(from: A): void }>(old: A, bigger: A): A => {
      bigger.set(old);
      return bigger;
    };
    this.score = copy(this.score, new Float64Array(size * this.statesPerPhone).fill(-Infinity));
    this.record = copy(this.record, new Int32Array(size * this.statesPerPhone));
    this.hmms = copy(this.hmms, new Int32Array(size));
    this.#listed = copy(this.#listed, new Uint8Array(size));
  }

  /** Keeps the better of what is there and what is offered; the first of equal ones. */
  offer(hmm: number, at: number, value: number, record: number): void {
    if (value <= this.score[at]!) return;
    this.score[at] = value;
    this.record[at] = record;
    if (this.#listed[hmm] === 1) return;
    this.#listed[hmm] = 1;
    this.hmms[this.count++] = hmm;
  }

  clear(): void {
    const { statesPerPhone } = this;
    for (let i = 0; i < this.count; i++) {
      const hmm = this.hmms[i]!;
      this.#listed[hmm] = 0;
      for (let at = hmm * statesPerPhone; at < (hmm + 1) * statesPerPhone; at++) this.score[at] = -Infinity;
    }
    this.count = 0;
  }
}

/**
 * @param start nodes that an utterance may start in, and their natural log weights
 * @returns a search that keeps its buffers, and the network as far as it was made, between utterances; undefined where
 *   no path reaches an end
 */
export function createViterbi(
  network: StateNetwork,
  start: { readonly nodes: readonly number[]; readonly weights: readonly number[] },
  { scale, beams, maxActive = Infinity }: ViterbiOptions,
): (scores: RowScores) => BestPath | undefined {
  const { statesPerPhone, stay, leave } = network;
  let now = new Frontier(statesPerPhone);
  let before = new Frontier(statesPerPhone);
  const classes = new Int32Array(100);
  // A record says that an HMM was left: [hmm, row after it, record before].
  const records = integers();

  return (scores) => {
    if (scores.rows === 0) return undefined;
    for (const [i, beam] of beams.entries()) {
      const found = search(scores, beam, i === 0 ? maxActive : Infinity);
      if (found) return found;
    }
    return undefined;
  };

  function search(scores: RowScores, beam: number, most: number): BestPath | undefined {
    records.clear();
    now.clear();
    now.grow(network.hmms);
    start.nodes.forEach((node, i) => {
      if (start.weights[i]! > -Infinity) enter(node, start.weights[i]!, -1);
    });
    let top = weigh(scores, 0);
    for (let t = 1; t < scores.rows; t++) {
      [before, now] = [now, before];
      now.clear();
      now.grow(network.hmms);
      advance(t, top - narrowed(top, beam, most), beam);
      top = weigh(scores, t);
      if (top === -Infinity) return undefined;
    }
    return finish(scores.rows);
  }

  /** The distance within which no more than `most` HMMs have a path: their best scores counted in classes. */
  function narrowed(top: number, beam: number, most: number): number {
    if (before.count <= most) return beam;
    classes.fill(0);
    for (let i = 0; i < before.count; i++) {
      let best = -Infinity;
      for (let c = 0, at = before.hmms[i]! * statesPerPhone; c < statesPerPhone; c++, at++)
        if (before.score[at]! > best) best = before.score[at]!;
      const off = Math.floor(((top - best) / beam) * classes.length);
      if (off < classes.length) classes[off]!++;
    }
    let sum = 0;
    for (let i = 0; i < classes.length; i++) {
      sum += classes[i]!;
      if (sum > most) return (beam * Math.max(1, i)) / classes.length;
    }
    return beam;
  }

  function enter(node: number, value: number, record: number): void {
    const { firstHmm, entry } = network;
    for (let hmm = firstHmm[node]!; hmm < firstHmm[node + 1]!; hmm++)
      now.offer(hmm, hmm * statesPerPhone + entry[hmm]!, value, record);
  }

  /** From the row before: staying, the next state of an HMM, the HMMs after it. */
  function advance(t: number, least: number, beam: number): void {
    const { symbol, entry } = network;
    const { score, record, hmms, count } = before;
    let best = -Infinity;
    for (let i = 0; i < count; i++) {
      const hmm = hmms[i]!;
      const own = symbol[hmm]! * statesPerPhone;
      for (let c = entry[hmm]!, at = hmm * statesPerPhone + c; c < statesPerPhone; c++, at++) {
        const value = score[at]!;
        if (value < least || value === -Infinity) continue;
        const stays = value + stay[own + c]!;
        now.offer(hmm, at, stays, record[at]!);
        if (stays > best) best = stays;
        if (c === statesPerPhone - 1) continue;
        const goes = value + leave[own + c]!;
        now.offer(hmm, at + 1, goes, record[at]!);
        if (goes > best) best = goes;
      }
    }
    for (let i = 0; i < count; i++) {
      const hmm = hmms[i]!;
      const at = hmm * statesPerPhone + statesPerPhone - 1;
      const value = score[at]! + leave[symbol[hmm]! * statesPerPhone + statesPerPhone - 1]!;
      // What is entered is a row behind what stayed, so the same beam holds for both.
      if (value === -Infinity || score[at]! < least || value < best - beam) continue;
      best = leavePlace(hmm, t, value, record[at]!, best, beam);
    }
  }

  /** @returns the best of what goes on, where it was `best` before */
  // eslint-disable-next-line max-params -- the innermost loop: no object for each arc of each frame
  function leavePlace(hmm: number, t: number, value: number, before: number, best: number, beam: number): number {
    network.reach(hmm);
    now.grow(network.hmms);
    const { arcStart, arcEnd, arcNode, arcWeight } = network;
    let own = -1;
    for (let arc = arcStart[hmm]!; arc < arcEnd[hmm]!; arc++) {
      const entering = value + arcWeight[arc]!;
      if (entering < best - beam) break;
      if (own < 0) {
        own = records.push(hmm);
        records.push(t);
        records.push(before);
      }
      enter(arcNode[arc]!, entering, own);
      if (entering > best) best = entering;
    }
    return best;
  }

  /** Adds the scores of row t. @returns the best path's */
  function weigh(scores: RowScores, t: number): number {
    let top = -Infinity;
    const { score, hmms } = now;
    const { column } = network;
    for (let i = 0; i < now.count; i++) {
      const from = hmms[i]! * statesPerPhone;
      for (let at = from; at < from + statesPerPhone; at++) {
        if (score[at] === -Infinity) continue;
        const value = score[at]! + scale * scores.at(column[at]!, t);
        score[at] = value;
        if (value > top) top = value;
      }
    }
    return top;
  }

  function finish(rows: number): BestPath | undefined {
    let most = -Infinity;
    let last = -1;
    for (let i = 0; i < now.count; i++) {
      const hmm = now.hmms[i]!;
      const value = now.score[hmm * statesPerPhone + statesPerPhone - 1]! + network.final[hmm]!;
      if (value <= most) continue;
      most = value;
      last = hmm;
    }
    if (last < 0) return undefined;
    const symbols = [network.symbol[last]!];
    const ends = [rows];
    for (let at = now.record[last * statesPerPhone + statesPerPhone - 1]!; at >= 0; at = records.at(at + 2)) {
      symbols.push(network.symbol[records.at(at)]!);
      ends.push(records.at(at + 1));
    }
    return { symbols: Int32Array.from(symbols.reverse()), ends: Int32Array.from(ends.reverse()), score: most };
  }
}

/** All scores of an utterance at once, [rows, columns]. */
export class ScoreTable implements RowScores {
  constructor(
    private readonly scores: Float32Array,
    readonly rows: number,
    private readonly columns: number,
  ) {}

  at(column: number, row: number): number {
    return this.scores[row * this.columns + column]!;
  }
}
