// What stands for a call in a pickle: tensors from storages, dictionaries and lists from their items, data of the rest.
import { AsrError } from '../core/errors.js';
import {
  PickleGlobal,
  PickleObject,
  type PickleStorage,
  type PickleTensor,
  type PickleValue,
} from './pickle-values.js';
import { rowMajor } from './stored-tensor.js';

/** @throws AsrError 'model' when the arguments are not those of the global */
export function call(global: PickleGlobal, args: readonly PickleValue[], where: string): PickleValue {
  const { role, name } = global;
  switch (role) {
    case 'dictionary':
      return dictionary(args[0]);
    case 'list':
      return Array.isArray(args[0]) ? [...args[0]] : [];
    case 'tensor':
      return tensor(args, name, where);
    case 'parameter':
      return args[0] ?? null;
    case 'object':
      return name.endsWith('._reconstructor') ? reconstructed(args) : new PickleObject(name, args);
    default:
      throw wrongArguments(name, where);
  }
}

/** State that Python would put into an object's fields. */
export function build(target: PickleValue, state: PickleValue): void {
  // On an OrderedDict it is `_metadata`, on a tensor its hooks: neither is a number of the model.
  if (target instanceof PickleObject) target.state = state;
}

const wrongArguments = (name: string, where: string): AsrError =>
  new AsrError('model', `${where}: damaged pickle: ${name} with other arguments than its own`, 'Fetch the file again.');

/** copyreg's way to make an object: its class first. */
function reconstructed([type]: readonly PickleValue[]): PickleValue {
  return new PickleObject(type instanceof PickleGlobal ? type.name : 'unknown', []);
}

function dictionary(items: PickleValue | undefined): Map<PickleValue, PickleValue> {
  const pairs = Array.isArray(items) ? items.filter((item) => Array.isArray(item)) : [];
  return new Map(pairs.map(([key, value]) => [key ?? null, value ?? null]));
}

const isStorage = (value: PickleValue | undefined): value is PickleStorage =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'storage';

const sizes = (value: PickleValue | undefined): number[] | undefined =>
  Array.isArray(value) && value.every((n) => typeof n === 'number' && Number.isInteger(n) && n >= 0)
    ? (value as number[])
    : undefined;

/** _rebuild_tensor(storage, offset, size, stride), with more behind it in later versions. */
function tensor(args: readonly PickleValue[], name: string, where: string): PickleTensor {
  const [storage, first] = args;
  const shape = sizes(args[2]);
  const strides = args[3] === undefined && shape ? rowMajor(shape) : sizes(args[3]);
  if (!isStorage(storage) || typeof first !== 'number' || first < 0 || !shape || strides?.length !== shape.length)
    throw wrongArguments(name, where);
  const last = shape.includes(0) ? -1 : shape.reduce((sum, n, i) => sum + (n - 1) * (strides[i] as number), first);
  if (last >= storage.count)
    throw new AsrError(
      'model',
      `${where}: a tensor of the shape [${shape.join(', ')}] reaches over the end of its storage of ` +
        `${storage.count} numbers`,
      'Fetch the file again.',
    );
  return { kind: 'tensor', storage, first: storage.first + first, shape, strides };
}
