// A lexicon as a tree of phones: words with the same beginning share it, words that sound alike end in the same node.
import { unknownId, type NgramModel } from '../lm/ngram.js';

/** One pronunciation of a word. */
export interface LexiconEntry {
  /** Index of the word in the lexicon's list. */
  readonly word: number;
  /** Columns of the acoustics. */
  readonly phones: readonly number[];
}

/** Node 0 is the root. Children and words of a node are linked lists; 0 and -1 end them. */
export interface PrefixTree {
  readonly size: number;
  readonly column: Int32Array;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  /** First entry that ends in a node, and the next one that ends in the same. */
  readonly firstEntry: Int32Array;
  readonly nextEntry: Int32Array;
  /** Word of each entry. */
  readonly entryWord: Int32Array;
  /** [size] natural log-probability of the likeliest word below each node, unigrams: what a path may count on early. */
  readonly lookahead: Float64Array;
}

/** @param logProb natural log unigram probability of a word, by its index */
export function buildPrefixTree(entries: readonly LexiconEntry[], logProb: (word: number) => number): PrefixTree {
  const order = entries
    .map((_, i) => i)
    .sort((a, b) => comparePhones(entries[a] as LexiconEntry, entries[b] as LexiconEntry) || a - b);
  const most = 1 + entries.reduce((sum, { phones }) => sum + phones.length, 0);
  const column = new Int32Array(most).fill(-1);
  const parent = new Int32Array(most);
  const firstChild = new Int32Array(most);
  const nextSibling = new Int32Array(most);
  const firstEntry = new Int32Array(most).fill(-1);
  const nextEntry = new Int32Array(entries.length).fill(-1);
  // In sorted order too, so that an entry is followed by earlier ones alone.
  const entryWord = Int32Array.from(order, (index) => entries[index]!.word);
  const lookahead = new Float64Array(most).fill(-Infinity);
  let size = 1;
  // In sorted order a word differs from the one before by a tail only: the path holds the nodes of that one.
  const path: number[] = [0];
  order.forEach((index, entry) => {
    const { phones, word } = entries[index] as LexiconEntry;
    let shared = 0;
    while (shared < phones.length && shared + 1 < path.length && column[path[shared + 1] as number] === phones[shared])
      shared++;
    path.length = shared + 1;
    for (const phone of phones.slice(shared)) {
      const above = path.at(-1) as number;
      column[size] = phone;
      parent[size] = above;
      nextSibling[size] = firstChild[above] as number;
      firstChild[above] = size;
      path.push(size++);
    }
    const node = path.at(-1) as number;
    nextEntry[entry] = firstEntry[node] as number;
    firstEntry[node] = entry;
    lookahead[node] = Math.max(lookahead[node] as number, logProb(word));
  });
  for (let node = size - 1; node > 0; node--) {
    const above = parent[node] as number;
    lookahead[above] = Math.max(lookahead[above] as number, lookahead[node] as number);
  }
  return {
    size,
    column: column.slice(0, size),
    firstChild: firstChild.slice(0, size),
    nextSibling: nextSibling.slice(0, size),
    firstEntry: firstEntry.slice(0, size),
    nextEntry,
    entryWord,
    lookahead: lookahead.slice(0, size),
  };
}

function comparePhones({ phones: a }: LexiconEntry, { phones: b }: LexiconEntry): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}

/**
 * Natural log unigram probabilities of words under an LM.
 * @param rareShare what those that it does not know have together; null = each is <unk> to it
 */
export function unigrams(lm: NgramModel, words: readonly string[], rareShare: number | null = null): Float64Array {
  const ids = words.map((word) => lm.id(word));
  const rare = rareShare === null ? undefined : Math.log(rareShare / ids.filter((id) => id === unknownId).length);
  return Float64Array.from(ids, (id) =>
    id === unknownId && rare !== undefined ? rare : Math.LN10 * lm.score(lm.emptyState, id),
  );
}
