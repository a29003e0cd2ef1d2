// The most likely way through a known string of states: which row belongs to which state (forced Viterbi alignment).
// A string needs no network: a band of states around the best one is all that a row looks at.
import type { RowScores } from './viterbi.js';

/** States in their order; weights are natural logarithms. */
export interface StateString {
  /** [states] column of the scores that each reads. */
  readonly columns: ArrayLike<number>;
  /** [states] of staying in each, and of coming into each from the one before. */
  readonly stay: ArrayLike<number>;
  readonly enter: ArrayLike<number>;
  /** [states] 1 where a path may go past a state; no two neighbours. */
  readonly optional?: ArrayLike<number>;
}

export interface ForcedPathOptions {
  /** Factor on the scores. */
  readonly scale: number;
  /** Distances to the best at which a path is given up; the next is tried where one loses every path. */
  readonly beams: readonly number[];
}

/**
 * @returns [states] first row after each (that of the state before where it was gone
 * past); undefined where they do not fit
 */
export function forcedPath(
  string: StateString,
  scores: RowScores,
  { scale, beams }: ForcedPathOptions,
): Int32Array | undefined {
  const { columns, stay, enter } = string;
  const count = columns.length;
  const optional = Uint8Array.from({ length: count }, (_, j) => string.optional?.[j] ?? 0);
  // States that must still follow each before the utterance may end.
  const following = new Int32Array(count);
  for (let j = count - 2; j >= 0; j--) following[j] = following[j + 1]! + 1 - optional[j + 1]!;
  if (count === 0 || scores.rows < following[0]! + 1 - optional[0]!) return undefined;
  for (const beam of beams) {
    const ends = search(beam);
    if (ends) return ends;
  }
  return undefined;

  function search(beam: number): Int32Array | undefined {
    const { rows } = scores;
    const steps = new Uint8Array(rows * count); // how many states back the best path came from
    let score = new Float64Array(count).fill(-Infinity);
    let next = new Float64Array(count).fill(-Infinity);
    let low = 0;
    let high = count > 1 && optional[0] === 1 ? 1 : 0;
    for (let j = 0; j <= high; j++) score[j] = scale * scores.at(columns[j]!, 0);
    for (let t = 1; t < rows; t++) {
      let least = low;
      while (following[least]! > rows - 1 - t) least++;
      const furthest = high + 1 < count ? high + 1 + optional[high + 1]! : high;
      const most = Math.min(furthest, count - 1);
      let top = -Infinity;
      for (let j = least; j <= most; j++) {
        let value = score[j]! + stay[j]!;
        let step = 0;
        if (j > 0 && score[j - 1]! + enter[j]! > value) {
          value = score[j - 1]! + enter[j]!;
          step = 1;
        }
        if (optional[j - 1] === 1 && score[j - 2]! > value) {
          value = score[j - 2]!;
          step = 2;
        }
        next[j] = value;
        if (value === -Infinity) continue;
        if (step > 0) steps[t * count + j] = step;
        next[j] = value + scale * scores.at(columns[j]!, t);
        if (next[j]! > top) top = next[j]!;
      }
      if (top === -Infinity) return undefined;
      const worst = top - beam;
      let first = -1;
      let last = -1;
      for (let j = least; j <= most; j++) {
        if (next[j]! < worst) next[j] = -Infinity;
        else {
          if (first < 0) first = j;
          last = j;
        }
      }
      score.fill(-Infinity, low, high + 1);
      [score, next] = [next, score];
      low = first;
      high = last;
    }
    let end = count - 1;
    if (optional[end] === 1 && end > 0 && !(score[end]! > score[end - 1]!)) end--;
    return score[end] === -Infinity ? undefined : trace(steps, end);
  }

  function trace(steps: Uint8Array, end: number): Int32Array {
    const ends = new Int32Array(count);
    ends.fill(scores.rows, end);
    for (let j = end, t = scores.rows - 1; t >= 0; t--) {
      const step = steps[t * count + j]!;
      for (let s = 1; s <= step; s++) ends[j - s] = t;
      j -= step;
    }
    return ends;
  }
}
