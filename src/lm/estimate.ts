// Estimates an n-gram LM of a corpus of any size by modified Kneser-Ney with pruning, in bounded memory: streams of
// records sorted on disk take the place of tables (Heafield et al., "Scalable modified Kneser-Ney language model
// estimation", ACL 2013). Equal to kneser-ney.ts where nothing is pruned. Memory grows with the vocabulary alone.
import { AsrError } from '../core/errors.js';
import { Turns } from '../core/event-loop.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../core/temporary-folder.js';
import type { EstimatedLm } from './estimated-model.js';
import { backoffPath, longerNgrams, probabilityPath, startsWith, unigrams } from './estimated-records.js';
import { kneserNeyDiscounts, type Discounts } from './kneser-ney.js';
import { CorpusCounter } from './ngram-counts.js';
import { Occurrences, thresholds } from './pruning.js';
import { getFloat, putFloat, RecordReader, RecordWriter } from './record-files.js';
import { RecordSorter } from './record-sorter.js';

export interface LmEstimateOptions {
  /** 1 to 6 */
  readonly order: number;
  /**
   * N-grams with so many occurrences or fewer are left out, by length from 1; the last value holds
   * for longer ones, 1-grams always stay.
   */
  readonly prune?: readonly number[];
  /** Of two words and more; where the text has more, `prune` is raised. */
  readonly mostNgrams?: number | undefined;
  /** Bytes for sorting. */
  readonly memory?: number;
  /** Where what does not fit is spilled; the system's temporary folder by default. */
  readonly folder?: string;
  readonly signal?: AbortSignal;
}

const defaultMemory = 256 * 2 ** 20;

/**
 * @param sentences words without <s> and </s>
 * @throws AsrError 'input' without a sentence, 'config' for thresholds that fall
 */
export async function estimateLm(
  sentences: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
  options: LmEstimateOptions,
): Promise<EstimatedLm> {
  const { order, memory = defaultMemory } = options;
  const prune = thresholds(order, options.prune ?? []);
  const folder = await makeTemporaryFolder('asr-lm', options.folder);
  try {
    // Counts are read while the sorters of all orders fill, so they share.
    const share = memory / (order + 1);
    const counter = new CorpusCounter(order, folder, share);
    for await (const sentence of sentences) counter.add(sentence);
    if (counter.sentences === 0)
      throw new AsrError(
        'input',
        'the text holds no sentence',
        'Give a text with one sentence a line, words separated by spaces.',
      );
    const work = { folder, memory: share, mostNgrams: options.mostNgrams ?? Infinity };
    return await new Estimation(counter, order, prune, work, new Turns(options.signal)).run();
  } catch (error) {
    await removeTemporaryFolder(folder);
    throw error;
  }
}

class Estimation {
  readonly #countsOfCounts: number[][];
  readonly #unigrams: Float64Array;
  readonly #byContext: (RecordSorter | undefined)[];
  readonly #probability: Float64Array;
  readonly #counts: number[];

