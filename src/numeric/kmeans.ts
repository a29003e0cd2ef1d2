// K-means: k-means++ seeds from a bounded random sample (Arthur and Vassilvitskii, 2007), then Lloyd's iterations
// (1982) over a stream of blocks. All restarts share each pass; memory does not depend on the number of rows.
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { keepSmall, regroup, sampleRows, type Block, type BlockSource } from './blocks.js';
import { createNearest, type NearestSearch } from './nearest.js';
import { rowBlock } from './row-graph.js';

export interface KmeansOptions {
  /** Values per row. */
  readonly columns: number;
  /** Number of clusters K. */
  readonly count: number;
  readonly restarts: number;
  /** Most passes over the rows; fewer when no restart gets better any more. */
  readonly iterations: number;
  /** Rows held in memory for seeding. */
  readonly sampleRows: number;
  /** A restart has converged when its inertia falls by less than this fraction. */
  readonly tolerance?: number;
  readonly rng: Rng;
  readonly compute: Compute;
  /** Called after each pass with the best mean squared distance so far. */
  readonly onPass?: (pass: number, inertia: number) => void;
}

export interface KmeansResult {
  /** [count, columns] of the restart with the lowest inertia. */
  readonly centroids: Float32Array;
  /** Mean squared distance of a row to its centroid. */
  readonly inertia: number;
  readonly rows: number;
  readonly passes: number;
}

/**
 * Clusters the rows of `source`; the same rows and the same rng give the same centroids. A cluster that lost all
 * its rows is moved to a sampled row far from every centroid.
 * @throws AsrError 'input' when there are fewer rows than clusters, or values that are not finite
 */
export async function fitKmeans(source: BlockSource, options: KmeansOptions): Promise<KmeansResult> {
  const { columns, count, restarts, rng, tolerance = 1e-4 } = options;
  const blocks = keepSmall(regroup(source, columns, rowBlock));
  const sample = await sampleRows(blocks, columns, Math.max(count, options.sampleRows), rng.fork('sample'));
  if (sample.total < count) {
    throw new AsrError(
      'input',
      `k-means: ${count} clusters of ${sample.total} rows`,
      `Lower the number of clusters to at most ${sample.total}, or give more audio.`,
    );
  }
  const size = count * columns;
  const centroids = new Float32Array(restarts * size); // [restarts, count, columns]
  const setOf = (restart: number): Float32Array => centroids.subarray(restart * size, (restart + 1) * size);
  for (let r = 0; r < restarts; r++) seedCentroids(sample, columns, setOf(r), 0, rng.fork(`seed ${r}`));

  let best: { centroids: Float32Array; inertia: number } | undefined;
  let previous: Float64Array = new Float64Array(restarts).fill(Infinity);
  let passes = 0;
  const search = createNearest({ columns, count, sets: restarts }, options.compute);
  try {
    for (let converged = false; !converged && passes < options.iterations;) {
      search.setCentroids(centroids);
      const pass = await accumulate(blocks, search, options);
      passes++;
      for (let r = 0; r < restarts; r++) {
        const inertia = pass.inertia[r] as number;
        if (!best || inertia < best.inertia) best = { centroids: setOf(r).slice(), inertia };
      }
      converged = pass.inertia.every((now, r) => now === 0 || (previous[r] as number) - now < tolerance * now);
      previous = pass.inertia;
      options.onPass?.(passes, best?.inertia ?? 0);
      for (let r = 0; r < restarts; r++)
        moveToMeans(setOf(r), { ...pass, restart: r }, sample, options, rng.fork(`refill ${r} ${passes}`));
    }
  } finally {
    await search.dispose();
  }
  if (!best)
    throw new AsrError(
      'config',
      'k-means: no restart or no iteration asked for',
      'Set restarts and iterations to at least 1.',
    );
  return { ...best, rows: sample.total, passes };
}

export interface Pass {
  /** [restarts, count, columns] sums of the rows nearest to each centroid. */
  readonly sums: Float64Array;
  /** [restarts, count] */
  readonly sizes: Float64Array;
  /** [restarts] mean squared distance under the centroids the pass began with. */
  readonly inertia: Float64Array;
}

