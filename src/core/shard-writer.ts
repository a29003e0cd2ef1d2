// Writes arrays by id into shards of .npy files with an index, flushed as they fill.
import { open, mkdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonlWriter } from './jsonl.js';
import { encodeNpyHeader, encodeValues, valueBytes, type NpyType } from './npy.js';
import { indexPath, shardName, type IndexEntry } from './shards.js';

export interface ShardOptions {
  /** Values per row. */
  readonly columns: number;
  readonly type?: NpyType;
  /** A shard is closed when it holds at least this many bytes. */
  readonly shardBytes?: number;
}

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
    return new ShardWriter(folder, options, await JsonlWriter.create(indexPath(folder)));
  }

  get rows(): number {
    return this.#rows;
  }

  /** @param data [rows, columns]; copied before the promise resolves, on disk after `close` */
  async append(id: string, data: Float32Array | Int32Array | Int16Array): Promise<void> {
    const rows = data.length / this.#columns;
    if (!Number.isInteger(rows))
      throw new RangeError(`ShardWriter: ${data.length} values of "${id}" are not rows of ${this.#columns}`);
    const file = this.#file ?? (await this.#openShard());
    await this.#write(file, encodeValues(this.#type, data));
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
    try {
      await this.#closeShard();
      await this.#index.close();
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  /** For `await using`: where `close` was not reached, files are closed and what was held back is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await Promise.all([file?.close(), this.#index[Symbol.asyncDispose]()]);
  }

  async #openShard(): Promise<FileHandle> {
    const file = await open(join(this.#folder, shardName(this.#shard)), 'w');
    this.#file = file;
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
