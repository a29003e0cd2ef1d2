// Text in, character n-grams out: what the baseline classifier looks at. Letters with the spaces around words, so that
// beginnings and ends of words count; half a misheard word still shares n-grams with the right one, which whole words
// would not.
import { wordsOf } from '../text/normalise.js';

/** Characters of an n-gram, spaces counted. */
export const shortest = 2;
export const longest = 5;
/** Characters of an utterance that are looked at; a whole book in one line is no utterance. */
const mostCharacters = 100_000;

/** How often each n-gram stands in the text. */
export function ngramCounts(text: string): Map<string, number> {
  const letters = [...` ${wordsOf(text.slice(0, mostCharacters)).join(' ')} `];
  const counts = new Map<string, number>();
  for (let n = shortest; n <= longest; n++)
    for (let at = 0; at + n <= letters.length; at++) {
      const ngram = letters.slice(at, at + n).join('');
      counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
    }
  return counts;
}

/** One text as places in a vocabulary with their values; unit length. */
export interface SparseRow {
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** Logarithms of counts (a word said five times is not five times the evidence), scaled to unit length. */
export function rowOf(counts: ReadonlyMap<string, number>, indexOf: ReadonlyMap<string, number>): SparseRow {
  const indices: number[] = [];
  const values: number[] = [];
  for (const [ngram, count] of counts) {
    const index = indexOf.get(ngram);
    if (index === undefined) continue;
    indices.push(index);
    values.push(1 + Math.log(count));
  }
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1;
  return { indices: Int32Array.from(indices), values: Float64Array.from(values, (value) => value / norm) };
}