  constructor(
    private readonly counter: CorpusCounter,
    private readonly order: number,
    private prune: readonly number[],
    private readonly work: { readonly folder: string; readonly memory: number; readonly mostNgrams: number },
    private readonly turns: Turns,
  ) {
    const { folder, memory } = work;
    const vocabulary = counter.symbols.length;
    this.#countsOfCounts = Array.from({ length: order + 1 }, () => [0, 0, 0, 0, 0]);
    this.#unigrams = new Float64Array(vocabulary);
    this.#probability = new Float64Array(vocabulary);
    this.#counts = [vocabulary, ...Array.from({ length: order - 1 }, () => 0)];
    // Context first, its last word foremost, so that contexts come in the suffix order of shorter n-grams.
    this.#byContext = Array.from({ length: order + 1 }, (_, length) =>
      length < 2
        ? undefined
        : new RecordSorter({
            folder,
            name: `context-${length}`,
            width: length + 2,
            keys: [...Array.from({ length: length - 1 }, (_, i) => i + 1), 0],
            memory,
          }),
    );
  }

  async run(): Promise<EstimatedLm> {
    await this.#readCounts();
    const {
      counter,
      order,
      work: { folder },
    } = this;
    this.#estimateUnigrams();
    for (let length = 2; length <= order; length++) await this.#interpolate(length, await this.#normalise(length));
    const symbols = counter.symbols;
    return {
      order,
      symbols,
      sentences: counter.sentences,
      tokens: counter.tokens,
      counts: this.#counts,
      prune: this.prune.slice(1),
      ngrams: (length) =>
        length === 1 ? unigrams(folder, order, this.#probability) : longerNgrams(folder, order, length),
      dispose: () => removeTemporaryFolder(folder),
    };
  }

  async #readCounts(): Promise<void> {
    const record = new Int32Array(this.order + 2);
    const occurrences = new Occurrences(this.order);
    for (const { length, key, raw, adjusted } of this.counter.ngrams()) {
      if (this.turns.due) await this.turns.give();
      const ofLength = this.#countsOfCounts[length] as number[];
      if (adjusted <= 4) (ofLength[adjusted] as number)++;
      if (length === 1) this.#unigrams[(key[0] as number) - 1] = adjusted;
      else {
        record.set(key.subarray(0, length));
        record[length] = adjusted;
        record[length + 1] = Math.min(raw, 0x7fffffff);
        occurrences.add(length, raw);
        this.#byContext[length]?.add(record);
      }
    }
    this.prune = occurrences.raised(this.prune, this.work.mostNgrams);
  }

  #discounts(length: number): Discounts {
    return kneserNeyDiscounts(this.#countsOfCounts[length] as number[]);
  }

  #estimateUnigrams(): void {
    const discounts = this.#discounts(1);
    const counts = this.#unigrams;
    const total = counts.reduce((sum, count) => sum + count, 0);
    const freed = counts.reduce((sum, count) => sum + discountOf(count, discounts), 0);
    // <s> is never predicted.
    const uniform = 1 / (counts.length - 1);
    counts.forEach((count, id) => {
      this.#probability[id] = (count - discountOf(count, discounts) + freed * uniform) / total;
    });
  }

  /** Discounted probabilities and what each context leaves for shorter ones. @returns n-grams in suffix order */
  async #normalise(length: number): Promise<RecordSorter> {
    const discounts = this.#discounts(length);
    const bySuffix = new RecordSorter({
      folder: this.work.folder,
      name: `suffix-${length}`,
      width: length + 4,
      keys: Array.from({ length }, (_, i) => i),
      memory: this.work.memory,
    });
    const backoffs = new RecordWriter(backoffPath(this.work.folder, length - 1), length - 1 + 2);
    const output = new Int32Array(length + 4);
    const rest = new Int32Array(length + 1);
    const context = new Int32Array(length - 1);
    const words: number[] = [];
    const counts: number[] = [];
    let total = 0;
    const close = (): void => {
      if (total === 0) return;
      const kept = counts.reduce((sum, count) => sum + count - discountOf(count, discounts), 0);
      const left = (total - kept) / total;
      output.set(context, 1);
      putFloat(output, length + 2, left);
      words.forEach((word, i) => {
        output[0] = word;
        const count = counts[i] as number;
        putFloat(output, length, (count - discountOf(count, discounts)) / total);
        bySuffix.add(output);
      });
      if (words.length > 0) {
        rest.set(context);
        putFloat(rest, length - 1, left);
        backoffs.write(rest);
      }
      this.#counts[length - 1] = (this.#counts[length - 1] as number) + words.length;
      words.length = counts.length = total = 0;
    };
    for (const record of (this.#byContext[length] as RecordSorter).sorted()) {
      if (this.turns.due) await this.turns.give();
      if (context.some((word, i) => word !== record[i + 1])) {
        close();
        context.set(record.subarray(1, length));
      }
      total += record[length] as number;
      if ((record[length + 1] as number) <= (this.prune[length] as number)) continue;
      words.push(record[0] as number);
      counts.push(record[length] as number);
    }
    close();
    backoffs.close();
    this.#byContext[length] = undefined;
    return bySuffix;
  }

  /** Adds what the shorter context gives: both come in suffix order, so one pass joins them. */
  async #interpolate(length: number, bySuffix: RecordSorter): Promise<void> {
    const writer = new RecordWriter(probabilityPath(this.work.folder, length), length + 2);
    const shorter =
      length === 2 ? undefined : new RecordReader(probabilityPath(this.work.folder, length - 1), length + 1);
    const output = new Int32Array(length + 2);
    for (const record of bySuffix.sorted()) {
      if (this.turns.due) await this.turns.give();
      let lower = this.#probability[(record[0] as number) - 1] as number;
      if (shorter) {
        while (!startsWith(record, shorter.current, length - 1)) {
          if (!shorter.next()) throw new AsrError('internal', `estimateLm: the suffix of a ${length}-gram is missing`);
        }
        lower = getFloat(shorter.current, length - 1);
      }
      output.set(record.subarray(0, length));
      putFloat(output, length, getFloat(record, length) + getFloat(record, length + 2) * lower);
      writer.write(output);
    }
    shorter?.close();
    writer.close();
  }
}

function discountOf(count: number, discounts: Discounts): number {
  return count === 0 ? 0 : (discounts[Math.min(count, 3) - 1] as number);
}
