// Arrays that grow with the corpus: utterance after utterance in .npy shards of bounded size, with a JSONL
// index (id, shard, first row, rows). Written as a stream, read as a stream, or one id at a time.
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError, withPath } from './errors.js';
import { IdTable } from './id-table.js';
import { readJsonl } from './jsonl.js';
import { decodeInt16, decodeNpyHeader, decodeValues, valueBytes, type NpyType } from './npy.js';
import { floats, integers } from './number-list.js';
import type { ByteRange } from './stretches.js';

const indexSchema = z.object({
  id: z.string().min(1),
  shard: z.number().int().nonnegative(),
  start: z.number().int().nonnegative(),
  rows: z.number().int().nonnegative(),
  columns: z.number().int().positive(),
});
export type IndexEntry = z.infer<typeof indexSchema>;

/** One utterance's array: `data` is [rows, columns], row-major. */
export interface ShardItem {
  readonly id: string;
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Where a folder's ids are, in the order in which they were written. */
export const indexPath = (folder: string): string => join(folder, 'index.jsonl');

export const shardName = (shard: number): string => `${String(shard).padStart(5, '0')}.npy`;

/** One array of a folder holds a value that is not finite; the others may be good. */
export class NonFiniteError extends AsrError {}

/** Whoever made the values: one that is not finite spreads over all that is computed from it. */
function refuseBroken(data: Float32Array, columns: number, first: number, what: string): void {
  // A sum times zero is zero only where every value is finite: one pass without a branch a value.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += 0 * data[i]!;
  if (sum === 0) return;
  const at = data.findIndex((value) => !Number.isFinite(value));
  throw new NonFiniteError(
    'input',
    `${what}: value ${at % columns} of row ${first + Math.floor(at / columns)} is ${data[at]}, not a finite number`,
    'Run the stage that writes this folder again; it leaves such utterances out.',
  );
}

/** Where each array of a folder lies, by the number of its id: columns of numbers, since there may be millions. */
class ShardIndex {
  readonly ids = new IdTable();
  readonly #shard = integers();
  readonly #start = floats();
  readonly #rows = integers();
  readonly #columns = integers();

  /** Of an id that comes twice, the last counts: a writer that went on wrote it again. */
  add({ id, shard, start, rows, columns }: IndexEntry): void {
    const known = this.ids.length;
    const number = this.ids.push(id);
    const lists = [this.#shard, this.#start, this.#rows, this.#columns] as const;
    const values = [shard, start, rows, columns] as const;
    for (const [i, list] of lists.entries())
      if (number < known) list.set(number, values[i] as number);
      else list.push(values[i] as number);
  }

  at(number: number): IndexEntry {
    return {
      id: this.ids.at(number),
      shard: this.#shard.at(number),
      start: this.#start.at(number),
      rows: this.#rows.at(number),
      columns: this.#columns.at(number),
    };
  }
}

/** Reads what ShardWriter wrote; the index (some 60 bytes an utterance) is the only part held in memory. */
export class ShardReader {
  readonly #folder: string;
  readonly #index: ShardIndex;
  #open: { shard: number; file: FileHandle; type: NpyType; offset: number } | undefined;

  private constructor(folder: string, index: ShardIndex) {
    this.#folder = folder;
    this.#index = index;
  }

  /** @param bytes of `indexPath`: arrays of a stretch alone */
  static async open(folder: string, bytes?: ByteRange): Promise<ShardReader> {
    const index = new ShardIndex();
    for await (const entry of readJsonl(indexPath(folder), indexSchema, bytes)) index.add(entry);
    return new ShardReader(folder, index);
  }

  /** In the order in which they were written. */
  get ids(): string[] {
    return [...this.#index.ids];
  }

  /** How many there are. */
  get size(): number {
    return this.#index.ids.length;
  }

  /** Values per row; undefined when nothing was written. */
  get columns(): number | undefined {
    return this.#index.ids.length === 0 ? undefined : this.#index.at(0).columns;
  }

  has(id: string): boolean {
    return this.#index.ids.has(id);
  }

  /** Rows of one id, without reading them. */
  rowsOf(id: string): number {
    return this.#entry(id).rows;
  }

  /** @throws AsrError 'input' when the id is not there, its shard is cut short, or a value is not finite */
  async read(id: string): Promise<ShardItem> {
    return this.readRange(id, 0, this.#entry(id).rows);
  }

  /**
   * Rows [first, end) of one id, so that a long array need not be held whole.
   * @throws RangeError when it has no such rows; AsrError 'input' as `read`
   */
  async readRange(id: string, first: number, end: number): Promise<ShardItem> {
    const { type, raw, columns } = await this.#readBytes(id, first, end);
    const values = type === 'int16' ? decodeInt16(raw) : decodeValues(type, raw);
    const data = values instanceof Float32Array ? values : Float32Array.from(values);
    if (type.startsWith('float')) refuseBroken(data, columns, first, `${this.#folder}: "${id}"`);
    return { id, data, rows: end - first, columns };
  }

  /** One id of an int16 folder as it is stored: half the memory of `read`. @throws AsrError 'input' as `read` */
  async readInt16(id: string): Promise<Int16Array> {
    const { type, raw } = await this.#readBytes(id, 0, this.#entry(id).rows);
    if (type !== 'int16')
      throw new AsrError(
        'input',
        `${this.#folder}: expected int16 values, found ${type}`,
        'Run the stage that writes this folder again.',
      );
    return decodeInt16(raw);
  }

  async #readBytes(id: string, first: number, end: number): Promise<{ type: NpyType; raw: Buffer; columns: number }> {
    const { shard: number, start, rows, columns } = this.#entry(id);
    if (first < 0 || end < first || end > rows)
      throw new RangeError(`ShardReader: "${id}" has rows [0, ${rows}), not [${first}, ${end})`);
    const path = join(this.#folder, shardName(number));
    const located = (error: unknown): never => {
      throw withPath(error, path);
    };
    const shard = await this.#openShard(number).catch(located);
    const rowBytes = columns * valueBytes(shard.type);
    // not from the pool: arrays lie on it without a copy
    const raw = Buffer.from(new ArrayBuffer((end - first) * rowBytes));
    const { bytesRead } = await shard.file
      .read(raw, 0, raw.length, shard.offset + (start + first) * rowBytes)
      .catch(located);
    if (bytesRead !== raw.length) {
      throw new AsrError(
        'input',
        `${path}: "${id}" needs ${raw.length} bytes, found ${bytesRead}`,
        'The shard is cut short; run its stage again with --force.',
      );
    }
    return { type: shard.type, raw, columns };
  }

  /** All items in the order they were written, or those of `ids`. */
  async *items(ids: Iterable<string> = this.#index.ids): AsyncGenerator<ShardItem> {
    for (const id of ids) yield await this.read(id);
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #entry(id: string): IndexEntry {
    const number = this.#index.ids.indexOf(id);
    if (number < 0)
      throw new AsrError(
        'input',
        `${this.#folder}: no array for id "${id}"`,
        'The stage that writes this folder ran on other utterances; run it again.',
      );
    return this.#index.at(number);
  }

  async #openShard(shard: number): Promise<{ file: FileHandle; type: NpyType; offset: number }> {
    if (this.#open?.shard === shard) return this.#open;
    await this.close();
    const path = join(this.#folder, shardName(shard));
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(256);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      const header = decodeNpyHeader(head.subarray(0, bytesRead), path);
      this.#open = { shard, file, type: header.type, offset: header.offset };
      return this.#open;
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}
