// One binary form for arrays that belong together: a mark of eight letters, a header in JSON, arrays that begin at
// multiples of eight bytes, and a checksum of all of them. Language models and word lists are stored so.
import { crc32 } from 'node:zlib';
import type { z } from 'zod';

const headStart = 16;
const align = (offset: number): number => Math.ceil(offset / 8) * 8;

type Packable = Uint8Array | Int32Array | Float32Array | Float64Array;

/**
 * The file piece by piece, without a copy of any array.
 * @param magic eight letters. @param header as it is written; its `checksum` is filled in here
 */
export function packArrays(
  magic: string,
  header: Readonly<Record<string, unknown>>,
  arrays: readonly Packable[],
): Uint8Array[] {
  const body = arrays.flatMap((array) => [
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    new Uint8Array(align(array.byteLength) - array.byteLength),
  ]);
  const text = JSON.stringify({ ...header, checksum: body.reduce((sum, piece) => crc32(piece, sum), 0) });
  const head = Buffer.alloc(align(headStart + Buffer.byteLength(text)), ' ');
  head.write(magic, 0, 'latin1');
  head.writeUInt32LE(head.length - headStart, 8);
  head.writeUInt32LE(0, 12);
  head.write(text, headStart, 'utf8');
  return [head, ...body];
}

/** Whether a file begins as one of this kind. */
export const isPacked = (bytes: Buffer, magic: string): boolean =>
  bytes.length >= headStart && bytes.toString('latin1', 0, 8) === magic;

export interface PackedArrays<H> {
  readonly header: H;
  /** Where the arrays lie, aligned to eight bytes. */
  readonly memory: Buffer;
  /** Offset of the next array in `memory.buffer`. @param size bytes */
  readonly next: (size: number) => number;
}

/**
 * @param sizesOf bytes of each array, in order
 * @param damaged makes the error of a finding; what it makes is thrown where header, length or checksum do not fit
 */
export function openPackedArrays<S extends z.ZodType<{ checksum: number; version: number }>>(
  bytes: Buffer,
  schema: S,
  version: number,
  sizesOf: (header: z.infer<S>) => readonly number[],
  damaged: (found: string) => Error,
): PackedArrays<z.infer<S>> {
  const start = headStart + bytes.readUInt32LE(8);
  let raw: unknown;
  try {
    raw = JSON.parse(bytes.toString('utf8', headStart, start));
  } catch {
    throw damaged('its header is damaged');
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw damaged(`its header is not of version ${version}`);
  const header = parsed.data;
  const expected = start + sizesOf(header).reduce((sum, size) => sum + align(size), 0);
  if (bytes.length !== expected) throw damaged(`${bytes.length} bytes, expected ${expected}`);
  if (crc32(bytes.subarray(start)) !== header.checksum)
    throw damaged('its checksum does not fit: the file has changed');
  // Arrays need aligned memory; a buffer of a whole file is, a slice of a pool may not be.
  const memory = bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  let at = start;
  const next = (size: number): number => {
    const from = memory.byteOffset + at;
    at += align(size);
    return from;
  };
  return { header, memory, next };
}
