// An encoder into a folder of its own, and back: model.onnx, the numbers beside it, and encoder.json, which says how it
// is run. Only what the wanted block needs is copied, a stretch at a time.
import { existsSync } from 'node:fs';
import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readStretch } from '../checkpoints/index.js';
import { AsrError } from '../core/errors.js';
import { makeFolder } from '../core/folders.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import type { StoredBytes } from '../engine/index.js';
import { positive, parseSettings, type EncoderFacts } from './family.js';
import type { PublishedEncoder } from './published.js';

const modelName = 'model.onnx';
const dataName = 'model.onnx_data';
const factsName = 'encoder.json';

export const writtenSchema = z.object({
  family: z.string(),
  blocks: positive,
  hiddenSize: positive,
  innerSize: positive,
  heads: positive,
  channels: positive,
  firstStride: positive,
  grid: z.object({ hop: positive, window: positive, start: z.number().int().min(-65_536).max(65_536) }),
  normaliseSound: z.boolean(),
  padded: z.boolean(),
  mostFrames: positive.exactOptional(),
  layers: z.array(z.number().int().nonnegative().max(1000)).min(1).max(1000),
  dim: positive,
});

export interface WrittenEncoder {
  readonly facts: EncoderFacts;
  readonly layers: readonly number[];
  readonly dim: number;
  readonly model: Uint8Array;
  readonly folder: string;
}

/** Bytes that are copied at a time. */
const stretch = 16 << 20;
/** Where a tensor may start: a multiple of this, which suits every type. */
const alignment = 64;

/** @returns names of the files that it wrote into `folder` */
export async function writeEncoder(encoder: PublishedEncoder, folder: string): Promise<string[]> {
  await makeFolder(folder);
  const { graph, facts, layers, dim } = encoder;
  const starts = new Map<string, number>();
  const keyOf = ({ file, offset, length }: StoredBytes): string => `${offset} ${length} ${file}`;
  if (graph.storedBytes.length > 0) {
    await using out = await open(join(folder, dataName), 'w');
    let at = 0;
    for (const bytes of graph.storedBytes) {
      if (starts.has(keyOf(bytes))) continue;
      starts.set(keyOf(bytes), at);
      await copy(bytes, out, at);
      at = Math.ceil((at + bytes.length) / alignment) * alignment;
    }
  }
  const model = graph.encode(facts.family, {}, (bytes) => ({
    location: dataName,
    offset: starts.get(keyOf(bytes)) as number,
  }));
  await writeFile(join(folder, modelName), model);
  await writeFile(join(folder, factsName), `${JSON.stringify({ ...facts, layers, dim }, null, 2)}\n`);
  return [modelName, ...(starts.size > 0 ? [dataName] : []), factsName];
}

async function copy({ file, offset, length }: StoredBytes, out: FileHandle, to: number): Promise<void> {
  for (let done = 0; done < length; done += stretch) {
    const bytes = await readStretch(file, offset + done, Math.min(stretch, length - done));
    await out.write(bytes, 0, bytes.length, to + done);
  }
}

/**
 * What `writeEncoder` wrote; undefined where the folder is none of its.
 * @throws AsrError 'model' when a part is damaged
 */
export async function openWritten(folder: string): Promise<WrittenEncoder | undefined> {
  const path = join(folder, factsName);
  if (!existsSync(path) || !existsSync(join(folder, modelName))) return undefined;
  const text = await readFile(path, 'utf8');
  refuseLfsPointer(text, path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AsrError('model', `${path}: not valid JSON`, 'Make the model folder again.');
  }
  const { layers, dim, ...facts } = parseSettings(writtenSchema, value, path);
  return { facts, layers, dim, model: await readFile(join(folder, modelName)), folder };
}