/** Adds `columns` values; four at a time, which takes less than half as long. */
function addRow(sums: Float64Array, to: number, data: Float32Array, from: number, columns: number): void {
  let c = 0;
  for (; c + 3 < columns; c += 4) {
    sums[to + c]! += data[from + c]!;
    sums[to + c + 1]! += data[from + c + 1]!;
    sums[to + c + 2]! += data[from + c + 2]!;
    sums[to + c + 3]! += data[from + c + 3]!;
  }
  for (; c < columns; c++) sums[to + c]! += data[from + c]!;
}

type Shape = Pick<KmeansOptions, 'columns' | 'count'>;

async function accumulate(
  blocks: BlockSource,
  search: NearestSearch,
  { columns, count, restarts }: KmeansOptions,
): Promise<Pass> {
  const sums = new Float64Array(restarts * count * columns);
  const sizes = new Float64Array(restarts * count);
  const inertia = new Float64Array(restarts);
  let total = 0;
  for await (const { data, rows } of blocks()) {
    const { indices, distances } = await search.find(data, rows);
    total += rows;
    for (let r = 0; r < restarts; r++) {
      for (let row = 0; row < rows; row++) {
        const cluster = r * count + (indices[row * restarts + r] as number);
        sizes[cluster] = (sizes[cluster] as number) + 1;
        inertia[r] = (inertia[r] as number) + (distances[row * restarts + r] as number);
        addRow(sums, cluster * columns, data, row * columns, columns);
      }
    }
  }
  if (!inertia.every(Number.isFinite)) {
    throw new AsrError(
      'input',
      'k-means: the rows hold values that are not finite',
      'An utterance has NaN or infinite features; the stage before should have left it out.',
    );
  }
  return { sums, sizes, inertia: inertia.map((sum) => sum / total) };
}

/**
 * The second half of an iteration, in place: each centroid becomes its rows' mean, and those that have no rows become
 * rows of `sample` (k-means++ given the others); they come last, so clusters may be renumbered.
 * @param centroids [count, columns] of one restart
 */
export function moveToMeans(
  centroids: Float32Array,
  { sums, sizes, restart }: Pick<Pass, 'sums' | 'sizes'> & { readonly restart: number },
  sample: Block,
  { columns, count }: Shape,
  rng: Rng,
): void {
  const empty: number[] = [];
  for (let k = 0; k < count; k++) {
    const cluster = restart * count + k;
    const size = sizes[cluster] as number;
    if (size === 0) {
      empty.push(k);
      continue;
    }
    for (let c = 0; c < columns; c++) centroids[k * columns + c] = (sums[cluster * columns + c] as number) / size;
  }
  if (empty.length === 0) return;
  const kept = Array.from({ length: count }, (_, k) => k).filter((k) => !empty.includes(k));
  const ordered = [...kept, ...empty].flatMap((k) => [...centroids.subarray(k * columns, (k + 1) * columns)]);
  centroids.set(ordered);
  seedCentroids(sample, columns, centroids, kept.length, rng);
}

/**
 * K-means++: each further centroid is a sampled row, drawn in proportion to its squared
 * distance to the nearest one so far.
 * @param centroids [count, columns]; the first `fixed` stand already, the others are filled in
 */
export function seedCentroids(sample: Block, columns: number, centroids: Float32Array, fixed: number, rng: Rng): void {
  const { data, rows } = sample;
  const count = centroids.length / columns;
  const nearest = new Float64Array(rows).fill(Infinity);
  const lower = (k: number): void => {
    for (let row = 0; row < rows; row++) {
      let distance = 0;
      for (let c = 0; c < columns; c++)
        distance += ((data[row * columns + c] as number) - (centroids[k * columns + c] as number)) ** 2;
      if (distance < (nearest[row] as number)) nearest[row] = distance;
    }
  };
  for (let k = 0; k < fixed; k++) lower(k);
  for (let k = fixed; k < count; k++) {
    const row = k === 0 ? rng.integer(rows) : drawInProportion(nearest, rng);
    centroids.set(data.subarray(row * columns, (row + 1) * columns), k * columns);
    lower(k);
  }
}

/**
 * An index drawn in proportion to its weight; uniform when all weights are zero (fewer distinct rows than clusters).
 */
function drawInProportion(weights: Float64Array, rng: Rng): number {
  const total = weights.reduce((a, b) => a + b, 0);
  if (!(total > 0)) return rng.integer(weights.length);
  let left = rng.uniform() * total;
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i] as number;
    if (left < 0) return i;
  }
  return weights.length - 1;
}
