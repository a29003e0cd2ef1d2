// Wide frames in, a few columns of variance 1 out: columns are levelled (centred, scaled by the spread of their middle,
// held within some deviations), then turned to principal components and whitened. Fitted on a stream; applied frame by
// frame by the stage and by `asr transcribe`.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { readShapedNpy, writeNpy } from '../core/npy.js';
import type { Compute } from '../core/stage.js';
import type { BlockSource } from '../numeric/blocks.js';
import { createProjection, fitPca, whitened } from '../numeric/pca.js';

const modelSchema = z.object({
  columns: z.number().int().positive(),
  components: z.number().int().positive(),
  /** Deviations within which levelled values are held; 0 = not held. */
  clip: z.number().nonnegative(),
  /** Of the variance of the levelled columns, what the components keep. */
  share: z.number(),
});

export interface ReductionModel extends z.infer<typeof modelSchema> {
  /** [2, columns]: what is taken from each column, and what it is multiplied with. */
  readonly level: Float32Array;
  /** [columns] mean of the levelled columns. */
  readonly mean: Float32Array;
  /** [columns, components], whitened: each component divided by its deviation. */
  readonly basis: Float32Array;
}

export interface Reduction {
  readonly components: number;
  /** @param data [rows, columns]. @returns [rows, components] */
  apply(data: Float32Array, rows: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Rows of the sample that spreads are measured on. */
const sampleRows = 8192;
/** Between the 5th and the 95th percentile of a normal distribution lie so many deviations. */
const middleWidth = 3.2897;
/** Components with less of the first one's variance are rounding errors and not blown up. */
const leastVariance = 1e-8;

/**
 * @param source normalised frames of training utterances, read three times
 * @throws AsrError 'input' when there are no rows or values that are not finite
 */
export async function fitReduction(
  source: BlockSource,
  columns: number,
  { components, clip }: { readonly components: number; readonly clip: number },
  compute: Compute,
): Promise<ReductionModel> {
  const level = levelOf(await sample(source, columns), columns);
  const standardised: BlockSource = async function* () {
    for await (const { data, rows } of source()) yield { data: applyLevel(data, rows, columns, level, clip), rows };
  };
  const pca = await fitPca(standardised, columns, columns, compute);
  const { components: kept, mean, basis } = whitened(pca, components, leastVariance);
  const { variances } = pca;
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  const share = total > 0 ? variances.slice(0, kept).reduce((sum, variance) => sum + variance, 0) / total : 1;
  return { columns, components: kept, clip, share, level, mean, basis };
}

export function createReduction(model: ReductionModel, compute: Compute): Reduction {
  const { columns, components, level, clip } = model;
  const projection = createProjection(model, compute);
  return {
    components,
    apply: async (data, rows) => {
      if (data.length !== rows * columns)
        throw new AsrError(
          'model',
          `features: frames of ${data.length / Math.max(1, rows)} columns, ` +
            `expected ${columns} as the reduction was fitted on`,
          'Encoder and model folder do not belong together.',
        );
      return projection.apply(applyLevel(data, rows, columns, level, clip), rows);
    },
    dispose: () => projection.dispose(),
  };
}

/** Rows in equal steps through the source, at most twice `sampleRows` at a time. */
async function sample(source: BlockSource, columns: number): Promise<Float32Array> {
  let kept: Float32Array[] = [];
  let step = 1;
  let at = 0;
  for await (const { data, rows } of source()) {
    for (let row = 0; row < rows; row++, at++) {
      if (at % step !== 0) continue;
      kept.push(data.slice(row * columns, (row + 1) * columns));
      if (kept.length < 2 * sampleRows) continue;
      kept = kept.filter((_, i) => i % 2 === 0);
      step *= 2;
    }
  }
  const joined = new Float32Array(kept.length * columns);
  kept.forEach((row, i) => {
    joined.set(row, i * columns);
  });
  return joined;
}

/** Median and spread of the middle 90 % of each column; the deviation where most values are equal. */
function levelOf(rows: Float32Array, columns: number): Float32Array {
  const level = new Float32Array(2 * columns);
  const count = rows.length / columns;
  const column = new Float32Array(count);
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < count; i++) column[i] = rows[i * columns + c] as number;
    column.sort();
    const at = (share: number): number => column[Math.floor(share * (count - 1))] ?? 0;
    const spread = (at(0.95) - at(0.05)) / middleWidth || deviation(column);
    level[c] = at(0.5);
    level[columns + c] = spread > 0 ? 1 / spread : 0;
  }
  return level;
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function applyLevel(
  data: Float32Array,
  rows: number,
  columns: number,
  level: Float32Array,
  clip: number,
): Float32Array {
  const most = clip > 0 ? clip : Infinity;
  const standardised = new Float32Array(rows * columns);
  for (let t = 0; t < rows; t++) {
    for (let c = 0; c < columns; c++) {
      const at = t * columns + c;
      const value = ((data[at] as number) - (level[c] as number)) * (level[columns + c] as number);
      standardised[at] = Math.max(-most, Math.min(most, value));
    }
  }
  return standardised;
}

/** The model's files inside its folder, for those who copy it. */
export const reductionFiles = ['reduction.json', 'level.npy', 'mean.npy', 'basis.npy'] as const;
/** Where it lies in the folder of the features stage, and in a bundle. */
export const reductionFolder = 'reduction';

export async function saveReduction(folder: string, model: ReductionModel): Promise<void> {
  const { columns, components, level, mean, basis } = model;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'reduction.json'), `${JSON.stringify(modelSchema.parse(model), null, 2)}\n`);
  await writeNpy(join(folder, 'level.npy'), level, [2, columns]);
  await writeNpy(join(folder, 'mean.npy'), mean, [columns]);
  await writeNpy(join(folder, 'basis.npy'), basis, [columns, components]);
}

/** @throws AsrError 'input' or 'io' when a file is missing, damaged or of another shape than reduction.json says */
export async function readReduction(folder: string): Promise<ReductionModel> {
  const record = await readJson(join(folder, 'reduction.json'), modelSchema);
  const { columns, components } = record;
  return {
    ...record,
    level: await readShapedNpy(join(folder, 'level.npy'), [2, columns]),
    mean: await readShapedNpy(join(folder, 'mean.npy'), [columns]),
    basis: await readShapedNpy(join(folder, 'basis.npy'), [columns, components]),
  };
}
