// NumPy's .npy files (format 1.0, C order): float32, float16 (storage only), int32 and int16 arrays in and out.
// Source: numpy.lib.format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { readFile, writeFile } from 'node:fs/promises';
import { AsrError } from './errors.js';
import { refuseLfsPointer } from './lfs-pointer.js';
import { float16ToFloat32, float32ToFloat16 } from './float16.js';

export type NpyType = 'float32' | 'float16' | 'int32' | 'int16';
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

const descriptors: Record<NpyType, string> = { float32: '<f4', float16: '<f2', int32: '<i4', int16: '<i2' };
const bytesOf: Record<NpyType, number> = { float32: 4, float16: 2, int32: 4, int16: 2 };
const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1');

export interface NpyHeader {
  readonly type: NpyType;
  readonly shape: readonly number[];
  /** Byte offset of the first value. */
  readonly offset: number;
}

export function encodeNpyHeader(type: NpyType, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descriptors[type]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Padded to a fixed size, so that a shard's header can be rewritten in place once its row count is known.
  const size = Math.ceil((magic.length + 2 + text.length + 1) / 64) * 64;
  const header = Buffer.alloc(Math.max(size, 128), ' ');
  magic.copy(header);
  header.writeUInt16LE(header.length - magic.length - 2, magic.length);
  header.write(text, magic.length + 2, 'latin1');
  header.write('\n', header.length - 1);
  return header;
}

/** A structured array may have a long header; one of numbers has some hundred bytes. */
const longestHeader = 1 << 16;

/** @param head at least the first 128 bytes of the file. @throws AsrError 'input' when it is no .npy of a known type */
export function decodeNpyHeader(head: Buffer, where: string): NpyHeader {
  refuseLfsPointer(head, where, 'input');
  const broken = (what: string): AsrError =>
    new AsrError('input', `${where}: ${what}`, 'Expected a .npy file of float32, float16, int32 or int16 in C order.');
  if (head.length < 12 || !head.subarray(0, 6).equals(magic.subarray(0, 6))) throw broken('not a .npy file');
  const wide = head[6] !== 1;
  const length = wide ? head.readUInt32LE(8) : head.readUInt16LE(8);
  const start = wide ? 12 : 10;
  if (length > longestHeader || start + length > head.length)
    throw broken(`its header of ${length} bytes is longer than one of an array of numbers, or cut short`);
  const text = head.toString('latin1', start, start + length);
  const descr = quotedAfter(text, "'descr':");
  const tuple = between(text, "'shape':", '(', ')');
  const type = (Object.keys(descriptors) as NpyType[]).find((name) => descriptors[name] === descr);
  if (type === undefined) throw broken(`array type ${descr?.slice(0, 20) ?? 'unknown'} is not supported`);
  if (tuple === undefined || between(text, "'fortran_order':", 'T', 'e') === 'ru')
    throw broken('the header cannot be used (Fortran order or no shape)');
  const shape = tuple
    .split(',')
    .map((n) => n.trim())
    .filter((n) => n !== '')
    .map((n) => (/^\d{1,15}$/.test(n) ? Number(n) : NaN));
  if (!(shape.reduce((size, n) => size * n, 8) <= Number.MAX_SAFE_INTEGER) || shape.length > mostAxes)
    throw broken('the header cannot be used (its shape is no list of sizes)');
  return { type, shape, offset: start + length };
}

const mostAxes = 32; // NumPy's own

/** What stands between two marks after a key, white space before the first one aside. */
function between(text: string, key: string, from: string, to: string): string | undefined {
  const at = text.indexOf(key);
  if (at < 0) return undefined;
  const rest = text.slice(at + key.length).trimStart();
  const end = rest.indexOf(to, from.length);
  return rest.startsWith(from) && end >= 0 ? rest.slice(from.length, end) : undefined;
}

const quotedAfter = (text: string, key: string): string | undefined => between(text, key, "'", "'");

/** Arrays that are of the stored type already are not copied. */
export function encodeValues(type: NpyType, data: Float32Array | Int32Array | Int16Array): Buffer {
  if (type === 'float16') return bytes(Uint16Array.from(data, float32ToFloat16));
  if (type === 'int16') return bytes(data instanceof Int16Array ? data : Int16Array.from(data));
  if (type === 'int32') return bytes(data instanceof Int32Array ? data : Int32Array.from(data));
  return bytes(data instanceof Float32Array ? data : Float32Array.from(data));
}

/** Float types come as Float32Array, integer types as Int32Array. */
export function decodeValues(type: NpyType, raw: Buffer): Float32Array | Int32Array {
  const aligned = alignedBytes(raw);
  if (type === 'float16') return Float32Array.from(new Uint16Array(aligned), float16ToFloat32);
  if (type === 'int16') return Int32Array.from(new Int16Array(aligned));
  return type === 'int32' ? new Int32Array(aligned) : new Float32Array(aligned);
}

/** int16 values as they are, for the one reader that wants no wider copy. */
export function decodeInt16(raw: Buffer): Int16Array {
  return new Int16Array(alignedBytes(raw));
}

/** A buffer that begins at its first byte and ends at its last, so that typed arrays of any width can lie on it. */
function alignedBytes(raw: Buffer): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = raw;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return new Uint8Array(raw).buffer;
}

const bytes = (array: Float32Array | Int32Array | Int16Array | Uint16Array): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);

export const valueBytes = (type: NpyType): number => bytesOf[type];

export async function writeNpy(
  path: string,
  data: Float32Array | Int32Array,
  shape: readonly number[],
  type?: NpyType,
): Promise<void> {
  const chosen = type ?? (data instanceof Int32Array ? 'int32' : 'float32');
  await writeFile(path, Buffer.concat([encodeNpyHeader(chosen, shape), encodeValues(chosen, data)]));
}

/** @throws AsrError 'input' when the file is no .npy, or shorter or longer than its header says */
export async function readNpy(path: string): Promise<NpyArray> {
  const file = await readFile(path);
  const header = decodeNpyHeader(file, path);
  const expected = header.shape.reduce((a, b) => a * b, 1) * bytesOf[header.type];
  if (file.length - header.offset !== expected) {
    throw new AsrError(
      'input',
      `${path}: expected ${expected} bytes of values, found ${file.length - header.offset}`,
      'The file is cut short or damaged; make it again.',
    );
  }
  return { shape: header.shape, data: decodeValues(header.type, file.subarray(header.offset)) };
}

/** A .npy that must hold floats. */
export async function readFloatNpy(path: string): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const { shape, data } = await readNpy(path);
  if (!(data instanceof Float32Array))
    throw new AsrError(
      'input',
      `${path}: expected float values, found integers`,
      'Make the file again with the stage that wrote it.',
    );
  return { shape, data };
}

/** @throws AsrError 'input' when the array has another shape */
export async function readShapedNpy(path: string, shape: readonly number[]): Promise<Float32Array> {
  const array = await readFloatNpy(path);
  if (array.shape.join() !== shape.join())
    throw new AsrError(
      'input',
      `${path}: expected shape [${shape.join(', ')}], found [${array.shape.join(', ')}]`,
      'The files of this model do not belong together; make it again.',
    );
  return array.data;
}
