// Lexicons of all kinds: what can be used is, the rest is named.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDecodingLexicon, type DecodingLexicon } from '../../src/decode/lexicon.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asr-lexicon-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function read(text: string): Promise<{ lexicon: DecodingLexicon; skipped: string[] }> {
  const path = join(folder, 'lexicon.tsv');
  await writeFile(path, text);
  const skipped: string[] = [];
  const lexicon = await readDecodingLexicon(
    path,
    new Map([
      ['a', 0],
      ['b', 1],
      ['c', 4],
    ]),
    async (id, reason) => {
      skipped.push(`${id}: ${reason}`);
    },
  );
  return { lexicon, skipped };
}

describe('readDecodingLexicon', () => {
  it('takes tabs and spaces, several pronunciations, homophones, byte order marks and blank lines', async () => {
    const { lexicon, skipped } = await read('\uFEFFun gato\ta b\n\nba  b a\ncab\tc a b\ncab\tc b\nbá\tb a\r\n');
    expect(lexicon.words).toEqual(['un gato', 'ba', 'cab', 'bá']);
    expect(lexicon.entries).toEqual([
      { word: 0, phones: [0, 1] },
      { word: 1, phones: [1, 0] },
      { word: 2, phones: [4, 0, 1] },
      { word: 2, phones: [4, 1] },
      { word: 3, phones: [1, 0] },
    ]);
    expect(skipped).toEqual([]);
  });

  it('names every line that it leaves out', async () => {
    const { lexicon, skipped } = await read('ab\ta b\nxy\tx a\nab\ta  b\nempty\t\nalone\n\ta b\nba\tb a\n');
    expect(lexicon.words).toEqual(['ab', 'ba']);
    expect(skipped).toEqual([
      'lexicon, line 2: "xy": the model has no phone "x"',
      'lexicon, line 3: "ab": the same line stands above',
      'lexicon, line 4: "empty": no phones',
      'lexicon, line 5: "alone": no phones',
      'lexicon, line 6: no word before its phones',
    ]);
  });

  it('fails when nothing can be used, with phones that could be', async () => {
    await expect(read('x\ty z\n')).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('no line of the lexicon'),
      hint: expect.stringContaining('a b c'),
    });
  });
});
