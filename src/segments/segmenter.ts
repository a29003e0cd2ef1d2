// The fitted segmenter at work: frames of one utterance in, segment ends and one vector per segment out. The
// stage and `asr transcribe` use this same object, so a bundle cuts sound exactly as training did.
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { createNearest } from '../numeric/nearest.js';
import { createProjection } from '../numeric/pca.js';
import { cheapestCut, pieceCosts } from './least-squares.js';
import { readSegmenterModel, type LeastSquaresModel, type RunsModel, type SegmenterModel } from './model.js';
import { averagePairs, runEnds, segmentMeans, type Vectors } from './runs.js';
import { segmentVectors, vectorSize } from './vectors.js';

/** Costs of pieces that are held at once: half a gibibyte. */
const mostCosts = 1 << 27;

export interface Segmented {
  /** [segments] first frame after each pooled segment; the last one is the frame count. */
  readonly ends: Int32Array;
  /** [segments, columns] what learning sees. */
  readonly pooled: Float32Array;
  readonly segments: number;
  readonly columns: number;
  /** Runs method: the vectors before neighbours were averaged, with their own ends. */
  readonly unpooled?: Vectors;
}

export interface Segmenter {
  /** Values per frame that `segment` expects. */
  readonly dim: number;
  /** Values of one segment's vector. */
  readonly columns: number;
  /**
   * @param features [rows, dim]
   * @throws AsrError 'input' when `features` is not [rows, dim] or holds a value that is not finite
   */
  segment(features: Float32Array, rows: number): Promise<Segmented>;
  dispose(): Promise<void>;
}

/** From a segments stage folder or a bundle. @throws AsrError 'input' or 'io' for missing or damaged files */
export async function loadSegmenter(folder: string, compute: Compute): Promise<Segmenter> {
  return createSegmenter(await readSegmenterModel(folder), compute);
}

export function createSegmenter(model: SegmenterModel, compute: Compute): Segmenter {
  return model.method === 'dp' ? leastSquaresSegmenter(model) : runsSegmenter(model, compute);
}

function leastSquaresSegmenter(model: LeastSquaresModel): Segmenter {
  const { dim, penalty, vectors } = model;
  const columns = vectorSize(vectors);
  const weights = Float32Array.from(model.weights);
  return {
    dim,
    columns,
    segment: async (features, rows) => {
      checkFrames(features, rows, dim);
      if (rows * (model.maxFrames - model.minFrames + 1) > mostCosts)
        throw new AsrError(
          'input',
          `segmenter: ${rows} frames in one utterance, with segments of up to ${model.maxFrames}`,
          'Cut utterances shorter (vad.maxSeconds), or set segments.maxFrames lower.',
        );
      const ends = cheapestCut(pieceCosts(features, rows, dim, weights, model), penalty);
      return { ends, pooled: segmentVectors(features, dim, ends, vectors), segments: ends.length, columns };
    },
    dispose: async () => undefined,
  };
}

function runsSegmenter(model: RunsModel, compute: Compute): Segmenter {
  const { dim, clusters, components: columns } = model;
  const search = createNearest({ columns: dim, count: clusters, sets: 1 }, compute);
  search.setCentroids(model.centroids);
  const projection = createProjection(model.pca, compute);
  return {
    dim,
    columns,
    segment: async (features, rows) => {
      checkFrames(features, rows, dim);
      const indices = await search.find(features, rows);
      const ends = runEnds(indices);
      const unpooled = { ends, data: segmentMeans(await projection.apply(features, rows), columns, ends) };
      const pooled = model.pool === 'pairs' ? averagePairs(unpooled, columns) : unpooled;
      return { ends: pooled.ends, pooled: pooled.data, segments: pooled.ends.length, columns, unpooled };
    },
    dispose: async () => {
      await search.dispose();
      await projection.dispose();
    },
  };
}

function checkFrames(features: Float32Array, rows: number, dim: number): void {
  if (features.length !== rows * dim) {
    throw new AsrError(
      'input',
      `segmenter: expected ${rows} frames of ${dim} values, found ${features.length} values`,
      'The features must be made with the settings that the segmenter was fitted on.',
    );
  }
  // A sum is finite only when every value is: one pass without a branch per value.
  let sum = 0;
  for (const value of features) sum += value;
  if (!Number.isFinite(sum))
    throw new AsrError(
      'input',
      'segmenter: the features hold values that are not finite',
      'Look at this recording: it may be damaged.',
    );
}
