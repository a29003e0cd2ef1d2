// A small writer of .safetensors files, for checkpoints that are made here: names, shapes and bytes in, a file out.
import { closeSync, openSync, writeSync } from 'node:fs';

export interface RawTensor {
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'F64' | 'I64';
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export const float32Tensor = (shape: readonly number[], numbers: Float32Array): RawTensor => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
});

export function writeSafetensors(path: string, tensors: Readonly<Record<string, RawTensor>>): void {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, 'w');
  try {
    for (const part of [length, json, ...Object.values(tensors).map(({ bytes }) => bytes)]) writeSync(file, part);
  } finally {
    closeSync(file);
  }
}
