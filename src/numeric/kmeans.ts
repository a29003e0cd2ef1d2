// K-means: k-means++ seeds from a bounded random sample (Arthur and Vassilvitskii, 2007), then Lloyd's iterations
// (1982) over a stream of blocks. All restarts share each pass; memory does not depend on the number of rows.
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { keepSmall, oneAhead, regroup, sampleRows, type Block, type BlockSource } from './blocks.js';
import { ClusterSums } from './cluster-sums.js';
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
  const blocks = keepSmall(regroup(source, columns, rowBlock), source.inMemory === true ? 0 : undefined);
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
  let squares: number | undefined;
  let previous: Float64Array = new Float64Array(restarts).fill(Infinity);
  let passes = 0;
  const search = createNearest({ columns, count, sets: restarts }, options.compute);
  try {
    for (let converged = false; !converged && passes < options.iterations;) {
      search.setCentroids(centroids);
      const pass = await accumulate(blocks, { search, centroids, squares }, options);
      squares = pass.squares;
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

export interface Pass extends Pick<ClusterSums, 'sums' | 'sizes'> {
  /** [restarts] mean squared distance under the centroids the pass began with. */
  readonly inertia: Float64Array;
}

type Shape = Pick<KmeansOptions, 'columns' | 'count'>;

interface PassTask {
  readonly search: NearestSearch;
  /** [restarts, count, columns] as the search has them. */
  readonly centroids: Float32Array;
  /** Sum of all rows' squared norms; the first pass has to find it. */
  readonly squares: number | undefined;
}

async function accumulate(
  blocks: BlockSource,
  { search, centroids, ...known }: PassTask,
  { columns, count, restarts }: KmeansOptions,
): Promise<Pass & { readonly squares: number }> {
  const clusters = new ClusterSums({ columns, count, sets: restarts });
  let total = 0;
  let squares = known.squares ?? 0;
  const find = ({ data, rows }: Block): Promise<Int32Array> => search.find(data, rows);
  await oneAhead(blocks, find, (block, nearest) => {
    clusters.add(block, nearest);
    if (known.squares === undefined) squares += squareSum(block.data, block.rows * columns);
    total += block.rows;
  });
  if (!(squares / total < largestFloat)) {
    throw new AsrError(
      'input',
      'k-means: the rows hold values that are not finite',
      'An utterance has NaN or infinite features; the stage before should have left it out.',
    );
  }
  const inertia = squaredDistances(clusters, centroids, squares, restarts).map((sum) => Math.max(0, sum / total));
  return { sums: clusters.sums, sizes: clusters.sizes, inertia, squares };
}

const largestFloat = 3.4e38;

function squareSum(values: Float32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    sum += value * value; // three times as fast as ** 2
  }
  return sum;
}

/**
 * Sum over rows of |x - c|^2 = |x|^2 - 2 xc + |c|^2, for each restart, from what is known of whole clusters: no row has
 * to be looked at again.
 */
function squaredDistances(
  { sums, sizes }: ClusterSums,
  centroids: Float32Array,
  squares: number,
  restarts: number,
): Float64Array {
  const columns = sums.length / sizes.length;
  const perRestart = sums.length / restarts;
  const found = new Float64Array(restarts).fill(squares);
  for (let i = 0; i < sums.length; i++) {
    const c = centroids[i] as number;
    found[Math.floor(i / perRestart)]! +=
      c * ((sizes[Math.floor(i / columns)] as number) * c - 2 * (sums[i] as number));
  }
  return found;
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
      for (let c = 0; c < columns; c++) {
        const difference = (data[row * columns + c] as number) - (centroids[k * columns + c] as number);
        distance += difference * difference;
      }
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
