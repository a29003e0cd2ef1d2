// Strings by the million in, numbers out: ids and paths of a corpus in blocks of bytes beside JavaScript's heap, some
// tens of bytes each where a Map takes hundreds, and nothing for the garbage collector to walk through.
import { integers } from './number-list.js';

const firstBytes = 1 << 12;
/** More than any path: what is longer gets a scratch of its own size. */
const usualLength = 1 << 12;

/** A list of strings: `push` gives the number under which `at` gives them back, whatever they hold. */
export class TextList {
  #bytes = Buffer.allocUnsafe(firstBytes);
  /** Where the string of each number ends. */
  #ends = new Float64Array(64);
  #scratch = Buffer.allocUnsafe(usualLength);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(text: string): number {
    this.append(this.encode(text));
    return this.#length - 1;
  }

  at(number: number): string {
    const [start, end] = this.#span(number);
    return this.#bytes.toString(this.#bytes[start] === wide ? 'utf16le' : 'latin1', start + 1, end);
  }

  /** The same bytes for the same string; they hold until the next call. */
  protected encode(text: string): Buffer {
    // Latin-1 where that will do: half the bytes. Strings may hold halves of pairs (file-names.ts), which UTF-8 loses.
    const most = 2 * text.length + 1;
    if (most > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(most);
    const encoding = /[^\0-\xFF]/.test(text) ? 'utf16le' : 'latin1';
    this.#scratch[0] = encoding === 'utf16le' ? wide : narrow;
    return this.#scratch.subarray(0, 1 + this.#scratch.write(text, 1, encoding));
  }

  protected append(bytes: Buffer): void {
    const start = this.#length === 0 ? 0 : (this.#ends[this.#length - 1] as number);
    const end = start + bytes.length;
    if (end > this.#bytes.length) {
      const bigger = Buffer.allocUnsafe(Math.max(end, 2 * this.#bytes.length));
      this.#bytes.copy(bigger, 0, 0, start);
      this.#bytes = bigger;
    }
    if (this.#length === this.#ends.length) {
      const bigger = new Float64Array(2 * this.#length);
      bigger.set(this.#ends);
      this.#ends = bigger;
    }
    bytes.copy(this.#bytes, start);
    this.#ends[this.#length++] = end;
  }

  protected holds(number: number, bytes: Buffer): boolean {
    const [start, end] = this.#span(number);
    return end - start === bytes.length && this.#bytes.compare(bytes, 0, bytes.length, start, end) === 0;
  }

  #span(number: number): [start: number, end: number] {
    if (!(number >= 0 && number < this.#length)) throw new RangeError(`TextList: no number ${number}`);
    return [number === 0 ? 0 : (this.#ends[number - 1] as number), this.#ends[number] as number];
  }
}
const narrow = 0;
const wide = 1;

/** Different strings, numbered from 0 in the order in which they came. */
export class IdTable extends TextList {
  /** Open addressing: the number plus one at the first free place from the hash on; 0 is free. Half full at most. */
  #slots = new Int32Array(128);
  readonly #hashes = integers();

  /** @returns its number, or that which it has already: `length` tells them apart */
  override push(id: string): number {
    const bytes = this.encode(id);
    const hash = hashOf(bytes);
    const found = this.#find(bytes, hash);
    if (found >= 0) return found;
    if (2 * this.length >= this.#slots.length) this.#rehash();
    this.append(bytes);
    this.#hashes.push(hash);
    this.#place(hash, this.length);
    return this.length - 1;
  }

  /** The number of an id, or -1. */
  indexOf(id: string): number {
    const bytes = this.encode(id);
    return this.#find(bytes, hashOf(bytes));
  }

  has(id: string): boolean {
    return this.indexOf(id) >= 0;
  }

  *[Symbol.iterator](): Generator<string> {
    for (let number = 0; number < this.length; number++) yield this.at(number);
  }

  #find(bytes: Buffer, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number < 0) return -1;
      if (this.#hashes.at(number) === hash && this.holds(number, bytes)) return number;
    }
  }

  #place(hash: number, value: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = value;
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let number = 0; number < this.length; number++) this.#place(this.#hashes.at(number), number + 1);
  }
}

/** FNV-1a (Fowler, Noll and Vo), its bits mixed once more, since slots are taken from the lowest. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
