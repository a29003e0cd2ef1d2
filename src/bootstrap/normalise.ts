// Frames of one utterance with mean 0 and variance 1 in every band: what the network sees, in training and in use.
import { FrameSums, normaliseInPlace } from '../features/normalise.js';

/** @param data [rows, columns], left as it is. @returns a normalised copy */
export function normalisedUtterance(data: Float32Array, columns: number): Float32Array {
  const copy = data.slice();
  const sums = new FrameSums(columns);
  sums.add(copy);
  normaliseInPlace(copy, sums);
  return copy;
}
