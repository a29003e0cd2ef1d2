// The weights of a trained encoder beside its graph, so that a later training goes on with them.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadArrays, saveArrays, type ArrayLayout, type ArrayParts } from '../bootstrap/network-arrays.js';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { encoderShapes, type EncoderShape } from './network.js';

const startFile = 'weights.npy';
const shapeFile = 'weights.json';

const shapeSchema = z.object({
  bands: z.number().int().positive().max(1024),
  channels: z.number().int().positive().max(4096),
  kernel: z.number().int().positive().max(64),
  dilations: z.array(z.number().int().positive().max(1000)).min(1).max(24),
});

const layoutOf = (shape: EncoderShape): ArrayLayout =>
  Object.entries(encoderShapes(shape)).map(([name, dims]) => [name, dims.reduce((a, b) => a * b, 1)]);

export async function saveWeights(folder: string, shape: EncoderShape, weights: ArrayParts): Promise<void> {
  const { bands, channels, kernel, dilations } = shape;
  await saveArrays(join(folder, startFile), layoutOf(shape), weights);
  await writeFile(join(folder, shapeFile), `${JSON.stringify({ bands, channels, kernel, dilations })}\n`);
}

/** @throws AsrError 'config' when there are none, or none of this shape */
export async function loadWeights(folder: string, shape: EncoderShape): Promise<ArrayParts> {
  if (!existsSync(join(folder, shapeFile)))
    throw new AsrError(
      'config',
      `pretrain.start: ${folder} holds no ${shapeFile}`,
      'It must be a folder that `asr pretrain --out` wrote; older ones hold no weights to go on with.',
    );
  const found = await readJson(join(folder, shapeFile), shapeSchema);
  for (const key of ['bands', 'channels', 'kernel', 'dilations'] as const)
    if (String(found[key]) !== String(shape[key]))
      throw new AsrError(
        'config',
        `pretrain.start: ${folder} has ${key} ${String(found[key])}, this training ${String(shape[key])}`,
        `Set pretrain.${key === 'bands' ? 'front.melBands' : `network.${key}`} to that of the encoder before.`,
      );
  return loadArrays(join(folder, startFile), layoutOf(shape));
}
