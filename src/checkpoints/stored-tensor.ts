// One tensor of a checkpoint: where its numbers lie in a file, and how to read them as float32 when they are wanted.
import { open } from 'node:fs/promises';
import { AsrError } from '../core/errors.js';
import { float16ToFloat32 } from '../core/float16.js';

/** Bytes of one number of each type that checkpoints hold. */
export const storedBytes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;
export type StoredType = keyof typeof storedBytes;

export interface StoredTensor {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Numbers from one index to the next, of each axis. */
  readonly strides: readonly number[];
  readonly file: string;
  /** Byte of the file where the first number lies. */
  readonly offset: number;
}

export const countOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Strides of numbers that lie one behind the other, last axis first. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (shape[i + 1] as number);
  return strides;
}

/** Its numbers lie in the file as a row-major array does, so that the stretch can be used as it is. */
export function isRowMajor({ shape, strides }: StoredTensor): boolean {
  const plain = rowMajor(shape);
  return shape.every((n, i) => n === 1 || strides[i] === plain[i]);
}

/** Numbers between the first and the last one, both included. */
const reach = ({ shape, strides }: StoredTensor): number =>
  countOf(shape) === 0 ? 0 : 1 + shape.reduce((sum, n, i) => sum + (n - 1) * (strides[i] as number), 0);

/** Bytes of the file from `offset` on that the tensor lies in. */
export const stretchOf = (tensor: StoredTensor): number => reach(tensor) * storedBytes[tensor.type];

/** @throws AsrError 'model' when the file ends before */
export async function readStretch(file: string, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const handle = await open(file, 'r');
  try {
    let done = 0;
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 1 << 30), offset + done);
      if (bytesRead === 0)
        throw new AsrError(
          'model',
          `${file}: cut short: expected ${offset + length} bytes or more, found ${offset + done}`,
          'Fetch the file again.',
        );
      done += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return bytes;
}

/**
 * Only the bytes that the tensor lies in are read.
 * @returns row-major.
 * @throws AsrError 'model' when the file ends before
 */
export async function readTensor(tensor: StoredTensor): Promise<Float32Array> {
  const bytes = await readStretch(tensor.file, tensor.offset, stretchOf(tensor));
  const flat = decode(bytes, tensor.type);
  return isRowMajor(tensor) ? flat : gather(flat, tensor);
}

function decode(bytes: Buffer, type: StoredType): Float32Array {
  const count = bytes.length / storedBytes[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const each = (read: (i: number) => number): Float32Array => Float32Array.from({ length: count }, (_, i) => read(i));
  switch (type) {
    case 'float32': {
      if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
      return new Float32Array(new Uint8Array(bytes).buffer);
    }
    case 'float16': {
      const table = halves();
      const out = new Float32Array(count);
      for (let i = 0; i < count; i++) out[i] = table[view.getUint16(2 * i, true)] as number;
      return out;
    }
    case 'bfloat16': {
      const out = new Float32Array(count);
      const bits = new Uint32Array(out.buffer);
      for (let i = 0; i < count; i++) bits[i] = view.getUint16(2 * i, true) << 16;
      return out;
    }
    case 'float64':
      return each((i) => view.getFloat64(8 * i, true));
    case 'int64':
      return each((i) => Number(view.getBigInt64(8 * i, true)));
    case 'int32':
      return each((i) => view.getInt32(4 * i, true));
    case 'int16':
      return each((i) => view.getInt16(2 * i, true));
    case 'int8':
      return each((i) => view.getInt8(i));
    case 'uint8':
    case 'bool':
      return each((i) => view.getUint8(i));
  }
}

let everyHalf: Float32Array | undefined;
/** The value of each of the 65,536 bit patterns: checkpoints hold hundreds of millions of them. */
const halves = (): Float32Array =>
  (everyHalf ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => float16ToFloat32(bits)));

/** Numbers that lie with gaps or in another order, put one behind the other. */
function gather(flat: Float32Array, { shape, strides }: StoredTensor): Float32Array {
  const out = new Float32Array(countOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = flat[at] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      at -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return out;
}
