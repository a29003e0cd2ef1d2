// Sentences as integers: words numbered by how often they stand in the text, four bytes a word. From them the n-grams
// that are worth a vector, with every place where they stand.
import { isWord } from './tokens.js';

export interface Corpus {
  /** Most frequent first; ties in order of the alphabet. */
  readonly words: readonly string[];
  readonly counts: Int32Array;
  /** [tokens] ids of all sentences behind one another. */
  readonly tokens: Int32Array;
  /** [sentences + 1] where each begins in `tokens`. */
  readonly starts: Int32Array;
}

export function corpusOf(sentences: readonly (readonly string[])[]): Corpus {
  const seen = new Map<string, number>();
  let total = 0;
  for (const sentence of sentences) {
    total += sentence.length;
    for (const word of sentence) seen.set(word, (seen.get(word) ?? 0) + 1);
  }
  const ordered = [...seen].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const ids = new Map(ordered.map(([word], id) => [word, id]));
  const tokens = new Int32Array(total);
  const starts = new Int32Array(sentences.length + 1);
  let at = 0;
  sentences.forEach((sentence, i) => {
    for (const word of sentence) tokens[at++] = ids.get(word)!;
    starts[i + 1] = at;
  });
  return {
    words: ordered.map(([word]) => word),
    counts: Int32Array.from(ordered, ([, n]) => n),
    tokens,
    starts,
  };
}

/** N-grams of words with the places where they begin. */
export interface Phrases {
  /** Words joined by a blank: 1-grams first, each length by frequency. */
  readonly names: readonly string[];
  /** Words of each. */
  readonly lengths: Uint8Array;
  /** [phrases + 1] into `occurrences`. */
  readonly starts: Int32Array;
  /** Where each occurrence begins in the corpus's tokens, in order. */
  readonly occurrences: Int32Array;
  /** [tokens] the sentence of each token. */
  readonly sentences: Int32Array;
}

interface PhraseLimits {
  /** Most n-grams of each length, from 1. */
  readonly most: readonly number[];
  /** Fewer occurrences than this, and an n-gram gets no vector. */
  readonly leastCount: number;
}

/** The most frequent n-grams in which every token is a word. */
export function phrasesOf(corpus: Corpus, { most, leastCount }: PhraseLimits): Phrases {
  const { words, tokens, starts } = corpus;
  const sentences = new Int32Array(tokens.length);
  for (let s = 0; s + 1 < starts.length; s++) sentences.fill(s, starts[s], starts[s + 1]);
  const usable = Uint8Array.from(words, (word) => Number(isWord(word)));
  const names: string[] = [];
  const lengths: number[] = [];
  const chosen: number[][] = [];
  /** Of each place, the number of the (n-1)-gram that begins there, -1 where it is too rare to begin a longer one. */
  let before: Int32Array = tokens.map((id) => (usable[id] && corpus.counts[id]! >= leastCount ? id : -1));
  for (let length = 1; length <= most.length; length++) {
    const groups = new Map<number, number[]>();
    for (let at = 0; at + length <= tokens.length; at++) {
      const last = at + length - 1;
      if (before[at]! < 0 || sentences[at] !== sentences[last] || !usable[tokens[last]!]) continue;
      const key = length === 1 ? before[at]! : before[at]! * words.length + tokens[last]!;
      const group = groups.get(key);
      if (group) group.push(at);
      else groups.set(key, [at]);
    }
    const frequent = [...groups.values()]
      .filter((group) => group.length >= leastCount)
      .sort((a, b) => b.length - a.length || a[0]! - b[0]!);
    before = new Int32Array(tokens.length).fill(-1);
    frequent.forEach((group, number) => {
      for (const at of group) before[at] = number;
    });
    for (const group of frequent.slice(0, most[length - 1])) {
      names.push(Array.from(tokens.subarray(group[0], group[0]! + length), (id) => words[id]!).join(' '));
      lengths.push(length);
      chosen.push(group);
    }
  }
  const ends = new Int32Array(chosen.length + 1);
  chosen.forEach((group, i) => {
    ends[i + 1] = ends[i]! + group.length;
  });
  const occurrences = new Int32Array(ends.at(-1) ?? 0);
  chosen.forEach((group, i) => {
    occurrences.set(group, ends[i]);
  });
  return { names, lengths: Uint8Array.from(lengths), starts: ends, occurrences, sentences };
}
