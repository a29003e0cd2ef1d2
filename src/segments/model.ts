// The fitted segmenter as files: segmenter.json and, for the runs method, three .npy arrays. The same files lie
// in the stage's folder and in a model bundle.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { readShapedNpy, writeNpy } from '../core/npy.js';
import type { PcaBasis } from '../numeric/pca.js';

const size = z
  .number()
  .int()
  .positive()
  .max(1 << 18);
/** Costs of cuts take frames x maxFrames numbers. */
const length = z.number().int().positive().max(1000);
const weight = z.number().nonnegative().max(1e12);

const leastSquaresSchema = z.object({
  method: z.literal('dp'),
  /** Values per frame that the features must have. */
  dim: size,
  minFrames: length,
  maxFrames: length,
  /** Cost of one segment, in squared weighted feature units. */
  penalty: weight,
  /** One factor for each coefficient that the segmentation looks at. */
  weights: z
    .array(weight)
    .min(1)
    .max(1 << 18),
  vectors: z.object({ columns: size, duration: weight, edges: weight }),
});
export type LeastSquaresModel = z.infer<typeof leastSquaresSchema>;

const runsSchema = z.object({
  method: z.literal('runs'),
  dim: size,
  clusters: size,
  components: size,
  pool: z.enum(['pairs', 'none']),
});
export type RunsModel = z.infer<typeof runsSchema> & {
  /** [clusters, dim] */
  readonly centroids: Float32Array;
  readonly pca: PcaBasis;
};

export const segmenterSchemas = [leastSquaresSchema, runsSchema] as const;
export type SegmenterModel = LeastSquaresModel | RunsModel;

const modelFile = 'segmenter.json';
const arrayFiles = {
  centroids: 'segmenter-centroids.npy',
  mean: 'segmenter-pca-mean.npy',
  basis: 'segmenter-pca-basis.npy',
};

/** The model's files inside its folder, for those who copy it. */
export async function segmenterFiles(folder: string): Promise<string[]> {
  const { method } = await readJson(join(folder, modelFile), z.object({ method: z.enum(['dp', 'runs']) }));
  return method === 'dp' ? [modelFile] : [modelFile, ...Object.values(arrayFiles)];
}

export async function saveSegmenterModel(folder: string, model: SegmenterModel): Promise<void> {
  const record = model.method === 'dp' ? model : runsSchema.parse(model);
  await writeFile(join(folder, modelFile), `${JSON.stringify(record, null, 2)}\n`);
  if (model.method === 'dp') return;
  const { dim, clusters, components, centroids, pca } = model;
  await writeNpy(join(folder, arrayFiles.centroids), centroids, [clusters, dim]);
  await writeNpy(join(folder, arrayFiles.mean), pca.mean, [dim]);
  await writeNpy(join(folder, arrayFiles.basis), pca.basis, [dim, components]);
}

/** @throws AsrError 'input' or 'io' when a file is missing, damaged or of another shape than segmenter.json says */
export async function readSegmenterModel(folder: string): Promise<SegmenterModel> {
  const record = await readJson(
    join(folder, modelFile),
    z.discriminatedUnion('method', [leastSquaresSchema, runsSchema]),
  );
  if (record.method === 'dp') return consistent(record, folder);
  const { dim, clusters, components } = record;
  const centroids = await readShapedNpy(join(folder, arrayFiles.centroids), [clusters, dim]);
  const mean = await readShapedNpy(join(folder, arrayFiles.mean), [dim]);
  const basis = await readShapedNpy(join(folder, arrayFiles.basis), [dim, components]);
  return { ...record, centroids, pca: { columns: dim, components, mean, basis } };
}

function consistent(model: LeastSquaresModel, folder: string): LeastSquaresModel {
  const { dim, minFrames, maxFrames, weights, vectors } = model;
  const odd =
    minFrames > maxFrames
      ? `minFrames ${minFrames} is above maxFrames ${maxFrames}`
      : weights.length > dim || vectors.columns > dim
        ? `${weights.length} weights and ${vectors.columns} columns of vectors for frames of ${dim} values`
        : undefined;
  if (odd !== undefined)
    throw new AsrError('input', `${join(folder, modelFile)}: ${odd}`, 'The model is damaged; make it again.');
  return model;
}
