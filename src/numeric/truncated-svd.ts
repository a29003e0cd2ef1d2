// The largest singular vectors of a sparse matrix by subspace iteration from random vectors (Halko, Martinsson and
// Tropp, 2011): rows whose columns and values are listed in, the right singular vectors and singular values out.
import { giveWay } from '../core/event-loop.js';
import type { Rng } from '../core/rng.js';
import { largestEigenpairs } from './symmetric-eigen.js';

/** Row i holds `values[starts[i]..starts[i + 1]]` in columns of the same places. */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  readonly starts: Int32Array;
  readonly at: Int32Array;
  readonly values: Float32Array;
}

const iterations = 4;
const spare = 10; // vectors beyond those asked for, which make the last of these exact

/** @returns right: [columns, dim], and the singular values, largest first */
export async function truncatedSvd(
  matrix: SparseRows,
  dim: number,
  rng: Rng,
  signal?: AbortSignal,
): Promise<{ right: Float64Array; values: Float64Array }> {
  const { rows, columns } = matrix;
  const wide = Math.min(dim + spare, rows, columns);
  let right: Float64Array = Float64Array.from({ length: columns * wide }, () => rng.normal());
  for (let i = 0; i < iterations; i++) {
    orthonormalise(right, columns, wide);
    await giveWay(signal);
    right = timesTransposed(matrix, times(matrix, right, wide), wide);
  }
  orthonormalise(right, columns, wide);
  const left = times(matrix, right, wide); // [rows, wide]
  const gram = new Float64Array(wide * wide);
  for (let a = 0; a < wide; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += left[r * wide + a]! * left[r * wide + b]!;
      gram[a * wide + b] = sum;
    }
  const { values, vectors } = largestEigenpairs(gram, wide, dim);
  const out = new Float64Array(columns * dim);
  for (let c = 0; c < columns; c++)
    for (let k = 0; k < values.length; k++) {
      let sum = 0;
      for (let a = 0; a < wide; a++) sum += right[c * wide + a]! * vectors[k * wide + a]!;
      out[c * dim + k] = sum;
    }
  return { right: out, values: Float64Array.from({ length: dim }, (_, k) => Math.sqrt(Math.max(0, values[k] ?? 0))) };
}

function times({ rows, starts, at, values }: SparseRows, right: Float64Array, wide: number): Float64Array {
  const out = new Float64Array(rows * wide);
  for (let r = 0; r < rows; r++)
    for (let i = starts[r]!; i < starts[r + 1]!; i++) {
      const value = values[i]!;
      const from = at[i]! * wide;
      for (let k = 0; k < wide; k++) out[r * wide + k]! += value * right[from + k]!;
    }
  return out;
}

function timesTransposed(
  { rows, columns, starts, at, values }: SparseRows,
  left: Float64Array,
  wide: number,
): Float64Array {
  const out = new Float64Array(columns * wide);
  for (let r = 0; r < rows; r++)
    for (let i = starts[r]!; i < starts[r + 1]!; i++) {
      const value = values[i]!;
      const to = at[i]! * wide;
      for (let k = 0; k < wide; k++) out[to + k]! += value * left[r * wide + k]!;
    }
  return out;
}

/** Columns of [rows, wide] made orthogonal and of unit length, by Gram and Schmidt done twice. */
function orthonormalise(data: Float64Array, rows: number, wide: number): void {
  for (let k = 0; k < wide; k++) {
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < k; j++) {
        let dot = 0;
        for (let r = 0; r < rows; r++) dot += data[r * wide + j]! * data[r * wide + k]!;
        for (let r = 0; r < rows; r++) data[r * wide + k]! -= dot * data[r * wide + j]!;
      }
    let norm = 0;
    for (let r = 0; r < rows; r++) norm += data[r * wide + k]! ** 2;
    const scale = norm > 1e-300 ? 1 / Math.sqrt(norm) : 0;
    for (let r = 0; r < rows; r++) data[r * wide + k]! *= scale;
  }
}
