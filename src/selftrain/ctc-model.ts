// The network of the ctc pass on disk: one array of all its numbers, and a record of what they are.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parameterShapes, type NetworkShape } from '../bootstrap/network.js';
import type { TrainedNetwork } from '../bootstrap/posteriors.js';
import { writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { readFloatNpy, writeNpy } from '../core/npy.js';

const count = z.number().int().positive();
const shapeSchema = z.object({ bands: count, channels: count, layers: count, kernel: count, classes: count });
const files = { record: 'ctc.json', numbers: 'ctc.npy' } as const;

export const isCtc = (folder: string): boolean => existsSync(join(folder, files.record));

/** Weights in the order of their names, then mean and variance of each layer. */
function sizesOf(shape: NetworkShape): number[] {
  return [...Object.values(parameterShapes(shape)).map((dims) => dims.reduce((a, b) => a * b, 1)), ...new Array<number>(2 * shape.layers).fill(shape.channels)];
}

export async function saveCtc(folder: string, { shape, parameters, moments }: TrainedNetwork): Promise<void> {
  const parts = [...Object.keys(parameterShapes(shape)).map((name) => parameters[name] as Float32Array), ...moments.flatMap(({ mean, variance }) => [mean, variance])];
  const numbers = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    numbers.set(part, at);
    at += part.length;
  }
  await writeNpy(join(folder, files.numbers), numbers, [numbers.length]);
  await writeFileDurably(join(folder, files.record), `${JSON.stringify(shape)}\n`);
}

/** @throws AsrError 'input' when the numbers do not fit the record */
export async function loadCtc(folder: string): Promise<TrainedNetwork> {
  const shape = await readJson(join(folder, files.record), shapeSchema);
  const path = join(folder, files.numbers);
  const { data } = await readFloatNpy(path);
  const sizes = sizesOf(shape);
  const expected = sizes.reduce((a, b) => a + b, 0);
  if (data.length !== expected) throw new AsrError('input', `${path}: expected ${expected} numbers, found ${data.length}`, 'The files of this model do not belong together; make it again.');
  let at = 0;
  const parts = sizes.map((size) => data.slice(at, at += size));
  const names = Object.keys(parameterShapes(shape));
  return {
    shape, parameters: Object.fromEntries(names.map((name, i) => [name, parts[i]!])),
    moments: Array.from({ length: shape.layers }, (_, l) => ({ mean: parts[names.length + 2 * l]!, variance: parts[names.length + 2 * l + 1]! })),
  };
}
