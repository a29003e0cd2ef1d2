// The network of the ctc pass on disk: one array of all its numbers, and a record of what they are.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { loadArrays, networkLayout, networkOf, networkParts, saveArrays } from '../bootstrap/network-arrays.js';
import type { TrainedNetwork } from '../bootstrap/posteriors.js';
import { writeFileDurably } from '../core/durable.js';
import { readJson } from '../core/jsonl.js';

const count = z.number().int().positive();
const shapeSchema = z.object({ bands: count, channels: count, layers: count, kernel: count, classes: count });
const files = { record: 'ctc.json', numbers: 'ctc.npy' } as const;

export const isCtc = (folder: string): boolean => existsSync(join(folder, files.record));

export async function saveCtc(folder: string, network: TrainedNetwork): Promise<void> {
  await saveArrays(join(folder, files.numbers), networkLayout(network.shape), networkParts(network));
  await writeFileDurably(join(folder, files.record), `${JSON.stringify(network.shape)}\n`);
}

/** @throws AsrError 'input' when the numbers do not fit the record */
export async function loadCtc(folder: string): Promise<TrainedNetwork> {
  const shape = await readJson(join(folder, files.record), shapeSchema);
  return networkOf(shape, await loadArrays(join(folder, files.numbers), networkLayout(shape)));
}
