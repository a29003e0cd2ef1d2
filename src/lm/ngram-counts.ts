// Counts of a corpus of any size for Kneser-Ney: sentences in; every n-gram of every order out, in suffix order, with
// its raw and its adjusted count (KenLM's first two steps: Heafield et al., ACL 2013, sections 3.1 and 3.2).
import { AsrError } from '../core/errors.js';
import { endId, endSymbol, startId, startSymbol, unknownId, unknownSymbol } from './ngram.js';
import { RecordSorter } from './record-sorter.js';

/** An n-gram as a record: key[0] is the id of its last word plus one, key[1] that of the word before, … */
export interface CountedNgram {
  readonly length: number;
  readonly key: Int32Array;
  /** How often it stands in the corpus. */
  readonly raw: number;
  /** The same for the highest order and what begins with <s>; for the rest the number of distinct words before it. */
  readonly adjusted: number;
}

export class CorpusCounter {
  readonly #ids = new Map<string, number>([
    [unknownSymbol, unknownId],
    [startSymbol, startId],
    [endSymbol, endId],
  ]);
  readonly #sorter: RecordSorter;
  readonly #record: Int32Array;
  sentences = 0;
  tokens = 0;

  /** @param memory bytes for counts; more is spilled into `folder` */
  constructor(
    private readonly order: number,
    folder: string,
    memory: number,
  ) {
    this.#sorter = new RecordSorter({
      folder,
      name: 'counts',
      width: order + 1,
      keys: Array.from({ length: order }, (_, i) => i),
      memory,
      sum: order,
    });
    this.#record = new Int32Array(order + 1);
  }

  get symbols(): string[] {
    return [...this.#ids.keys()];
  }

  /** @throws AsrError 'input' when a word is a symbol of the format */
  add(sentence: readonly string[]): void {
    this.sentences++;
    this.tokens += sentence.length;
    const record = this.#record;
    record.fill(0);
    record[0] = startId + 1;
    for (let i = 0; i <= sentence.length; i++) {
      const id = i === sentence.length ? endId : this.#idOf(sentence[i] as string);
      record.copyWithin(1, 0, this.order - 1);
      record[0] = id + 1;
      record[this.order] = 1;
      this.#sorter.add(record);
    }
  }

  #idOf(symbol: string): number {
    const known = this.#ids.get(symbol);
    if (known !== undefined) {
      if (known === startId || known === endId)
        throw new AsrError(
          'input',
          `the text holds "${symbol}" as a word in sentence ${this.sentences}`,
          'Sentence boundaries are added by the program; remove them from the text.',
        );
      return known;
    }
    this.#ids.set(symbol, this.#ids.size);
    return this.#ids.size - 1;
  }

  /** Every n-gram once, those of one length in suffix order; the key is overwritten by the next. */
  *ngrams(): Generator<CountedNgram> {
    const { order } = this;
    const open = { key: new Int32Array(order), length: 0 };
    const raw = new Float64Array(order + 1);
    const extensions = new Float64Array(order + 1);
    for (const record of this.#sorter.sorted()) {
      let common = 0;
      while (common < open.length && record[common] === open.key[common]) common++;
      yield* closeGroups(open, common, order, raw, extensions);
      let length = common;
      while (length < order && record[length] !== 0) {
        open.key[length] = record[length] as number;
        if (length > 0) (extensions[length] as number)++;
        length++;
        raw[length] = 0;
        extensions[length] = 0;
      }
      open.length = length;
      for (let k = 1; k <= length; k++) (raw[k] as number) += record[order] as number;
    }
    yield* closeGroups(open, 0, order, raw, extensions);
  }
}

function* closeGroups(
  open: { key: Int32Array; length: number },
  down: number,
  order: number,
  raw: Float64Array,
  extensions: Float64Array,
): Generator<CountedNgram> {
  for (let length = open.length; length > down; length--) {
    const begins = open.key[length - 1] === startId + 1;
    yield {
      length,
      key: open.key,
      raw: raw[length] as number,
      adjusted: length === order || begins ? (raw[length] as number) : (extensions[length] as number),
    };
  }
}
