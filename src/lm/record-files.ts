// Fixed-width records of 32-bit integers on disk, written and read one after the other through a buffer. A float64
// takes two integers of a record.
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

const bufferBytes = 1 << 18;

const floatBits = new Float64Array(1);
const bits = new Int32Array(floatBits.buffer);

export function putFloat(record: Int32Array, at: number, value: number): void {
  floatBits[0] = value;
  record[at] = bits[0] as number;
  record[at + 1] = bits[1] as number;
}

export function getFloat(record: Int32Array, at: number): number {
  bits[0] = record[at] as number;
  bits[1] = record[at + 1] as number;
  return floatBits[0] as number;
}

export class RecordWriter {
  readonly #file: number;
  readonly #buffer: Int32Array;
  #filled = 0;
  count = 0;

  constructor(
    readonly path: string,
    readonly width: number,
  ) {
    this.#file = openSync(path, 'w');
    this.#buffer = new Int32Array(Math.max(1, Math.floor(bufferBytes / 4 / width)) * width);
  }

  /** Writes `width` integers of `values`, from `offset` on. */
  write(values: Int32Array, offset = 0): void {
    const buffer = this.#buffer;
    for (let i = 0; i < this.width; i++) buffer[this.#filled + i] = values[offset + i] as number;
    this.#filled += this.width;
    this.count++;
    if (this.#filled === buffer.length) this.#flush();
  }

  #flush(): void {
    const bytes = new Uint8Array(this.#buffer.buffer, 0, this.#filled * 4);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#filled = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }
}

/** Reads records one after the other; `current` holds the last one read and is overwritten by the next. */
export class RecordReader {
  readonly current: Int32Array;
  readonly #file: number;
  readonly #buffer: Int32Array;
  #at = 0;
  #filled = 0;
  #closed = false;

  constructor(
    readonly path: string,
    readonly width: number,
  ) {
    this.#file = openSync(path, 'r');
    this.#buffer = new Int32Array(Math.max(1, Math.floor(bufferBytes / 4 / width)) * width);
    this.current = new Int32Array(width);
  }

  /** @returns false after the last record; the file is closed then */
  next(): boolean {
    if (this.#at === this.#filled && !this.#fill()) return false;
    for (let i = 0; i < this.width; i++) this.current[i] = this.#buffer[this.#at + i] as number;
    this.#at += this.width;
    return true;
  }

  #fill(): boolean {
    if (this.#closed) return false;
    const bytes = new Uint8Array(this.#buffer.buffer);
    let filled = 0;
    for (let read = 1; read > 0 && filled < bytes.length;) {
      read = readSync(this.#file, bytes, filled, bytes.length - filled, null);
      filled += read;
    }
    this.#at = 0;
    this.#filled = filled / 4;
    if (filled === 0) this.close();
    return filled > 0;
  }

  close(): void {
    if (!this.#closed) closeSync(this.#file);
    this.#closed = true;
  }
}

export function removeRecords(path: string): void {
  rmSync(path, { force: true });
}
