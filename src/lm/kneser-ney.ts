// Estimates an interpolated n-gram LM with modified Kneser-Ney smoothing (Chen and Goodman 1998, "An empirical
// study of smoothing techniques for language modeling", section 3 and equation 26), with the choices of KenLM's
// lmplz: n-grams that begin a sentence keep their raw counts, unigrams are interpolated with a uniform
// distribution that includes <unk>, and degenerate counts-of-counts fall back to the discounts 0.5, 1, 1.5.
import { NgramTrie, rootNode } from './ngram-trie.js';
import { endId, endSymbol, NgramModel, startId, startSymbol, unknownId, unknownSymbol } from './ngram.js';

/** log10 probability written for <s>, which is never predicted. */
const never = -99;

export type Discounts = readonly [number, number, number];
export const fallbackDiscounts: Discounts = [0.5, 1, 1.5];

/**
 * Discounts for counts 1, 2 and 3 or more, from how many n-grams were counted once, twice, three and four times.
 * @param countsOfCounts index 1 to 4
 */
export function kneserNeyDiscounts(countsOfCounts: readonly number[]): Discounts {
  const n = (count: number): number => countsOfCounts[count] ?? 0;
  const y = n(1) / (n(1) + 2 * n(2));
  const discount = (count: number): number => count - ((count + 1) * y * n(count + 1)) / n(count);
  const discounts: Discounts = [discount(1), discount(2), discount(3)];
  return discounts.every((value, i) => value >= 0 && value <= i + 1) ? discounts : fallbackDiscounts;
}

/** Counts n-grams sentence by sentence; memory grows with the number of distinct n-grams only. */
export class NgramCounter {
  readonly #order: number;
  readonly #trie = new NgramTrie();
  readonly #ids = new Map<string, number>([
    [unknownSymbol, unknownId],
    [startSymbol, startId],
    [endSymbol, endId],
  ]);
  /**
   * Raw counts for the highest order and for what begins with <s>, numbers of distinct left neighbours for the rest.
   */
  #counts = new Float64Array(1024);
  /** Nodes of the last 0, 1, … symbols of the sentence so far. */
  readonly #history: number[] = [];
  sentences = 0;

  /** @param order 1 to 6 */
  constructor(order: number) {
    this.#order = order;
    this.#trie.add(rootNode, unknownId);
    this.#trie.add(rootNode, startId);
  }

  add(sentence: readonly string[]): void {
    this.sentences++;
    this.#history.length = 0;
    this.#history.push(rootNode);
    if (this.#order > 1) this.#history.push(this.#trie.find(rootNode, startId));
    sentence.forEach((symbol, index) => {
      this.#append(this.#idOf(symbol), index);
    });
    this.#append(endId, sentence.length);
  }

  #idOf(symbol: string): number {
    let id = this.#ids.get(symbol);
    if (id === undefined) this.#ids.set(symbol, (id = this.#ids.size));
    return id;
  }

  #append(symbol: number, position: number): void {
    const trie = this.#trie;
    const history = this.#history;
    let context = history[0] as number;
    let suffix = rootNode;
    const lengths = history.length;
    for (let length = 0; length < lengths; length++) {
      const before = trie.size;
      const node = trie.add(context, symbol);
      if (node === before) {
        trie.suffix[node] = suffix;
        if (length > 0) this.#count(suffix);
      }
      // The n-gram reaches back to <s>, which nothing precedes, or is as long as they get.
      if (length + 1 === this.#order || length > position) this.#count(node);
      suffix = node;
      context = history[length + 1] ?? rootNode;
      if (length + 1 < this.#order) history[length + 1] = node;
    }
    history[0] = rootNode;
  }

  #count(node: number): void {
    if (node >= this.#counts.length) {
      const bigger = new Float64Array(Math.max(this.#counts.length * 2, node + 1));
      bigger.set(this.#counts);
      this.#counts = bigger;
    }
    (this.#counts[node] as number)++;
  }

  /** The smoothed model of what was counted so far. @throws RangeError before the first sentence */
  estimate(): NgramModel {
    if (this.sentences === 0) throw new RangeError('NgramCounter.estimate: no sentences were counted');
    const trie = this.#trie;
    const { size } = trie;
    const counts = new Float64Array(size);
    counts.set(this.#counts.subarray(0, size));
    const discounts = discountsByLength(trie, counts, this.#order);
    const total = new Float64Array(size);
    const discounted = new Float64Array(size);
    for (let node = 1; node < size; node++) {
      const count = counts[node] as number;
      const parent = trie.parent[node] as number;
      (total[parent] as number) += count;
      (discounted[parent] as number) += discountOf(count, discounts[trie.length[node] as number]);
    }
    // <s> is never predicted.
    const uniform = 1 / (this.#ids.size - 1);
    const probability = new Float64Array(size);
    const logProb = new Float64Array(size);
    const start = trie.find(rootNode, startId);
    const backoff = new Float64Array(size);
    for (let node = 1; node < size; node++) {
      const count = counts[node] as number;
      const parent = trie.parent[node] as number;
      const length = trie.length[node] as number;
      const lower = length === 1 ? uniform : (probability[trie.suffix[node] as number] as number);
      const mass = total[parent] as number;
      probability[node] =
        (count - discountOf(count, discounts[length]) + (discounted[parent] as number) * lower) / mass;
      logProb[node] = node === start ? never : Math.log10(probability[node] as number);
      const contextMass = total[node] as number;
      backoff[node] = contextMass > 0 ? Math.log10((discounted[node] as number) / contextMass) : 0;
    }
    return new NgramModel({ order: this.#order, symbols: [...this.#ids.keys()], trie, logProb, backoff });
  }
}

function discountsByLength(trie: NgramTrie, counts: Float64Array, order: number): Discounts[] {
  const countsOfCounts = Array.from({ length: order + 1 }, () => [0, 0, 0, 0, 0]);
  for (let node = 1; node < trie.size; node++) {
    const count = counts[node] as number;
    const ofLength = countsOfCounts[trie.length[node] as number] as number[];
    if (count >= 1 && count <= 4) ofLength[count] = (ofLength[count] as number) + 1;
  }
  return countsOfCounts.map(kneserNeyDiscounts);
}

function discountOf(count: number, discounts: Discounts | undefined): number {
  return count === 0 || !discounts ? 0 : (discounts[Math.min(count, 3) - 1] as number);
}

/** @param sentences symbols without <s> and </s> */
export function estimateNgram(sentences: Iterable<readonly string[]>, options: { readonly order: number }): NgramModel {
  const counter = new NgramCounter(options.order);
  for (const sentence of sentences) counter.add(sentence);
  return counter.estimate();
}
