// Sentences as phones in, the same as views of one block of numbers out: a text of millions of sentences takes four
// bytes a phone and a view for each sentence, and none of it before somebody asks.
import { floats, integers } from '../core/number-list.js';

export class TextLines {
  readonly #symbols = integers();
  readonly #ends = floats();
  #views: readonly Int32Array[] | undefined;

  get length(): number {
    return this.#ends.length;
  }

  /** In all sentences. */
  get symbols(): number {
    return this.#symbols.length;
  }

  add(line: Iterable<number>): void {
    for (const symbol of line) this.#symbols.push(symbol);
    this.#ends.push(this.#symbols.length);
  }

  /** Nothing may be added any more. */
  get views(): readonly Int32Array[] {
    const symbols = this.#symbols.values();
    return (this.#views ??= Array.from({ length: this.length }, (_, n) =>
      symbols.subarray(n === 0 ? 0 : this.#ends.at(n - 1), this.#ends.at(n)),
    ));
  }

  /** Without one symbol, and without sentences that hold nothing else. */
  without(symbol: number): TextLines {
    const kept = new TextLines();
    let start = 0;
    for (let n = 0; n < this.length; n++) {
      const before = kept.symbols;
      for (let i = start; i < this.#ends.at(n); i++)
        if (this.#symbols.at(i) !== symbol) kept.#symbols.push(this.#symbols.at(i));
      if (kept.symbols > before) kept.#ends.push(kept.symbols);
      start = this.#ends.at(n);
    }
    return kept;
  }
}

/** Sentences as symbols, one after the other: all of them at once would take fifty times the memory. */
export function* asSymbols(sentences: Iterable<Int32Array>, phones: readonly string[]): Generator<readonly string[]> {
  for (const sentence of sentences) yield Array.from(sentence, (phone) => phones[phone] as string);
}
