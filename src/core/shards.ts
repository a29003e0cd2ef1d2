// Arrays that grow with the corpus: utterance after utterance in .npy shards of bounded size, with a JSONL
// index (id, shard, first row, rows). Written as a stream, read as a stream, or one id at a time.
import { open, mkdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError, withPath } from './errors.js';
import { JsonlWriter, readJsonl } from './jsonl.js';
import {
  decodeInt16,
  decodeNpyHeader,
  decodeValues,
  encodeNpyHeader,
  encodeValues,
  valueBytes,
  type NpyType,
} from './npy.js';

const indexSchema = z.object({
  id: z.string().min(1),
  shard: z.number().int().nonnegative(),
  start: z.number().int().nonnegative(),
  rows: z.number().int().nonnegative(),
  columns: z.number().int().positive(),
});
type IndexEntry = z.infer<typeof indexSchema>;

/** One utterance's array: `data` is [rows, columns], row-major. */
export interface ShardItem {
  readonly id: string;
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

export interface ShardOptions {
  /** Values per row. */
  readonly columns: number;
  readonly type?: NpyType;
  /** A shard is closed when it holds at least this many bytes. */
  readonly shardBytes?: number;
}

const shardName = (shard: number): string => `${String(shard).padStart(5, '0')}.npy`;

/** Bytes held back before they are written. */
const pendingLimit = 1 << 20;

export class ShardWriter {
  readonly #folder: string;
  readonly #columns: number;
  readonly #type: NpyType;
  readonly #shardBytes: number;
  readonly #index: JsonlWriter;
  #file: FileHandle | undefined;
  /** Written together: an utterance may be a few kilobytes, and there are hundreds of thousands. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #shard = 0;
  #rowsInShard = 0;
  #rows = 0;

  private constructor(folder: string, options: ShardOptions, index: JsonlWriter) {
    this.#folder = folder;
    this.#columns = options.columns;
    this.#type = options.type ?? 'float32';
    this.#shardBytes = options.shardBytes ?? 1 << 28;
    this.#index = index;
  }

  static async create(folder: string, options: ShardOptions): Promise<ShardWriter> {
    await mkdir(folder, { recursive: true });
    return new ShardWriter(folder, options, await JsonlWriter.create(join(folder, 'index.jsonl')));
  }

  get rows(): number {
    return this.#rows;
  }

  /** @param data [rows, columns]; copied before the promise resolves, on disk after `close` */
  async append(id: string, data: Float32Array | Int32Array | Int16Array): Promise<void> {
    const rows = data.length / this.#columns;
    if (!Number.isInteger(rows))
      throw new RangeError(`ShardWriter: ${data.length} values of "${id}" are not rows of ${this.#columns}`);
    this.#file ??= await this.#openShard();
    await this.#write(this.#file, encodeValues(this.#type, data));
    await this.#index.write({
      id,
      shard: this.#shard,
      start: this.#rowsInShard,
      rows,
      columns: this.#columns,
    } satisfies IndexEntry);
    this.#rowsInShard += rows;
    this.#rows += rows;
    if (this.#rowsInShard * this.#columns * valueBytes(this.#type) >= this.#shardBytes) await this.#closeShard();
  }

  async close(): Promise<void> {
    await this.#closeShard();
    await this.#index.close();
  }

  async #openShard(): Promise<FileHandle> {
    const file = await open(join(this.#folder, shardName(this.#shard)), 'w');
    await file.writeFile(encodeNpyHeader(this.#type, [0, this.#columns]));
    return file;
  }

  async #write(file: FileHandle, bytes: Buffer): Promise<void> {
    if (this.#pendingBytes + bytes.length > pendingLimit) await this.#flush(file);
    if (bytes.length > pendingLimit) {
      await file.writeFile(bytes);
      return;
    }
    this.#pending.push(Buffer.from(bytes)); // a copy: the caller may use its array again
    this.#pendingBytes += bytes.length;
  }

  async #flush(file: FileHandle): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (pending.length > 0) await file.writeFile(Buffer.concat(pending));
  }

  async #closeShard(): Promise<void> {
    if (!this.#file) return;
    await this.#flush(this.#file);
    const header = encodeNpyHeader(this.#type, [this.#rowsInShard, this.#columns]);
    await this.#file.write(header, 0, header.length, 0);
    await this.#file.close();
    this.#file = undefined;
    this.#shard++;
    this.#rowsInShard = 0;
  }
}

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

/** Reads what ShardWriter wrote; the index (some 60 bytes an utterance) is the only part held in memory. */
export class ShardReader {
  readonly #folder: string;
  readonly #entries: ReadonlyMap<string, IndexEntry>;
  #open: { shard: number; file: FileHandle; type: NpyType; offset: number } | undefined;

  private constructor(folder: string, entries: ReadonlyMap<string, IndexEntry>) {
    this.#folder = folder;
    this.#entries = entries;
  }

  static async open(folder: string): Promise<ShardReader> {
    const entries = new Map<string, IndexEntry>();
    for await (const entry of readJsonl(join(folder, 'index.jsonl'), indexSchema)) entries.set(entry.id, entry);
    return new ShardReader(folder, entries);
  }

  get ids(): string[] {
    return [...this.#entries.keys()];
  }

  /** Values per row; undefined when nothing was written. */
  get columns(): number | undefined {
    return this.#entries.values().next().value?.columns;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
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
  async *items(ids: Iterable<string> = this.#entries.keys()): AsyncGenerator<ShardItem> {
    for (const id of ids) yield await this.read(id);
  }

  async close(): Promise<void> {
    await this.#open?.file.close();
    this.#open = undefined;
  }

  #entry(id: string): IndexEntry {
    const entry = this.#entries.get(id);
    if (!entry)
      throw new AsrError(
        'input',
        `${this.#folder}: no array for id "${id}"`,
        'The stage that writes this folder ran on other utterances; run it again.',
      );
    return entry;
  }

  async #openShard(shard: number): Promise<{ file: FileHandle; type: NpyType; offset: number }> {
    if (this.#open?.shard === shard) return this.#open;
    await this.close();
    const path = join(this.#folder, shardName(shard));
    const file = await open(path, 'r');
    const head = Buffer.alloc(256);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const header = decodeNpyHeader(head.subarray(0, bytesRead), path);
    this.#open = { shard, file, type: header.type, offset: header.offset };
    return this.#open;
  }
}
