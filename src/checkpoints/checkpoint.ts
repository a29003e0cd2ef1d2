// A checkpoint as it is published, folder or file, in; the table of its tensors and what it says of itself out. Numbers
// stay in the files until they are asked for.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { insideFolder } from '../core/inside-folder.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { PickleObject, type PickleTensor, type PickleValue } from './pickle-values.js';
import { readSafetensors } from './safetensors.js';
import { readStretch, type StoredTensor } from './stored-tensor.js';
import { readTorchFile } from './torch-file.js';

/** Settings as a file holds them: JSON's kinds of values. */
export type PlainValue = null | boolean | number | string | PlainValue[] | { readonly [name: string]: PlainValue };

export interface PublishedCheckpoint {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Of fairseq's and Microsoft's files: what stands beside the weights (`cfg`, `args`). */
  readonly settings: PlainValue;
  /** Files that it lies in. */
  readonly files: readonly string[];
}

/** Names of published weights, best first. */
export const weightNames = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
] as const;

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * @param path a folder that holds one of `weightNames`, or a file of weights
 * @throws AsrError 'model' when there is none, or one is damaged; see each format
 */
export async function openCheckpoint(path: string): Promise<PublishedCheckpoint> {
  const file = findWeights(path);
  if (file.endsWith('.index.json')) return openShards(file);
  return openFile(file);
}

/** @throws AsrError 'model' when the path leads to no file of weights */
export function findWeights(path: string): string {
  if (!existsSync(path)) throw new AsrError('model', `${path}: no such file or folder`, 'Check the path.');
  if (!statSync(path).isDirectory()) return path;
  const name = weightNames.find((candidate) => existsSync(join(path, candidate)));
  if (name === undefined)
    throw new AsrError(
      'model',
      `${path}: no weights in this folder (looked for ${weightNames.join(', ')})`,
      'Copy the file of weights beside config.json, or name a .pt file of fairseq.',
    );
  return join(path, name);
}

async function openFile(file: string): Promise<PublishedCheckpoint> {
  refuseLfsPointer(await readStretch(file, 0, Math.min(1024, statSync(file).size)), file);
  if (extname(file) === '.safetensors')
    return { tensors: byName(await readSafetensors(file)), settings: null, files: [file] };
  const { value, place } = await readTorchFile(file);
  if (!(value instanceof Map))
    throw new AsrError('model', `${file}: holds no dictionary of tensors`, 'Expected a checkpoint, not a whole model.');
  const inside = ['model', 'state_dict', 'model_state_dict'].map((name) => value.get(name));
  const state = inside.find((candidate) => candidate instanceof Map) ?? value;
  const tensors = [...state].flatMap(([name, tensor]) =>
    typeof name === 'string' && isTensor(tensor) ? [place(tensor, name)] : [],
  );
  if (tensors.length === 0)
    throw new AsrError('model', `${file}: holds no tensors`, 'Expected a checkpoint: names and tensors.');
  return { tensors: byName(tensors), settings: state === value ? null : settingsOf(value), files: [file] };
}

const byName = (tensors: readonly StoredTensor[]): Map<string, StoredTensor> =>
  new Map(tensors.map((tensor) => [tensor.name, tensor]));

const isTensor = (value: PickleValue): value is PickleTensor =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor';

async function openShards(index: string): Promise<PublishedCheckpoint> {
  const text = await readFile(index, 'utf8');
  refuseLfsPointer(text, index);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new AsrError('model', `${index}: not valid JSON`, 'Fetch the file again.');
  }
  const checked = indexSchema.safeParse(parsed);
  if (!checked.success) throw new AsrError('model', `${index}: names no tensors (weight_map)`, 'Fetch the file again.');
  const map = checked.data.weight_map;
  const names = [...new Set(Object.values(map))].sort();
  const tensors = new Map<string, StoredTensor>();
  for (const name of names) {
    const file = await insideFolder(dirname(index), name, { source: index });
    if (!existsSync(file))
      throw new AsrError(
        'model',
        `${index}: names the file "${name}", which is not beside it`,
        `It belongs to ${names.length} files of weights; fetch all of them.`,
      );
    for (const [tensor, stored] of (await openFile(file)).tensors)
      if (map[tensor] === name) tensors.set(tensor, stored);
  }
  const missing = Object.keys(map).find((tensor) => !tensors.has(tensor));
  if (missing !== undefined)
    throw new AsrError(
      'model',
      `${index}: says that tensor "${missing}" lies in ${map[missing] ?? ''}, where it is not`,
      'Fetch the files again: they are of different versions.',
    );
  return { tensors, settings: null, files: [index, ...names.map((name) => join(dirname(index), name))] };
}

/** `cfg`, or `args` of older files, as plain values. */
function settingsOf(checkpoint: Map<PickleValue, PickleValue>): PlainValue {
  for (const name of ['cfg', 'args']) {
    const found = plain(checkpoint.get(name) ?? null, 0);
    if (found !== null) return found;
  }
  return null;
}

const deepest = 12;

/** Namespaces and omegaconf's nodes become the dictionaries and values in them; other objects null. */
function plain(value: PickleValue, depth: number): PlainValue {
  if (depth > deepest || value === null) return null;
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (value instanceof Map)
    return Object.fromEntries(
      [...value].flatMap(([name, item]) => (typeof name === 'string' ? [[name, plain(item, depth + 1)]] : [])),
    );
  if (!(value instanceof PickleObject) || !(value.state instanceof Map)) return null;
  const inner = value.type.startsWith('omegaconf.') ? ['_content', '_val'] : [];
  for (const name of inner) if (value.state.has(name)) return plain(value.state.get(name) ?? null, depth + 1);
  return value.type === 'argparse.Namespace' ? plain(value.state, depth + 1) : null;
}
