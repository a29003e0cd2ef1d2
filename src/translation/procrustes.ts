// The rotation that brings paired vectors together (Schönemann, 1966): W = U Vᵀ with U Σ Vᵀ = Xᵀ Y.
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import type { Rng } from '../core/rng.js';
import type { Side } from './csls.js';

/**
 * The orthogonal W that makes Σ |x_i W - y_j|² smallest over pairs (i, j) of rows.
 * @returns [dim, dim]
 */
export function procrustes(
  source: Side,
  target: Side,
  dim: number,
  pairs: Iterable<readonly [number, number]>,
): Float32Array {
  const product = new Float64Array(dim * dim);
  for (const [i, j] of pairs) {
    for (let a = 0; a < dim; a++) {
      const x = source.data[i * dim + a]!;
      for (let b = 0; b < dim; b++) product[a * dim + b]! += x * target.data[j * dim + b]!;
    }
  }
  return nearestRotation(product, dim);
}

function nearestRotation(matrix: ArrayLike<number>, dim: number): Float32Array {
  const svd = new SingularValueDecomposition(Matrix.from1DArray(dim, dim, Array.from(matrix)));
  return Float32Array.from(svd.leftSingularVectors.mmul(svd.rightSingularVectors.transpose()).to1DArray());
}

export const identity = (dim: number): Float32Array =>
  Float32Array.from({ length: dim * dim }, (_, i) => (i % (dim + 1) === 0 ? 1 : 0));

/** Nearest to a matrix of normal numbers: evenly spread over all rotations and reflections. */
export const randomRotation = (dim: number, rng: Rng): Float32Array =>
  nearestRotation(
    Float64Array.from({ length: dim * dim }, () => rng.normal()),
    dim,
  );
