// What torch.save wrote in, the object in it out, with tensors as places in the file: a zip archive of a pickle and
// storages (torch 1.6 on), or a stream of pickles with the storages behind them (before).
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { AsrError } from '../core/errors.js';
import { BufferSource, cutShort, unpickle, type ByteSource } from './pickle.js';
import { PickleGlobal, type PickleStorage, type PickleTensor, type PickleValue } from './pickle-values.js';
import { readStretch, storedBytes, type StoredTensor } from './stored-tensor.js';
import { readZip } from './zip.js';

export interface TorchFile {
  readonly value: PickleValue;
  /** Where in the file a tensor of `value` lies. */
  readonly place: (tensor: PickleTensor, name: string) => StoredTensor;
}

/** @throws AsrError 'model' when it is no such file, cut short, or its pickle asks for more than data */
export async function readTorchFile(file: string): Promise<TorchFile> {
  const start = await readStretch(file, 0, Math.min(statSync(file).size, 64));
  if (start.toString('latin1', 0, 4) === 'PK\x03\x04') return readArchive(file);
  if (start[0] === 0x80) return readStream(file);
  throw new AsrError('model', `${file}: not a file that torch.save wrote`, 'Fetch the file again.');
}

/** ('storage', its type, key, device, count[, view]) as torch writes it. */
function storageOf(id: PickleValue, where: string): PickleStorage {
  const [tag, type, key, , count, view] = Array.isArray(id) ? id : [];
  if (
    tag !== 'storage' ||
    !(type instanceof PickleGlobal) ||
    typeof type.role !== 'object' ||
    (typeof key !== 'string' && typeof key !== 'number') ||
    typeof count !== 'number'
  )
    throw new AsrError('model', `${where}: damaged pickle: a storage without its place`, 'Fetch the file again.');
  const base = { kind: 'storage', key: String(key), type: type.role.storage, count } as const;
  const [, first, viewed] = Array.isArray(view) ? view : [];
  return typeof first === 'number' && typeof viewed === 'number'
    ? { ...base, first, count: viewed }
    : { ...base, first: 0 };
}

async function readArchive(file: string): Promise<TorchFile> {
  const entries = await readZip(file);
  const pickle = entries.find(({ name }) => name.endsWith('/data.pkl') || name === 'data.pkl');
  if (!pickle)
    throw new AsrError(
      'model',
      `${file}: a zip archive without data.pkl`,
      entries.some(({ name }) => name.endsWith('constants.pkl'))
        ? 'It is a TorchScript program; take the checkpoint with weights alone.'
        : 'Expected a checkpoint that torch.save wrote.',
    );
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const order = entries.find(({ name }) => name === `${folder}byteorder`);
  if (order && (await readStretch(file, order.offset, order.size)).toString('latin1').trim() === 'big')
    throw new AsrError('model', `${file}: written on a big-endian machine`, 'Take the .safetensors file.');
  const places = new Map(entries.map((entry) => [entry.name, entry]));
  const source = new BufferSource(await readStretch(file, pickle.offset, pickle.size), file);
  const value = unpickle(source, file, (id) => storageOf(id, file));
  return {
    value,
    place: (tensor, name) => {
      const entry = places.get(`${folder}data/${tensor.storage.key}`);
      if (!entry) throw missingStorage(file, name);
      return placed(tensor, name, file, entry.offset, entry.size);
    },
  };
}

const missingStorage = (file: string, name: string): AsrError =>
  new AsrError('model', `${file}: the numbers of tensor "${name}" are missing`, 'Fetch the file again.');

function placed(
  { storage, first, shape, strides }: PickleTensor,
  name: string,
  file: string,
  start: number,
  size: number,
): StoredTensor {
  const bytes = storedBytes[storage.type];
  if ((storage.first + storage.count) * bytes > size) throw missingStorage(file, name);
  return { name, type: storage.type, shape, strides, file, offset: start + first * bytes };
}

/** Bytes of a file, read as they are asked for. */
class FileSource implements ByteSource {
  position = 0;
  #chunk = Buffer.alloc(0);
  #chunkAt = 0;

  constructor(
    private readonly descriptor: number,
    private readonly size: number,
    private readonly where: string,
  ) {}

  take(count: number): Buffer {
    if (this.position + count > this.size) throw cutShort(this.where);
    let from = this.position - this.#chunkAt;
    if (from < 0 || from + count > this.#chunk.length) {
      this.#chunk = Buffer.alloc(Math.min(Math.max(count, 1 << 16), this.size - this.position));
      this.#chunkAt = this.position;
      from = 0;
      for (let done = 0; done < this.#chunk.length;) {
        const read = readSync(this.descriptor, this.#chunk, done, this.#chunk.length - done, this.position + done);
        if (read === 0) throw cutShort(this.where);
        done += read;
      }
    }
    this.position += count;
    return this.#chunk.subarray(from, from + count);
  }

  line(): string {
    const bytes: number[] = [];
    for (;;) {
      const byte = this.take(1).readUInt8();
      if (byte === 10) return Buffer.from(bytes).toString('latin1');
      bytes.push(byte);
    }
  }
}

const streamMark = BigInt('0x1950a86a20f9469cfc6c');

/**
 * Pickles of a mark, a version, the machine, the object and the storages' keys; then each storage: count and numbers.
 */
function readStream(file: string): TorchFile {
  const { size } = statSync(file);
  const descriptor = openSync(file, 'r');
  try {
    const source = new FileSource(descriptor, size, file);
    const storages = new Map<string, PickleStorage>();
    const next = (): PickleValue =>
      unpickle(source, file, (id) => {
        const storage = storageOf(id, file);
        storages.set(storage.key, storage);
        return storage;
      });
    if (next() !== streamMark)
      throw new AsrError('model', `${file}: a pickle, but not a file that torch.save wrote`, 'Fetch the file again.');
    next();
    next();
    const object = next();
    const keys = next();
    const places = new Map<string, { offset: number; size: number }>();
    for (const value of Array.isArray(keys) ? keys : []) {
      const key = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
      const storage = storages.get(key);
      if (!storage) throw missingStorage(file, key);
      const bytes = Number(source.take(8).readBigInt64LE()) * storedBytes[storage.type];
      if (bytes < 0 || source.position + bytes > size)
        throw new AsrError(
          'model',
          `${file}: cut short: expected ${source.position + bytes} bytes or more, found ${size}`,
          'Fetch the file again.',
        );
      places.set(storage.key, { offset: source.position, size: bytes });
      source.position += bytes;
    }
    return {
      value: object,
      place: (tensor, name) => {
        const place = places.get(tensor.storage.key);
        if (!place) throw missingStorage(file, name);
        return placed(tensor, name, file, place.offset, place.size);
      },
    };
  } finally {
    closeSync(descriptor);
  }
}
