// N-gram LMs as one binary file that loads in one read: header, symbols, then the arrays of the trie as they lie in
// memory (32 to 40 bytes an n-gram, probabilities as float32). `readLm` takes it or ARPA, by the first bytes.
import { open, readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { isPacked, openPackedArrays, packArrays } from '../core/packed-arrays.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { readArpa } from './arpa.js';
import { damageOf } from './check-trie.js';
import { NgramTrie } from './ngram-trie.js';
import { NgramModel, type NgramParts } from './ngram.js';

const magic = 'ASRNGRAM';
const version = 1;
const count = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 40);
const headerSchema = z.object({
  version: z.literal(version),
  order: z.number().int().min(1).max(100),
  nodes: count,
  slots: count,
  symbolBytes: count,
  checksum: count,
  endianness: z.literal('LE'),
});
type Header = z.infer<typeof headerSchema>;

/** The file piece by piece, without a copy of arrays that are as they lie in it. */
function piecesOf({ order, symbols, trie, logProb, backoff }: NgramParts): Uint8Array[] {
  const { parent, symbol, length, suffix, slots } = trie.toArrays();
  const nodes = parent.length;
  const names = Buffer.from(symbols.join('\n'), 'utf8');
  const floats = (values: Float64Array | Float32Array): Float32Array =>
    values instanceof Float32Array ? values.subarray(0, nodes) : Float32Array.from(values.subarray(0, nodes));
  const header = {
    version,
    order,
    nodes,
    slots: slots.length,
    symbolBytes: names.length,
    checksum: 0,
    endianness: 'LE',
  } satisfies Header;
  return packArrays(magic, header, [names, parent, symbol, suffix, slots, floats(logProb), floats(backoff), length]);
}

/** The model as bytes; equal models give equal bytes. */
export function encodeLm({ parts }: { readonly parts: NgramParts }): Buffer {
  return Buffer.concat(piecesOf(parts));
}

/**
 * @param where named in errors.
 * @throws AsrError 'model' when the bytes are damaged, cut short or of another version
 */
export function decodeLm(bytes: Buffer, where: string): NgramModel {
  const damaged = (found: string): AsrError =>
    new AsrError(
      'model',
      `${where}: a damaged binary language model: ${found}`,
      'Copy it again, or write it again: `asr lm estimate`.',
    );
  if (endianness() !== 'LE')
    throw new AsrError(
      'dependency',
      `${where}: binary language models need a little-endian machine`,
      'Use the ARPA form.',
    );
  if (!isPacked(bytes, magic) || bytes.readUInt32LE(12) !== 0) throw damaged('it does not begin as one');
  const { header, memory, next } = openPackedArrays(
    bytes,
    headerSchema,
    version,
    ({ nodes, slots, symbolBytes }) => [
      symbolBytes,
      4 * nodes,
      4 * nodes,
      4 * nodes,
      4 * slots,
      4 * nodes,
      4 * nodes,
      nodes,
    ],
    damaged,
  );
  const { order, nodes, slots, symbolBytes } = header;
  const namesAt = next(symbolBytes) - memory.byteOffset;
  const names = memory.toString('utf8', namesAt, namesAt + symbolBytes).split('\n');
  const integers = (length: number): Int32Array => new Int32Array(memory.buffer, next(4 * length), length);
  const floats = (): Float32Array => new Float32Array(memory.buffer, next(4 * nodes), nodes);
  const parent = integers(nodes);
  const symbol = integers(nodes);
  const suffix = integers(nodes);
  const table = integers(slots);
  const logProb = floats();
  const backoff = floats();
  const length = new Uint8Array(memory.buffer, next(nodes), nodes);
  const trie = NgramTrie.fromArrays({ parent, symbol, length, suffix, slots: table });
  const parts: NgramParts = { order, symbols: names, trie, logProb, backoff };
  const damage = damageOf(parts);
  if (damage !== undefined) throw damaged(damage);
  return new NgramModel(parts);
}

export async function writeLm(path: string, { parts }: { readonly parts: NgramParts }): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of piecesOf(parts)) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/**
 * ARPA, also packed by gzip, or binary.
 * @throws AsrError 'input' or (binary) 'model' for anything malformed, 'io' when it cannot be read
 */
export async function readLm(path: string): Promise<NgramModel> {
  const file = await open(path);
  let start: Buffer;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    start = buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
  refuseLfsPointer(start, path);
  return start.toString('latin1', 0, magic.length) === magic ? decodeLm(await readFile(path), path) : readArpa(path);
}
