// A lexicon ready for searching, as one file: the prefix tree's arrays as they lie in memory and the words in UTF-8, each
// read when it comes out. A list of 100,000 words opens in some 50 ms. Everything is checked once, when it is opened.
import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
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

/** @param lm the word language model that they are searched with */
export function wordListOf({ words, entries }: DecodingLexicon, lm: NgramModel): WordList {
  const logProb = unigrams(lm, words);
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

const align = (offset: number): number => Math.ceil(offset / 8) * 8;

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
  const body = Buffer.concat(
    arrays.flatMap((array) => [
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
      new Uint8Array(align(array.byteLength) - array.byteLength),
    ]),
  );
  const text = JSON.stringify({
    version: 1,
    words: list.count,
    nodes: tree.size,
    entries: tree.entryWord.length,
    bytes: names.length,
    checksum: crc32(body),
  } satisfies z.infer<typeof headerSchema>);
  const head = Buffer.alloc(align(16 + Buffer.byteLength(text)), ' ');
  head.write(magic, 0, 'latin1');
  head.writeUInt32LE(head.length - 16, 8);
  head.writeUInt32LE(0, 12);
  head.write(text, 16, 'utf8');
  const file = await open(path, 'w');
  try {
    await file.writeFile(head);
    await file.writeFile(body);
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
  const damaged = (found: string): AsrError =>
    new AsrError('input', `${path}: ${found}`, 'Copy the model again, or make it again with `asr run`.');
  if (bytes.length < 16 || bytes.toString('latin1', 0, 8) !== magic) throw damaged('no list of words');
  const start = 16 + bytes.readUInt32LE(8);
  let raw: unknown;
  try {
    raw = JSON.parse(bytes.toString('utf8', 16, start));
  } catch {
    throw damaged('its header is damaged');
  }
  const parsed = headerSchema.safeParse(raw);
  if (!parsed.success) throw damaged('its header is not of version 1');
  const { words, nodes, entries, bytes: textBytes, checksum } = parsed.data;
  const sizes = [
    8 * nodes,
    ...[nodes, nodes, nodes, nodes, entries, entries, words, words].map((n) => 4 * n),
    textBytes,
  ];
  const expected = start + sizes.reduce((sum, size) => sum + align(size), 0);
  if (bytes.length !== expected) throw damaged(`${bytes.length} bytes, expected ${expected}`);
  if (crc32(bytes.subarray(start)) !== checksum) throw damaged('its checksum does not fit: the file has changed');
  // Arrays need aligned memory of their own.
  const memory = bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  let at = start;
  const next = (size: number): number => {
    const from = memory.byteOffset + at;
    at += align(size);
    return from;
  };
  const lookahead = new Float64Array(memory.buffer, next(8 * nodes), nodes);
  const integers = (length: number): Int32Array => new Int32Array(memory.buffer, next(4 * length), length);
  const [column, firstChild, nextSibling, firstEntry] = [nodes, nodes, nodes, nodes].map(integers) as FourArrays;
  const [nextEntry, entryWord, ids, ends] = [entries, entries, words, words].map(integers) as FourArrays;
  const tree = { size: nodes, column, firstChild, nextSibling, firstEntry, nextEntry, entryWord, lookahead };
  const wrong = problemOf(tree, ids, ends, { columns, symbols, words, bytes: textBytes });
  if (wrong !== undefined) throw damaged(wrong);
  return {
    tree,
    count: words,
    ids,
    word: (index) => memory.toString('utf8', at + (ends[index - 1] ?? 0), at + ends[index]!),
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
