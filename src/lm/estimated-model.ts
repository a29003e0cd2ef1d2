// An estimated LM, still a stream of n-grams, into what is used: ARPA text piece by piece, or a model in memory.
import { arpaNumber } from './arpa.js';
import { NgramTrie, rootNode } from './ngram-trie.js';
import { endId, NgramModel, unknownId, type NgramParts } from './ngram.js';

/** N-grams of one length in suffix order: words as ids, natural sentence order. */
export interface EstimatedNgram {
  readonly words: Int32Array;
  readonly logProb10: number;
  readonly backoff10: number;
}

/** An estimated model, still on disk. `dispose` removes it. */
export interface EstimatedLm {
  readonly order: number;
  readonly symbols: readonly string[];
  readonly sentences: number;
  readonly tokens: number;
  /** [order] n-grams of each length. */
  readonly counts: readonly number[];
  /** [order] n-grams of each length that occur so often or less were left out. */
  readonly prune: readonly number[];
  /** The n-grams of one length; what is given is overwritten by the next. */
  ngrams(length: number): Generator<EstimatedNgram>;
  dispose(): Promise<void>;
}

/** ARPA, line by line; memory does not grow with the model. */
export function* estimatedArpa(lm: EstimatedLm): Generator<string> {
  yield `\\data\\\n${lm.counts.map((count, i) => `ngram ${i + 1}=${count}\n`).join('')}`;
  for (let length = 1; length <= lm.order; length++) {
    yield `\n\\${length}-grams:\n`;
    for (const { words, logProb10, backoff10 } of lm.ngrams(length)) {
      const last = words[length - 1];
      const names = Array.from(words, (id) => lm.symbols[id]).join(' ');
      yield (
        `${arpaNumber(logProb10)}\t${names}` +
        (length < lm.order && last !== endId && (last !== unknownId || backoff10 !== 0)
          ? `\t${arpaNumber(backoff10)}`
          : '') +
        '\n'
      );
    }
  }
  yield '\n\\end\\\n';
}

/** The model in memory, 29 to 37 bytes an n-gram. */
export function estimatedParts(lm: EstimatedLm): NgramParts {
  const total = 1 + lm.counts.reduce((sum, count) => sum + count, 0);
  const trie = new NgramTrie(total);
  const logProb = new Float32Array(total);
  const backoff = new Float32Array(total);
  for (let length = 1; length <= lm.order; length++) {
    for (const { words, logProb10, backoff10 } of lm.ngrams(length)) {
      let node = rootNode;
      for (const word of words) node = trie.add(node, word);
      logProb[node] = logProb10;
      backoff[node] = backoff10;
    }
  }
  trie.linkSuffixes();
  return { order: lm.order, symbols: lm.symbols, trie, logProb, backoff };
}

export const estimatedModel = (lm: EstimatedLm): NgramModel => new NgramModel(estimatedParts(lm));
