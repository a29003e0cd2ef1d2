// A backoff n-gram LM: log10 probabilities by state, for whole sentences and for beam search. Made by
// kneser-ney.ts from sentences or by arpa.ts from a file.
import { rootNode, type NgramTrie } from './ngram-trie.js';

/** The first three symbols of every model. */
export const unknownSymbol = '<unk>';
export const startSymbol = '<s>';
export const endSymbol = '</s>';
export const unknownId = 0;
export const startId = 1;
export const endId = 2;

/** log10 probability of an unknown symbol in a model that has no <unk>, as in KenLM. */
const noProbability = -100;

export interface NgramParts {
  readonly order: number;
  readonly symbols: readonly string[];
  readonly trie: NgramTrie;
  /** log10 probability of each node's last symbol after the ones before it. */
  readonly logProb: Float64Array | Float32Array;
  /** log10 backoff weight of each node as a context; 0 where there is none. */
  readonly backoff: Float64Array | Float32Array;
}

export class NgramModel {
  readonly order: number;
  /** Symbols by id; 0, 1 and 2 are <unk>, <s> and </s>. */
  readonly symbols: readonly string[];
  readonly parts: NgramParts;
  readonly #trie: NgramTrie;
  readonly #logProb: Float64Array | Float32Array;
  readonly #backoff: Float64Array | Float32Array;
  readonly #ids: ReadonlyMap<string, number>;
  /** log10 probability of a symbol that is not known, before backing off. */
  readonly #unknown: number;
  /**
   * The state that each node leads to: nodes that nothing follows, and that cost nothing to leave, are their suffix.
   */
  readonly #stateOf: Int32Array;
  /** What was scored last is often what comes next, and finding it in a large table is most of the work. */
  #scoredState = -1;
  #scoredSymbol = -1;
  /** -1: the model does not know the symbol. */
  #scoredNode = -1;
  /** Found when it is asked for: a large model has many n-grams. */
  #expectsUnknown: boolean | undefined;

  constructor(parts: NgramParts) {
    this.parts = parts;
    this.order = parts.order;
    this.symbols = parts.symbols;
    this.#trie = parts.trie;
    this.#logProb = parts.logProb;
    this.#backoff = parts.backoff;
    this.#ids = new Map(parts.symbols.map((symbol, index) => [symbol, index]));
    this.#stateOf = minimalStates(parts);
    const node = parts.trie.find(rootNode, unknownId);
    this.#unknown = node >= 0 ? (parts.logProb[node] as number) : noProbability;
  }

  /** The id of a symbol, that of <unk> when the model has not seen it. */
  id(symbol: string): number {
    return this.#ids.get(symbol) ?? unknownId;
  }

  /** Whether the model knows after what `<unk>` comes, and not only how often. */
  get expectsUnknown(): boolean {
    return (this.#expectsUnknown ??= this.#findLonger(unknownId));
  }

  /** Whether an n-gram of two symbols or more ends in this one. */
  #findLonger(id: number): boolean {
    const { symbol, length, size } = this.#trie;
    for (let node = 1; node < size; node++) if (symbol[node] === id && (length[node] as number) > 1) return true;
    return false;
  }

  /** The state before anything is known, not even that a sentence starts. */
  get emptyState(): number {
    return rootNode;
  }

  /** The state at the start of a sentence. */
  get startState(): number {
    return this.advance(rootNode, startId);
  }

  /** log10 P(symbol | state). A state is the longest known suffix of what came before, as an integer. */
  score(state: number, symbol: number): number {
    const trie = this.#trie;
    this.#scoredState = state;
    this.#scoredSymbol = symbol;
    let weight = 0;
    for (let at = state; ; at = trie.suffix[at] as number) {
      const node = trie.find(at, symbol);
      if (node >= 0 || at === rootNode) {
        this.#scoredNode = node;
        return weight + (node >= 0 ? (this.#logProb[node] as number) : this.#unknown);
      }
      weight += this.#backoff[at] as number;
    }
  }

  /** The state after `symbol`; equal states have equal futures, so a beam may merge them. */
  advance(state: number, symbol: number): number {
    if (state !== this.#scoredState || symbol !== this.#scoredSymbol) this.score(state, symbol);
    return this.#scoredNode < 0 ? rootNode : (this.#stateOf[this.#scoredNode] as number);
  }

  /** log10 P(</s> | state) */
  finish(state: number): number {
    return this.score(state, endId);
  }

  /** log10 P(word | context), the context as ids or symbols, nearest last; start it with <s> at a sentence's start. */
  logProb10(context: readonly (number | string)[], word: number | string): number {
    let state = rootNode;
    for (const symbol of context) state = this.advance(state, this.#idOf(symbol));
    return this.score(state, this.#idOf(word));
  }

  /** log10 probability of a whole sentence, its end included. */
  scoreSentence(sentence: readonly (number | string)[]): number {
    let state = this.startState;
    let total = 0;
    for (const symbol of sentence) {
      const id = this.#idOf(symbol);
      total += this.score(state, id);
      state = this.advance(state, id);
    }
    return total + this.finish(state);
  }

  #idOf(symbol: number | string): number {
    return typeof symbol === 'number' ? symbol : this.id(symbol);
  }
}

function minimalStates({ trie, backoff }: NgramParts): Int32Array {
  const states = new Int32Array(trie.size);
  const followed = new Uint8Array(trie.size);
  for (let node = 1; node < trie.size; node++) followed[trie.parent[node] as number] = 1;
  // A suffix is made before what it is the suffix of.
  for (let node = 1; node < trie.size; node++) {
    states[node] = followed[node] || backoff[node] !== 0 ? node : (states[trie.suffix[node] as number] as number);
  }
  return states;
}

/** Perplexity over sentences, each with its end as one more symbol: 10^(-log10 P / (symbols + sentences)). */
export class Perplexity {
  #logProb = 0;
  #events = 0;

  constructor(private readonly model: NgramModel) {}

  add(sentence: readonly (number | string)[]): void {
    this.#logProb += this.model.scoreSentence(sentence);
    this.#events += sentence.length + 1;
  }

  /** NaN before the first sentence. */
  get value(): number {
    return 10 ** (-this.#logProb / this.#events);
  }
}

export function perplexity(model: NgramModel, sentences: Iterable<readonly (number | string)[]>): number {
  const sum = new Perplexity(model);
  for (const sentence of sentences) sum.add(sentence);
  return sum.value;
}
