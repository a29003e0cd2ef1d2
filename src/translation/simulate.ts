// Two clouds of vectors with a known dictionary: words that lie in uneven, stretched topics, and the same words
// rotated, with noise, in another order. For tests and for the recipe that shows what can be recovered.
import type { Rng } from '../core/rng.js';
import { normalised } from './embeddings.js';
import type { Side } from './csls.js';
import { randomRotation } from './procrustes.js';

export interface RotatedClouds {
  readonly source: Side;
  readonly target: Side;
  /** [source rows] the row of the target that is the same word. */
  readonly truth: Int32Array;
}

/** @param noise standard deviation of what is added to the rotated vectors, as a share of their own */
export function rotatedClouds(
  {
    words,
    dim,
    topics,
    noise,
  }: { readonly words: number; readonly dim: number; readonly topics: number; readonly noise: number },
  rng: Rng,
): RotatedClouds {
  const draw = rng.fork('words');
  const normals = (count: number): Float64Array => Float64Array.from({ length: count }, () => draw.normal());
  // Without uneven topics and axes, every rotation of the cloud would look like every other.
  const centres = Array.from({ length: topics }, () => normals(dim));
  const spread = Float64Array.from({ length: dim }, (_, c) => 1.5 / Math.sqrt(1 + c));
  const plain = new Float32Array(words * dim);
  for (let w = 0; w < words; w++) {
    const centre = centres[Math.floor(topics * draw.uniform() ** 2)]!;
    for (let c = 0; c < dim; c++) plain[w * dim + c] = spread[c]! * (centre[c]! + draw.normal());
  }
  const rotation = randomRotation(dim, rng.fork('rotation'));
  const order = rng.fork('order').shuffleInPlace(Array.from({ length: words }, (_, w) => w));
  const scale = noise * Math.sqrt(plain.reduce((sum, value) => sum + value * value, 0) / plain.length);
  const draws = rng.fork('noise');
  const turned = new Float32Array(words * dim);
  const truth = new Int32Array(words);
  order.forEach((word, row) => {
    truth[word] = row;
    for (let b = 0; b < dim; b++) {
      let value = scale * draws.normal();
      for (let a = 0; a < dim; a++) value += plain[word * dim + a]! * rotation[a * dim + b]!;
      turned[row * dim + b] = value;
    }
  });
  return {
    truth,
    source: { rows: words, data: normalised({ data: plain, dim }) },
    target: { rows: words, data: normalised({ data: turned, dim }) },
  };
}

/** Share of words whose first translation is the right one. */
export const precision = (best: Int32Array, truth: Int32Array): number =>
  best.reduce((right, row, word) => right + Number(row === truth[word]), 0) / truth.length;
