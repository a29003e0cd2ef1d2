// How sure a search was: forward and backward sums over its trellis give the probability of every symbol at every
// row, and of every word where it ends. What the beam threw away counts as impossible.
import { noWord } from './network.js';
import type { Path } from './paths.js';
import { noColumn, type Trellis } from './trellis.js';

export interface TrellisPosteriors {
  /** Natural logarithm of the sum over all paths. */
  readonly total: number;
  /** [rows, columns] probability of each column in each row; a row sums to 1 less what blank and start hold. */
  readonly columns: Float64Array;
  /** Per row of the acoustics: probability that a word ends with it, by word. */
  readonly wordEnds: readonly ReadonlyMap<number, number>[];
}

/** @param scale factor on all scores; 1 takes them as they are */
export function posteriors(trellis: Trellis, columns: number, scale: number): TrellisPosteriors {
  const states = trellis.column.length;
  const rows = trellis.rows - 1;
  const forward = new Float64Array(states).fill(-Infinity);
  forward[0] = 0;
  for (let state = 1; state < states; state++) {
    let sum = -Infinity;
    for (let arc = trellis.arcStart.at(state); arc < trellis.arcEnd(state); arc++) {
      sum = logAdd(sum, (forward[trellis.from.at(arc)] as number) + scale * trellis.weight.at(arc));
    }
    forward[state] = sum;
  }
  const backward = new Float64Array(states).fill(-Infinity);
  const wordEnds: Map<number, number>[] = Array.from({ length: rows }, () => new Map<number, number>());
  let total = -Infinity;
  for (const { state, weight } of trellis.ends) {
    backward[state] = logAdd(backward[state] as number, scale * weight);
    total = logAdd(total, (forward[state] as number) + scale * weight);
  }
  const addWord = (row: number, word: number, logProbability: number): void => {
    const ends = wordEnds[row];
    if (word !== noWord && ends) ends.set(word, (ends.get(word) ?? 0) + Math.exp(logProbability - total));
  };
  for (const { state, weight, word } of trellis.ends)
    addWord(rows - 1, word, (forward[state] as number) + scale * weight);
  const table = new Float64Array(rows * columns);
  for (let row = rows; row >= 1; row--) {
    for (let state = trellis.rowStart.at(row); state < trellis.rowEnd(row); state++) {
      const ahead = backward[state] as number;
      if (ahead === -Infinity) continue;
      const column = trellis.column.at(state);
      if (column !== noColumn)
        (table[(row - 1) * columns + column] as number) += Math.exp((forward[state] as number) + ahead - total);
      for (let arc = trellis.arcStart.at(state); arc < trellis.arcEnd(state); arc++) {
        const from = trellis.from.at(arc);
        const through = ahead + scale * trellis.weight.at(arc);
        backward[from] = logAdd(backward[from] as number, through);
        addWord(row - 2, trellis.word.at(arc), (forward[from] as number) + through);
      }
    }
  }
  return { total, columns: table, wordEnds };
}

function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/** Confidence of each phone of a path: the mean probability of its column over its rows. */
export function phoneConfidence(path: Path, { columns: table }: TrellisPosteriors, columns: number): number[] {
  return path.phones.map(({ column, startRow, endRow }) => {
    let sum = 0;
    for (let row = startRow; row < endRow; row++) sum += table[row * columns + column] as number;
    return Math.min(1, sum / (endRow - startRow));
  });
}

/**
 * Confidence of each word of a path: the probability that this word ends nearer to its place than to the end of any
 * other word of the path (the slot that it would have in a confusion network over this path).
 */
export function wordConfidence(path: Path, { wordEnds }: TrellisPosteriors): number[] {
  return path.words.map(({ word, endRow }, i) => {
    const before = path.words[i - 1];
    const after = path.words[i + 1];
    const from = before ? Math.floor((before.endRow + endRow) / 2) : 0;
    const to = after ? Math.floor((endRow + after.endRow) / 2) : wordEnds.length;
    let sum = 0;
    for (let row = Math.min(from, endRow - 1); row < Math.max(to, endRow); row++) sum += wordEnds[row]?.get(word) ?? 0;
    return Math.min(1, sum);
  });
}
