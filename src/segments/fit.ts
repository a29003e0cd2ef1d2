// Fits a segmenter on training utterances: the penalty that gives the wanted rate (dp), or frame clusters and
// principal components (runs). Reads frames through a shard reader, never all at once.
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Rng } from '../core/rng.js';
import { NonFiniteError, type ShardItem, type ShardReader } from '../core/shards.js';
import type { Compute } from '../core/stage.js';
import type { BlockSource } from '../numeric/blocks.js';
import { chosenOf, sampleToFit } from '../numeric/fit-sample.js';
import { fitKmeans } from '../numeric/kmeans.js';
import { fitPca } from '../numeric/pca.js';
import type { SegmentsConfig } from './config.js';
import { pieceCosts, type PieceCosts } from './least-squares.js';
import type { LeastSquaresModel, RunsModel } from './model.js';
import { findPenalty } from './penalty.js';

/** Kinds whose first columns are the ones to cut by. */
const ordered = new Set(['mfcc', 'logmel']);
const cepstra = 13;

export interface FitInput {
  readonly frames: ShardReader;
  /** Training utterances, all of them in `frames`. */
  readonly ids: readonly string[];
  readonly dim: number;
  readonly rng: Rng;
  readonly compute: Compute;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** undefined for frames that cannot be used: they are named when it is their turn to be cut. */
async function readable(frames: ShardReader, id: string): Promise<ShardItem | undefined> {
  try {
    return await frames.read(id);
  } catch (error) {
    if (error instanceof NonFiniteError) return undefined;
    throw error;
  }
}

/**
 * @param segmentsPerFrame wanted rate
 * @param features their kind, and the standard deviation of each coefficient before normalisation, where known
 */
export async function fitLeastSquares(
  input: FitInput,
  config: SegmentsConfig,
  segmentsPerFrame: number,
  { kind, deviations }: { readonly kind: string; readonly deviations?: readonly number[] | undefined },
): Promise<LeastSquaresModel> {
  const { minFrames, maxFrames, vectors } = config;
  const { frames, dim, log } = input;
  if (maxFrames < 2 * minFrames - 1) {
    throw new AsrError(
      'config',
      `segments: minFrames ${minFrames} and maxFrames ${maxFrames} leave lengths that no cut fits`,
      `Set maxFrames to at least ${2 * minFrames - 1}.`,
    );
  }
  const weights = coefficientWeights(
    Math.min(config.coefficients ?? (ordered.has(kind) ? cepstra : dim), dim),
    deviations,
  );
  const costs: PieceCosts[] = [];
  let rows = 0;
  for (const id of input.rng.fork('penalty').shuffleInPlace([...input.ids])) {
    if (rows >= config.fitFrames) break;
    const item = await readable(frames, id);
    if (!item) continue;
    costs.push(pieceCosts(item.data, item.rows, dim, Float32Array.from(weights), { minFrames, maxFrames }));
    rows += item.rows;
  }
  const wanted = segmentsPerFrame * rows;
  const { penalty, segments } = await findPenalty(costs, wanted, { signal: input.signal });
  if (Math.abs(segments - wanted) > 0.05 * wanted) {
    log.warn(
      `wanted ${segmentsPerFrame.toPrecision(3)} segments per frame, ${(segments / rows).toPrecision(3)} is the ` +
        `nearest that lengths of ${minFrames} to ${maxFrames} frames allow`,
    );
  }
  return {
    method: 'dp',
    dim,
    minFrames,
    maxFrames,
    penalty,
    weights,
    vectors: { ...vectors, columns: vectors.columns === 0 ? dim : Math.min(vectors.columns, dim) },
  };
}

/**
 * sqrt(sd / sd of the first): half-way (in logarithms) between normalised features, where every coefficient counts
 * alike, and raw ones, where the loudness term drowns the others. All 1 where the deviations are not known.
 */
export function coefficientWeights(count: number, deviations?: readonly number[]): number[] {
  const first = deviations?.[0] ?? 0;
  return Array.from({ length: count }, (_, c) => {
    const deviation = deviations?.[c] ?? 0;
    return first > 0 && deviation > 0 ? Math.fround(Math.sqrt(deviation / first)) : 1;
  });
}

export async function fitRuns(input: FitInput, config: SegmentsConfig): Promise<RunsModel> {
  const { frames, dim, rng, compute, log } = input;
  const { clusters, iterations, restarts, fitFrames, sampleRows, pca: components, pool } = config.runs;
  const ids = sampleToFit(input.ids, (id) => frames.rowsOf(id), fitFrames, rng.fork('fit'));
  const source: BlockSource = async function* () {
    for (const id of ids) {
      const item = await readable(frames, id);
      if (item) yield item;
    }
  };
  const { centroids, inertia, passes } = await fitKmeans(source, {
    columns: dim,
    count: clusters,
    iterations,
    restarts,
    sampleRows,
    rng: rng.fork('kmeans'),
    compute,
    onPass: (pass, now) => {
      log.debug(`k-means pass ${pass}: mean squared distance ${now.toPrecision(5)}`);
    },
  });
  const distance = inertia.toPrecision(4);
  log.info(
    `${clusters} frame clusters after ${passes} passes, mean squared distance ${distance}${chosenOf(ids, input.ids)}`,
  );
  const pca = await fitPca(source, dim, Math.min(components, dim), compute);
  return { method: 'runs', dim, clusters, components: pca.components, pool, centroids, pca };
}
