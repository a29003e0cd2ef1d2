// The list of words as a file: what comes back is what went in; what was tampered with, checksum and all, is refused.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWordList, wordListOf, writeWordList } from '../../src/decode/lexicon-file.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

const words = ['año', 'a', 'ñandú', 'b'];
const entries = [
  { word: 0, phones: [0, 1, 2] },
  { word: 1, phones: [0] },
  { word: 2, phones: [1, 0] },
  { word: 3, phones: [0] },
  { word: 2, phones: [1, 0, 2] },
];
const lm = estimateNgram(
  [
    ['año', 'a'],
    ['b', 'ñandú'],
  ],
  { order: 2 },
);
const list = wordListOf({ words, entries }, lm);
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asr-words-'));
  path = join(folder, 'words.bin');
  await writeWordList(path, list);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (file = path, columns = 3): ReturnType<typeof readWordList> =>
  readWordList(file, columns, lm.symbols.length);

/** The file with one number of its body changed, and a checksum that fits. */
async function tampered(change: (body: Buffer) => void): Promise<string> {
  const bytes = await readFile(path);
  const start = 16 + bytes.readUInt32LE(8);
  const body = Buffer.from(bytes.subarray(start));
  change(body);
  const header = JSON.parse(bytes.toString('utf8', 16, start)) as object;
  const text = Buffer.alloc(start - 16 + 16, ' ');
  text.write(JSON.stringify({ ...header, checksum: crc32(body) }));
  const head = Buffer.from(bytes.subarray(0, 16));
  head.writeUInt32LE(text.length, 8);
  const file = join(folder, 'tampered.bin');
  await writeFile(file, Buffer.concat([head, text, body]));
  return file;
}

describe('a list of words in a file', () => {
  it('comes back as it was', async () => {
    const back = await read();
    expect(words.map((_, i) => back.word(i))).toEqual(words);
    expect(back.tree).toEqual(list.tree);
    expect(back.ids).toEqual(list.ids);
    expect(back.count).toBe(4);
  });

  it('is refused where it is damaged, cut short, or of another model', async () => {
    const bytes = await readFile(path);
    const broken = join(folder, 'broken.bin');
    const changed = Buffer.from(bytes);
    changed[changed.length - 9]! ^= 1;
    for (const [content, reason] of [
      [bytes.subarray(0, bytes.length - 8), /bytes, expected/u],
      [changed, /checksum/u],
      [Buffer.from('nothing at all, and no magic'), /no list of words/u],
    ] as const) {
      await writeFile(broken, content);
      await expect(read(broken)).rejects.toThrow(reason);
    }
    await expect(read(path, 2)).rejects.toThrow(/has phone 2/u);
  });

  it('never leads a search round in circles', async () => {
    const nodes = list.tree.size;
    const align = (size: number): number => Math.ceil(size / 8) * 8;
    const firstChild = 8 * nodes + align(4 * nodes);
    await expect(read(await tampered((body) => body.writeInt32LE(1, firstChild + 4)))).rejects.toThrow(/has child 1/u);
    const nextSibling = firstChild + align(4 * nodes);
    await expect(read(await tampered((body) => body.writeInt32LE(2, nextSibling + 4)))).rejects.toThrow(
      /has sibling 2/u,
    );
    const nextEntry = nextSibling + 2 * align(4 * nodes);
    await expect(read(await tampered((body) => body.writeInt32LE(0, nextEntry)))).rejects.toThrow(
      /entry 0 is followed/u,
    );
  });
});
