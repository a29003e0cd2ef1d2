// Principal components without whitening: mean and covariance in one pass over a stream of blocks, in double
// precision, then the eigenvectors of the symmetric covariance (Pearson, 1901; as faiss PCAMatrix, eigen_power 0).
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import type { BlockSource } from './blocks.js';

export interface Pca {
  readonly columns: number;
  /** Kept components P. */
  readonly components: number;
  /** [columns] */
  readonly mean: Float32Array;
  /** [columns, components]: unit eigenvectors in columns, largest variance first, largest entry positive. */
  readonly basis: Float32Array;
  /** [components] variance along each component. */
  readonly variances: Float64Array;
}

export interface Moments {
  readonly rows: number;
  /** [columns] */
  readonly mean: Float64Array;
  /** [columns, columns], divided by the number of rows. */
  readonly covariance: Float64Array;
}

/** Mean and covariance of all rows; the first row is subtracted before summing, so that large offsets cost no precision. */
export async function streamMoments(source: BlockSource, columns: number): Promise<Moments> {
  let shift: Float64Array | undefined;
  const sums = new Float64Array(columns);
  const products = new Float64Array(columns * columns); // lower triangle
  const row = new Float64Array(columns);
  let total = 0;
  for await (const { data, rows } of source()) {
    if (rows === 0) continue;
    shift ??= Float64Array.from(data.subarray(0, columns));
    total += rows;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) row[c] = (data[r * columns + c] as number) - (shift[c] as number);
      addOuterProduct(row, sums, products);
    }
  }
  if (!shift) throw new AsrError('input', 'PCA: no rows', 'No training utterance had any frames.');
  const means = sums.map((sum) => sum / total);
  const covariance = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (products[i * columns + j] as number) / total - (means[i] as number) * (means[j] as number);
      covariance[i * columns + j] = value;
      covariance[j * columns + i] = value;
    }
  }
  return { rows: total, mean: means.map((mean, c) => mean + (shift?.[c] ?? 0)), covariance };
}

function addOuterProduct(row: Float64Array, sums: Float64Array, products: Float64Array): void {
  const columns = row.length;
  for (let i = 0; i < columns; i++) {
    const value = row[i] as number;
    sums[i] = (sums[i] as number) + value;
    const start = i * columns;
    for (let j = 0; j <= i; j++) products[start + j] = (products[start + j] as number) + value * (row[j] as number);
  }
}

/**
 * @param components how many to keep; at most `columns` are there
 * @throws AsrError 'input' when there are no rows or values that are not finite
 */
export async function fitPca(source: BlockSource, columns: number, components: number): Promise<Pca> {
  const { mean, covariance } = await streamMoments(source, columns);
  if (!covariance.every(Number.isFinite)) throw new AsrError('input', 'PCA: the rows hold values that are not finite', 'An utterance has NaN or infinite features; the stage before should have left it out.');
  const eigen = new EigenvalueDecomposition(Matrix.from1DArray(columns, columns, covariance), { assumeSymmetric: true });
  const order = eigen.realEigenvalues.map((_, i) => i).sort((a, b) => (eigen.realEigenvalues[b] as number) - (eigen.realEigenvalues[a] as number));
  const kept = order.slice(0, components);
  const basis = new Float32Array(columns * kept.length);
  kept.forEach((from, to) => {
    const vector = eigen.eigenvectorMatrix.getColumn(from);
    const largest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    // An eigenvector's sign is arbitrary: fixing it keeps results equal when the rows are reordered.
    const sign = largest < 0 ? -1 : 1;
    vector.forEach((value, c) => { basis[c * kept.length + to] = sign * value; });
  });
  return { columns, components: kept.length, mean: Float32Array.from(mean), basis, variances: Float64Array.from(kept, (i) => Math.max(0, eigen.realEigenvalues[i] as number)) };
}

/** What is needed to apply a PCA. */
export type PcaBasis = Pick<Pca, 'columns' | 'components' | 'mean' | 'basis'>;

export interface Projection {
  /** (x - mean) basis: [rows, columns] -> [rows, components]. */
  apply(data: Float32Array, rows: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function createProjection(pca: PcaBasis, compute: Compute): Promise<Projection> {
  void compute;
  return { apply: async (data, rows) => project(pca, data, rows), dispose: async () => undefined };
}

function project(pca: PcaBasis, data: Float32Array, rows: number): Float32Array {
  const { columns, components, mean, basis } = pca;
  const projected = new Float32Array(rows * components);
  const sums = new Float64Array(components);
  for (let r = 0; r < rows; r++) {
    sums.fill(0);
    for (let c = 0; c < columns; c++) {
      const value = (data[r * columns + c] as number) - (mean[c] as number);
      for (let k = 0; k < components; k++) sums[k] = (sums[k] as number) + value * (basis[c * components + k] as number);
    }
    projected.set(sums, r * components);
  }
  return projected;
}
