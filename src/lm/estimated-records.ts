// What an estimation left on disk, read back as n-grams: probabilities and backoff weights, both in suffix order.
import { join } from 'node:path';
import type { EstimatedNgram } from './estimated-model.js';
import { startId, unknownId } from './ngram.js';
import { getFloat, RecordReader } from './record-files.js';

/** log10 probability written for <s>, which is never predicted. */
const never = -99;

export const backoffPath = (folder: string, length: number): string => join(folder, `backoff-${length}`);
export const probabilityPath = (folder: string, length: number): string => join(folder, `probability-${length}`);

/** @param probability of each word, by id */
export function* unigrams(folder: string, order: number, probability: Float64Array): Generator<EstimatedNgram> {
  const backoffs = order > 1 ? new RecordReader(backoffPath(folder, 1), 3) : undefined;
  let more = backoffs?.next() ?? false;
  const words = new Int32Array(1);
  for (let id = unknownId; id < probability.length; id++) {
    words[0] = id;
    const here = more && backoffs?.current[0] === id + 1;
    const backoff10 = here && backoffs ? Math.log10(getFloat(backoffs.current, 1)) : 0;
    if (here && backoffs) more = backoffs.next();
    yield { words, logProb10: id === startId ? never : Math.log10(probability[id] as number), backoff10 };
  }
  backoffs?.close();
}

/** N-grams of two words and more, with the backoff weights of those that longer ones begin with. */
export function* longerNgrams(folder: string, order: number, length: number): Generator<EstimatedNgram> {
  const reader = new RecordReader(probabilityPath(folder, length), length + 2);
  const backoffs = length < order ? new RecordReader(backoffPath(folder, length), length + 2) : undefined;
  let more = backoffs?.next() ?? false;
  const words = new Int32Array(length);
  while (reader.next()) {
    for (let i = 0; i < length; i++) words[i] = (reader.current[length - 1 - i] as number) - 1;
    const here = more && backoffs !== undefined && startsWith(reader.current, backoffs.current, length);
    const backoff10 = here ? Math.log10(getFloat(backoffs.current, length)) : 0;
    if (here) more = backoffs.next();
    yield { words, logProb10: Math.log10(getFloat(reader.current, length)), backoff10 };
  }
  backoffs?.close();
}

export function startsWith(record: Int32Array, start: Int32Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (record[i] !== start[i]) return false;
  return true;
}
