// Words of a lexicon under a word language model: a prefix tree of phones, silence where the model has it between
// words, and a filler of free phones under a phone LM that stands for words outside the lexicon (<unk>).
import { unknownId, type NgramModel } from '../lm/ngram.js';
import type { SearchConfig } from './config.js';
import type { LmStates } from './lm-states.js';
import { noWord, type ArcVisitor, type Network, type OpenColumns } from './network.js';
import type { PrefixTree } from './prefix-tree.js';

export interface WordNetworkParts {
  readonly tree: PrefixTree;
  readonly lm: NgramModel;
  /** How many words the lexicon has; this number stands for a word outside of it. */
  readonly words: number;
  /** LM symbol of each word. */
  readonly ids: Int32Array;
  /** Columns of the acoustics, and the one of silence or -1. */
  readonly columns: number;
  readonly silence: number;
  /** Scores of phones inside unknown words, each from its start to its end; undefined = the lexicon is all there is. */
  readonly filler: LmStates | undefined;
  /** Whether equal phones may follow each other inside an unknown word: something stands between them (a blank). */
  readonly doublePhones: boolean;
  /** Added for every unknown word. */
  readonly unknownScore: number;
  /** Added for every word of the lexicon that is <unk> to the LM. */
  readonly rareScore: number;
}

type WordSettings = Pick<SearchConfig, 'lmWeight' | 'wordScore'>;

export function createWordNetwork(parts: WordNetworkParts, settings: WordSettings): Network {
  return new WordNetwork(parts, settings);
}

class WordNetwork implements Network {
  readonly startNode = 0;
  readonly startMemory: number;
  readonly repeats = true;
  readonly #silenceNode: number;
  /** Nodes from here on are filler: (state of the phone LM) x columns + column. */
  readonly #fillerBase: number;
  readonly #perLog10: number;
  readonly #lookahead: Float64Array;
  /** The most that a word's first phone adds: words of the lexicon begin with a probability. */
  readonly #beginning: number;
  constructor(
    private readonly parts: WordNetworkParts,
    private readonly settings: WordSettings,
  ) {
    this.startMemory = parts.lm.startState;
    this.#silenceNode = parts.tree.size;
    this.#fillerBase = parts.tree.size + 1;
    this.#perLog10 = settings.lmWeight * Math.LN10;
    this.#beginning = parts.filler ? Math.max(0, parts.unknownScore) : 0;
    this.#lookahead = parts.tree.lookahead.map((value) => value * settings.lmWeight);
  }

  arcs(node: number, memory: number, visit: ArcVisitor, open: OpenColumns, least: number): void {
    if (node === this.startNode) return this.#begin(memory, 0, noWord, true, visit, open);
    if (node === this.#silenceNode) return this.#begin(memory, 0, noWord, false, visit, open);
    if (node >= this.#fillerBase) this.#continueFiller(node - this.#fillerBase, memory, visit, open);
    else this.#children(node, memory, 0, noWord, visit, open);
    this.#finished(node, memory, (weight, word, then) => {
      if (weight + this.#beginning >= least) this.#begin(then, weight, word, true, visit, open);
    });
  }

  ends(node: number, memory: number, visit: (weight: number, word: number) => void): void {
    const { lm } = this.parts;
    if (node === this.startNode || node === this.#silenceNode) visit(this.#perLog10 * lm.finish(memory), noWord);
    else
      this.#finished(node, memory, (weight, word, then) => {
        visit(weight + this.#perLog10 * lm.finish(then), word);
      });
  }

  /** A new word, or silence before it. */
  // eslint-disable-next-line max-params -- the innermost loop: no object for each arc of each frame
  #begin(memory: number, weight: number, word: number, silence: boolean, visit: ArcVisitor, open: OpenColumns): void {
    this.#children(0, memory, weight, word, visit, open);
    if (silence && this.parts.silence >= 0 && open.has[this.parts.silence] !== 0)
      visit(this.#silenceNode, memory, this.parts.silence, weight, word);
    const { filler, columns } = this.parts;
    if (!filler) return;
    const { weights, memories } = filler.after(filler.lm.startState);
    for (let i = 0; i < open.count; i++) {
      const column = open.list[i] as number;
      const phone = weights[column] as number;
      if (phone > -Infinity)
        visit(
          this.#fillerBase + (memories[column] as number) * columns + column,
          memory,
          column,
          weight + this.parts.unknownScore + phone,
          word,
        );
    }
  }

  // eslint-disable-next-line max-params -- the innermost loop: no object for each arc of each frame
  #children(node: number, memory: number, weight: number, word: number, visit: ArcVisitor, open: OpenColumns): void {
    const { tree } = this.parts;
    const counted = node === 0 ? 0 : (this.#lookahead[node] as number);
    for (let child = tree.firstChild[node] as number; child > 0; child = tree.nextSibling[child] as number) {
      const column = tree.column[child] as number;
      if (open.has[column] !== 0)
        visit(child, memory, column, weight + (this.#lookahead[child] as number) - counted, word);
    }
  }

  #continueFiller(inside: number, memory: number, visit: ArcVisitor, open: OpenColumns): void {
    const { filler, columns, doublePhones } = this.parts;
    if (!filler) return;
    const { weights, memories } = filler.after(Math.floor(inside / columns));
    for (let i = 0; i < open.count; i++) {
      const column = open.list[i] as number;
      const weight = weights[column] as number;
      if (weight > -Infinity && (doublePhones || column !== inside % columns))
        visit(this.#fillerBase + (memories[column] as number) * columns + column, memory, column, weight, noWord);
    }
  }

  /** Words that are complete at a node. */
  #finished(node: number, memory: number, visit: (weight: number, word: number, then: number) => void): void {
    const { tree, lm, words, ids, filler, columns, rareScore } = this.parts;
    const { wordScore } = this.settings;
    if (node >= this.#fillerBase) {
      const end = filler?.finish(Math.floor((node - this.#fillerBase) / columns)) ?? 0;
      visit(this.#perLog10 * lm.score(memory, unknownId) + wordScore + end, words, lm.advance(memory, unknownId));
      return;
    }
    for (let entry = tree.firstEntry[node] as number; entry >= 0; entry = tree.nextEntry[entry] as number) {
      const word = tree.entryWord[entry] as number;
      const id = ids[word] as number;
      visit(
        this.#perLog10 * lm.score(memory, id) +
          (id === unknownId ? rareScore : 0) +
          wordScore -
          (this.#lookahead[node] as number),
        word,
        lm.advance(memory, id),
      );
    }
  }
}
