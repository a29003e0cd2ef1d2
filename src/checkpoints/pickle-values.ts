// What a pickle may be made of here: plain data, and marks for the few globals that checkpoints need. A global is never
// looked up or called; those that this file does not list are refused by name.
import { AsrError } from '../core/errors.js';
import type { StoredType } from './stored-tensor.js';

/** A name of the white list, as it stands in the pickle. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly role: GlobalRole,
  ) {}
}

/** An object of a class that is not needed: its name and what it was given, as data. */
export class PickleObject {
  state: PickleValue = null;
  constructor(
    readonly type: string,
    readonly args: readonly PickleValue[],
  ) {}
}

/** A stretch of numbers that tensors are views of. */
export interface PickleStorage {
  readonly kind: 'storage';
  readonly key: string;
  readonly type: StoredType;
  /** Numbers in it. */
  readonly count: number;
  /** Of old files: this storage is a part of the one called `key`, from this number on. */
  readonly first: number;
}

export interface PickleTensor {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
  readonly first: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject
  | PickleStorage
  | PickleTensor;

/** What is made of a call of the global. */
export type GlobalRole = 'dictionary' | 'list' | 'tensor' | 'parameter' | 'object' | { readonly storage: StoredType };

const storages: Readonly<Record<string, StoredType>> = {
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  DoubleStorage: 'float64',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  UntypedStorage: 'uint8',
};

const listed: Readonly<Record<string, GlobalRole>> = {
  'collections.OrderedDict': 'dictionary',
  'collections.defaultdict': 'object',
  'argparse.Namespace': 'object',
  'torch._utils._rebuild_tensor': 'tensor',
  'torch._utils._rebuild_tensor_v2': 'tensor',
  'torch._utils._rebuild_parameter': 'parameter',
  'torch._utils._rebuild_parameter_with_state': 'parameter',
  'torch.Size': 'list',
  'torch.device': 'object',
  'torch.serialization._get_layout': 'object',
  'torch.storage.UntypedStorage': { storage: 'uint8' },
  'numpy.dtype': 'object',
  'numpy.ndarray': 'object',
  'numpy.core.multiarray._reconstruct': 'object',
  'numpy._core.multiarray._reconstruct': 'object',
  'numpy.core.multiarray.scalar': 'object',
  'numpy._core.multiarray.scalar': 'object',
  '_codecs.encode': 'object',
  'copyreg._reconstructor': 'object',
  'copy_reg._reconstructor': 'object',
  ...Object.fromEntries(Object.entries(storages).map(([name, type]) => [`torch.${name}`, { storage: type }])),
  ...Object.fromEntries(
    ['float32', 'float16', 'bfloat16', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool', 'strided'].map(
      (name) => [`torch.${name}`, 'object'],
    ),
  ),
  ...Object.fromEntries(
    ['builtins', '__builtin__'].flatMap((module) =>
      ['object', 'int', 'float', 'str', 'bool', 'bytes', 'bytearray', 'complex', 'long', 'unicode'].map((name) => [
        `${module}.${name}`,
        'object',
      ]),
    ),
  ),
  ...Object.fromEntries(
    ['builtins', '__builtin__'].flatMap((module) => [
      [`${module}.dict`, 'dictionary'],
      [`${module}.list`, 'list'],
      [`${module}.tuple`, 'list'],
      [`${module}.set`, 'list'],
      [`${module}.frozenset`, 'list'],
    ]),
  ),
};

/** Packages whose objects stand beside the weights in published files: settings and dictionaries, kept as data. */
const keptAsData = ['omegaconf.', 'fairseq.', 'typing.'];

/** @throws AsrError 'model' naming the global when it is on no list */
export function globalOf(module: string, name: string, where: string): PickleGlobal {
  const full = `${module}.${name}`;
  const role = Object.hasOwn(listed, full) ? listed[full] : undefined;
  if (role !== undefined) return new PickleGlobal(full, role);
  if (keptAsData.some((start) => full.startsWith(start))) return new PickleGlobal(full, 'object');
  throw new AsrError(
    'model',
    `${where}: the pickle asks for "${full}", which no checkpoint needs; nothing of it was executed`,
    'Do not load this file with other programs. Take the .safetensors file of the same model, or another source.',
  );
}
