// Principal components without whitening: mean and covariance in one pass over a stream of blocks, then the
// eigenvectors of the symmetric covariance (Pearson, 1901; as faiss PCAMatrix, eigen_power 0).
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { compile, tf } from '../engine/index.js';
import { oneAhead, regroup, type Block, type BlockSource } from './blocks.js';
import { createRowGraph } from './row-graph.js';
import { largestEigenpairs } from './symmetric-eigen.js';

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

/**
 * Mean and covariance of all rows. The first row is subtracted before summing, so that large offsets cost no
 * precision; products are single precision within a block of rows and double precision between blocks.
 * @throws AsrError 'input' when there are no rows
 */
export async function streamMoments(source: BlockSource, columns: number, compute: Compute): Promise<Moments> {
  const sums = new Float64Array(columns);
  const products = new Float64Array(columns * columns);
  let shift: Float32Array | undefined;
  let total = 0;
  const firsts = Array.from({ length: Math.ceil(columns / stripe) }, (_, i) => i * stripe);
  const ones = new Float32Array(momentRows).fill(1);
  const graph = await compile<'x' | 'shift' | 'ones', string>(
    ({ x, shift: offset, ones: each }) => {
      const centred = tf.sub(x, offset);
      const transposed = tf.transpose(centred); // [columns, B]
      const from = (first: number, length: number): tf.Tensor =>
        length === columns ? transposed : tf.slice(transposed, [first, 0], [length, -1]);
      // Symmetric: of each stripe of rows only what begins at the diagonal.
      const stripes = firsts.map((first): [string, tf.Tensor] => [
        String(first),
        tf.matMul(from(first, Math.min(stripe, columns - first)), from(first, columns - first), false, true),
      ]);
      // The runtime adds up faster in a product than by ReduceSum.
      return { sum: tf.matMul(each, centred), ...Object.fromEntries(stripes) };
    },
    { x: { shape: [momentRows, columns] }, shift: { shape: [columns] }, ones: { shape: [1, momentRows] } },
    { name: 'moments', threads: compute.threads, engine: compute.engine },
  );
  try {
    const momentsOf = ({ data, rows }: Block): Promise<Record<string, Float32Array>> => {
      shift ??= data.slice(0, columns);
      return graph.run({ x: rows === momentRows ? data : paddedWith(shift, data), shift, ones });
    };
    await oneAhead(regroup(source, columns, momentRows), momentsOf, ({ rows }, found) => {
      addTo(sums, 0, found['sum'] as Float32Array);
      for (const first of firsts) {
        const product = found[first] as Float32Array; // [stripe, columns - first]
        const width = columns - first;
        for (let row = 0; row < product.length / width; row++)
          addTo(products, (first + row) * columns + first, product.subarray(row * width, (row + 1) * width));
      }
      total += rows;
    });
  } finally {
    await graph.dispose();
  }
  if (!shift) throw new AsrError('input', 'PCA: no rows', 'No training utterance had any frames.');
  const offsets = sums.map((sum) => sum / total);
  const covariance = products.map((_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    const product = products[Math.min(i, j) * columns + Math.max(i, j)] as number;
    return product / total - (offsets[i] as number) * (offsets[j] as number);
  });
  return { rows: total, mean: offsets.map((offset, c) => offset + (shift?.[c] ?? 0)), covariance };
}

/** Rows of one product; sums beyond them are in double precision. */
const momentRows = 2048;
/** Rows of the covariance that are computed together; narrower products are slower than what they leave out. */
const stripe = 128;

function addTo(sums: Float64Array, at: number, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) sums[at + i]! += values[i]!;
}

/** A whole block whose missing rows are `filler`, which adds nothing once it is subtracted. */
function paddedWith(filler: Float32Array, data: Float32Array): Float32Array {
  const padded = new Float32Array(momentRows * filler.length);
  for (let at = 0; at < padded.length; at += filler.length) padded.set(filler, at);
  padded.set(data);
  return padded;
}

/**
 * @param components how many to keep; at most `columns` are there
 * @throws AsrError 'input' when there are no rows or values that are not finite
 */
export async function fitPca(source: BlockSource, columns: number, components: number, compute: Compute): Promise<Pca> {
  const { mean, covariance } = await streamMoments(source, columns, compute);
  if (!covariance.every(Number.isFinite))
    throw new AsrError(
      'input',
      'PCA: the rows hold values that are not finite',
      'An utterance has NaN or infinite features; the stage before should have left it out.',
    );
  const { values, vectors } = largestEigenpairs(covariance, columns, components);
  const kept = values.length;
  const basis = new Float32Array(columns * kept);
  for (let p = 0; p < kept; p++)
    for (let c = 0; c < columns; c++) basis[c * kept + p] = vectors[p * columns + c] as number;
  return {
    columns,
    components: kept,
    mean: Float32Array.from(mean),
    basis,
    variances: values.map((value) => Math.max(0, value)),
  };
}

/** What is needed to apply a PCA. */
export type PcaBasis = Pick<Pca, 'columns' | 'components' | 'mean' | 'basis'>;

/**
 * The first components, each divided by its deviation, so that what is projected has variance 1.
 * @param components how many at most
 * @param leastShare of the first one's variance; what has less is a rounding error and left out, not blown up
 */
export function whitened(pca: Pca, components: number, leastShare: number): PcaBasis {
  const { columns, mean, basis, variances } = pca;
  const least = leastShare * (variances[0] ?? 0);
  const kept = Math.max(1, Math.min(components, variances.filter((variance) => variance > least).length));
  const scaled = new Float32Array(columns * kept); // [columns, kept]
  for (let c = 0; c < columns; c++)
    for (let p = 0; p < kept; p++)
      scaled[c * kept + p] =
        (basis[c * pca.components + p] as number) / Math.sqrt(Math.max(variances[p] as number, least) || 1);
  return { columns, components: kept, mean, basis: scaled };
}

export interface Projection {
  /** (x - mean) basis: [rows, columns] -> [rows, components]. */
  apply(data: Float32Array, rows: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export function createProjection({ columns, components, mean, basis }: PcaBasis, compute: Compute): Projection {
  const graph = createRowGraph({
    name: 'principal components',
    columns,
    compute,
    parameters: { mean: [columns], basis: [columns, components] },
    widths: { projected: components },
    fn: (x, parameters) => ({ projected: tf.matMul(tf.sub(x, parameters.mean), parameters.basis) }),
  });
  return {
    apply: async (data, rows) => (await graph.run(data, rows, { mean, basis })).projected,
    dispose: () => graph.dispose(),
  };
}
