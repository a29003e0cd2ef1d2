// Emission models over segments: a table of units (matching), and the generator of adversarial training, which may read
// frames as well. Records and one array of numbers in; phone log-probabilities per row out.
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readFloatNpy } from '../core/npy.js';
import type { Compute } from '../core/stage.js';
import { createGenerator, outputEnds, type GeneratorWeights } from '../gan/generator.js';
import { mostPhones, type EmissionModel } from './emission-model.js';

const symbols = { phones: z.array(z.string().min(1)).min(1).max(mostPhones), silence: z.string() };

const count = z
  .number()
  .int()
  .positive()
  .max(1 << 20);

/** Segments or frames that one output sees, and those from one to the next. */
const taps = z.number().int().positive().max(1000);

export const tableSchema = z.object({ kind: z.literal('table'), units: count, ...symbols });

export const generatorSchema = z.object({
  kind: z.literal('generator'),
  columns: count,
  kernel: taps,
  pad: z.number().int().nonnegative().max(1000),
  stride: taps.default(1),
  bias: z.boolean().default(false),
  input: z.enum(['segments', 'frames']).default('segments'),
  ...symbols,
});

/** Models whose numbers are one array. */
export type OneArray = z.infer<typeof tableSchema> | z.infer<typeof generatorSchema>;

export const arrayFile = { table: 'table.npy', generator: 'generator.npy' } as const;

export const arrayShape = (record: OneArray): number[] => [
  record.kind === 'table' ? record.units : record.kernel * (record.columns + Number(record.bias)),
  record.phones.length,
];

export async function readOneArray(folder: string, record: OneArray): Promise<Float32Array> {
  const path = join(folder, arrayFile[record.kind]);
  const { shape, data } = await readFloatNpy(path);
  if (shape.join() !== arrayShape(record).join()) {
    throw new AsrError(
      'input',
      `${path}: expected shape [${arrayShape(record).join(', ')}], found [${shape.join(', ')}]`,
      'The files of this model do not belong together; make it again.',
    );
  }
  return data;
}

export function tableModel(
  { phones, silence, units: known }: z.infer<typeof tableSchema>,
  table: Float32Array,
): EmissionModel {
  const width = phones.length;
  return {
    phones,
    silence,
    needsFrames: false,
    emit: async ({ units, segments, ends }) => {
      if (units.length !== segments || ends.length !== segments) {
        throw new AsrError(
          'input',
          `emission: ${segments} segments, but ${units.length} units and ${ends.length} ends`,
          'Segments and units must come from the same segmenter.',
        );
      }
      const logProbs = new Float32Array(segments * width);
      for (let i = 0; i < segments; i++) {
        const unit = units[i]!;
        if (!(unit >= 0 && unit < known))
          throw new AsrError(
            'input',
            `emission: unit ${unit} is not below ${known}`,
            'The clusters and the emission model belong to different runs.',
          );
        logProbs.set(table.subarray(unit * width, (unit + 1) * width), i * width);
      }
      return { logProbs, rows: segments, ends: Int32Array.from(ends) };
    },
    dispose: async () => undefined,
  };
}

export function generatorWeights(
  { phones, kernel, pad, columns, stride, bias }: z.infer<typeof generatorSchema>,
  numbers: Float32Array,
): GeneratorWeights {
  const classes = phones.length;
  const size = kernel * columns * classes;
  return {
    w: numbers.subarray(0, size),
    ...(bias ? { bias: numbers.subarray(size) } : {}),
    kernel,
    pad,
    columns,
    stride,
    classes,
  };
}

export async function generatorModel(
  record: z.infer<typeof generatorSchema>,
  numbers: Float32Array,
  compute: Compute,
): Promise<EmissionModel> {
  const { phones, silence, kernel, pad, stride, input } = record;
  const generator = await createGenerator(generatorWeights(record, numbers), compute);
  return {
    phones,
    silence,
    needsFrames: input === 'frames',
    emit: async ({ pooled, segments, ends, frames }) => {
      if (input === 'segments')
        return {
          ...(await generator.emit(pooled, segments)),
          ends: outputEnds(Int32Array.from(ends), kernel, pad, stride),
        };
      if (!frames) throw new AsrError('internal', 'emission: a generator of frames was given none');
      return {
        ...(await generator.emit(frames.data, frames.rows)),
        ends: outputEnds(
          Int32Array.from({ length: frames.rows }, (_, t) => t + 1),
          kernel,
          pad,
          stride,
        ),
      };
    },
    dispose: () => generator.dispose(),
  };
}
