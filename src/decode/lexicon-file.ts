// A lexicon ready for searching, as one file: the prefix tree's arrays as they lie in memory and the
// words in UTF-8, each read when it comes out. A list of 100,000 words opens in some 50 ms. Everything
// is checked once, when it is opened.
import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { isPacked, openPackedArrays, packArrays } from '../core/packed-arrays.js';
import type { NgramModel } from '../lm/ngram.js';
import type { DecodingLexicon } from './lexicon.js';
import { buildPrefixTree, unigrams, type PrefixTree } from '../search/prefix-tree.js';

/** Words that a search can find. */
export interface WordList {
  readonly tree: PrefixTree;
  /** How many there are. */
  readonly count: number;
  /** [count] the language model's symbol of each. */
  readonly ids: Int32Array;
  /** @param index below `count` */
  word(index: number): string;
}

/**
 * @param lm the word language model that they are searched with
 * @param rareShare as of the decoder's settings
 */
export function wordListOf(
  { words, entries }: DecodingLexicon,
  lm: NgramModel,
  rareShare: number | null = null,
): WordList {
  const logProb = unigrams(lm, words, rareShare);
  return {
    tree: buildPrefixTree(entries, (word) => logProb[word]!),
    count: words.length,
    ids: Int32Array.from(words, (word) => lm.id(word)),
    word: (index) => words[index]!,
  };
}

const magic = 'ASRWORDS';
const count = z.number().int().min(0).max(0x7fffffff);
const headerSchema = z.object({
  version: z.literal(1),
  words: count,
  nodes: count,
  entries: count,
  bytes: count,
  checksum: z.number().int(),
});

export async function writeWordList(path: string, list: WordList): Promise<void> {
  const { tree, ids } = list;
  const words = Array.from({ length: list.count }, (_, i) => Buffer.from(list.word(i), 'utf8'));
  const ends = new Int32Array(words.length);
  words.reduce((sum, word, i) => (ends[i] = sum + word.length), 0);
  const names = Buffer.concat(words);
  const arrays = [
    tree.lookahead,
    tree.column,
    tree.firstChild,
    tree.nextSibling,
    tree.firstEntry,
    tree.nextEntry,
    tree.entryWord,
    ids,
    ends,
    names,
  ];
  const header = {
    version: 1,
    words: list.count,
    nodes: tree.size,
    entries: tree.entryWord.length,
    bytes: names.length,
    checksum: 0,
  } satisfies z.infer<typeof headerSchema>;
  const file = await open(path, 'w');
  try {
    for (const piece of packArrays(magic, header, arrays)) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/**
 * @param columns of the acoustics. @param symbols of the word language model
 * @throws AsrError 'input' when the file is damaged, cut short, or belongs to another model
 */
export async function readWordList(path: string, columns: number, symbols: number): Promise<WordList> {
  const bytes = await readFile(path);
  refuseLfsPointer(bytes, path, 'input');
  const damaged = (found: string): AsrError =>
    new AsrError('input', `${path}: ${found}`, 'Copy the model again, or make it again with `asr run`.');
  if (!isPacked(bytes, magic)) throw damaged('no list of words');
  const { header, memory, next } = openPackedArrays(
    bytes,
    headerSchema,
    1,
    ({ words, nodes, entries, bytes: textBytes }) => [
      8 * nodes,
      ...[nodes, nodes, nodes, nodes, entries, entries, words, words].map((n) => 4 * n),
      textBytes,
    ],
    damaged,
  );
  const { words, nodes, entries, bytes: textBytes } = header;
  const lookahead = new Float64Array(memory.buffer, next(8 * nodes), nodes);
  const integers = (length: number): Int32Array => new Int32Array(memory.buffer, next(4 * length), length);
  const [column, firstChild, nextSibling, firstEntry] = [nodes, nodes, nodes, nodes].map(integers) as FourArrays;
  const [nextEntry, entryWord, ids, ends] = [entries, entries, words, words].map(integers) as FourArrays;
  const text = next(textBytes) - memory.byteOffset;
  const tree = { size: nodes, column, firstChild, nextSibling, firstEntry, nextEntry, entryWord, lookahead };
  const wrong = problemOf(tree, ids, ends, { columns, symbols, words, bytes: textBytes });
  if (wrong !== undefined) throw damaged(wrong);
  return {
    tree,
    count: words,
    ids,
    word: (index) => memory.toString('utf8', text + (ends[index - 1] ?? 0), text + ends[index]!),
  };
}

type FourArrays = [Int32Array, Int32Array, Int32Array, Int32Array];

/** What would lead a search astray or round in circles: children come after their node, siblings and entries before. */
function problemOf(
  { size, column, firstChild, nextSibling, firstEntry, nextEntry, entryWord, lookahead }: PrefixTree,
  ids: Int32Array,
  ends: Int32Array,
  most: { columns: number; symbols: number; words: number; bytes: number },
): string | undefined {
  const inside = (value: number, from: number, to: number): boolean => value >= from && value < to;
  if (size === 0) return 'it holds no word';
  for (let node = 0; node < size; node++) {
    const child = firstChild[node]!;
    const sibling = nextSibling[node]!;
    if (node > 0 && !inside(column[node]!, 0, most.columns)) return `node ${node} has phone ${column[node]!}`;
    if (child !== 0 && !inside(child, node + 1, size)) return `node ${node} has child ${child}`;
    if (sibling !== 0 && !inside(sibling, 1, node)) return `node ${node} has sibling ${sibling}`;
    if (!inside(firstEntry[node]!, -1, entryWord.length)) return `node ${node} has entry ${firstEntry[node]!}`;
    if (Number.isNaN(lookahead[node]!) || lookahead[node]! === Infinity) return `node ${node} counts on no number`;
  }
  for (let entry = 0; entry < entryWord.length; entry++) {
    if (!inside(nextEntry[entry]!, -1, entry)) return `entry ${entry} is followed by ${nextEntry[entry]!}`;
    if (!inside(entryWord[entry]!, 0, most.words)) return `entry ${entry} has word ${entryWord[entry]!}`;
  }
  for (let word = 0; word < most.words; word++) {
    if (!inside(ids[word]!, 0, most.symbols)) return `word ${word} has symbol ${ids[word]!} of the language model`;
    if (!inside(ends[word]!, ends[word - 1] ?? 0, most.bytes + 1)) return `word ${word} ends at ${ends[word]!}`;
  }
  return undefined;
}
