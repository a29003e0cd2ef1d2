// External sorting of fixed-width records: blocks are sorted in memory by radix, spilled as runs and merged. Records
// with equal keys may be joined on the way, so that a corpus of repeated n-grams never takes much room.
import { join } from 'node:path';
import { RecordReader, RecordWriter, removeRecords } from './record-files.js';

export interface SortOptions {
  /** Folder for spilled runs, and the first part of their names. */
  readonly folder: string;
  readonly name: string;
  /** Integers of a record, none of them negative where they are keys. */
  readonly width: number;
  /** Columns that order records, most significant first. */
  readonly keys: readonly number[];
  /** Memory for records, in bytes. */
  readonly memory: number;
  /** Column that is added up over records with equal keys; records stay apart where there is none. */
  readonly sum?: number;
}

export class RecordSorter {
  readonly #options: SortOptions;
  readonly #capacity: number;
  #block: Int32Array;
  #count = 0;
  readonly #runs: string[] = [];

  constructor(options: SortOptions) {
    this.#options = options;
    // Beside its integers a record takes two numbers of four bytes in sorting.
    this.#capacity = Math.max(16, Math.floor(options.memory / (4 * options.width + 8)));
    this.#block = new Int32Array(Math.min(this.#capacity, 1024) * options.width);
  }

  add(record: Int32Array): void {
    const { width } = this.#options;
    if (this.#count === this.#capacity) this.#spill();
    if ((this.#count + 1) * width > this.#block.length) {
      const bigger = new Int32Array(Math.min(this.#capacity, this.#count * 2) * width);
      bigger.set(this.#block);
      this.#block = bigger;
    }
    const from = this.#count++ * width;
    for (let i = 0; i < width; i++) this.#block[from + i] = record[i] as number;
  }

  /** All records in order, once; the array that is given is overwritten by the next. */
  *sorted(): Generator<Int32Array> {
    if (this.#runs.length === 0) {
      yield* this.#joined(this.#inMemory());
      this.#block = new Int32Array(0);
      return;
    }
    this.#spill();
    this.#block = new Int32Array(0);
    yield* this.#joined(this.#merged());
    for (const run of this.#runs) removeRecords(run);
  }

  #spill(): void {
    if (this.#count === 0) return;
    const path = join(this.#options.folder, `${this.#options.name}.${this.#runs.length}`);
    const writer = new RecordWriter(path, this.#options.width);
    for (const record of this.#joined(this.#inMemory())) writer.write(record);
    writer.close();
    this.#runs.push(path);
    this.#count = 0;
  }

  *#inMemory(): Generator<Int32Array> {
    const { width } = this.#options;
    const order = this.#radixOrder();
    const record = new Int32Array(width);
    for (const index of order) {
      for (let i = 0; i < width; i++) record[i] = this.#block[index * width + i] as number;
      yield record;
    }
  }

  /**
   * Numbers of the records in order: least significant digit first, 16 bits a pass,
   * digits that are all zero passed over.
   */
  #radixOrder(): Uint32Array {
    const { width, keys } = this.#options;
    const block = this.#block;
    const count = this.#count;
    let order = Uint32Array.from({ length: count }, (_, i) => i);
    let other = new Uint32Array(count);
    const starts = new Uint32Array(65_537);
    for (const column of keys.toReversed()) {
      let all = 0;
      for (let i = 0, at = column; i < count; i++, at += width) all |= block[at] as number;
      for (let shift = 0; shift < 32 && all >>> shift !== 0; shift += 16) {
        starts.fill(0);
        for (let i = 0, at = column; i < count; i++, at += width)
          (starts[(((block[at] as number) >>> shift) & 0xffff) + 1] as number)++;
        for (let digit = 0; digit < 65_536; digit++) (starts[digit + 1] as number) += starts[digit] as number;
        for (const index of order)
          other[(starts[((block[index * width + column] as number) >>> shift) & 0xffff] as number)++] = index;
        [order, other] = [other, order];
      }
    }
    return order;
  }

  *#merged(): Generator<Int32Array> {
    const readers = this.#runs
      .map((run) => new RecordReader(run, this.#options.width))
      .filter((reader) => reader.next());
    while (readers.length > 0) {
      let first = 0;
      for (let i = 1; i < readers.length; i++) {
        if (this.#compare((readers[i] as RecordReader).current, (readers[first] as RecordReader).current) < 0)
          first = i;
      }
      const reader = readers[first] as RecordReader;
      yield reader.current;
      if (!reader.next()) readers.splice(first, 1);
    }
  }

  #compare(a: Int32Array, b: Int32Array): number {
    for (const column of this.#options.keys) {
      const difference = (a[column] as number) - (b[column] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  *#joined(records: Generator<Int32Array>): Generator<Int32Array> {
    const { sum } = this.#options;
    if (sum === undefined) {
      yield* records;
      return;
    }
    let held: Int32Array | undefined;
    for (const record of records) {
      if (held && this.#compare(held, record) === 0) {
        (held[sum] as number) += record[sum] as number;
        continue;
      }
      if (held) yield held;
      held = Int32Array.from(record);
    }
    if (held) yield held;
  }
}
