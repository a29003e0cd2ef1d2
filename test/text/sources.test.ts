// Lines and paragraphs of the unpaired text: what one line holds, and that its number stays what a person sees.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { textConfig } from '../../src/text/config.js';
import { sentenceSplitter, textLines } from '../../src/text/sources.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-sources-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it.each([
  ['en', 'He came at 3.5 p.m. and left. Did he? Yes!', ['He came at 3.5 p.m. and left.', 'Did he?', 'Yes!']],
  ['el', 'Πού είσαι; Εδώ είμαι.', ['Πού είσαι;', 'Εδώ είμαι.']],
  ['hi', 'वह आया। वह गया।', ['वह आया।', 'वह गया।']],
  ['no such tag', 'One. Two.', ['One.', 'Two.']],
  ['', '   ', []],
])('parts paragraphs of %s', (language, paragraph, sentences) => {
  expect(sentenceSplitter(language)(paragraph)).toEqual(sentences);
});

it('counts lines, whatever they hold', async () => {
  const path = join(folder, 'text.txt');
  writeFileSync(path, 'Uno dos. Tres!\n\nCuatro.\n');
  const read = async (settings: object): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const line of textLines(path, textConfig.parse({ language: 'es', ...settings }), Rng.fromSeed(1)))
      found.push('problem' in line ? line.problem : [line.number, line.tokens.flat().join(' ')]);
    return found;
  };
  expect(await read({})).toEqual([[1, 'uno dos tres'], 'blank', [3, 'cuatro']]);
  expect(await read({ lines: 'paragraphs' })).toEqual([
    [1, 'uno dos'],
    [1, 'tres'],
    [3, 'cuatro'],
  ]);
  expect(await read({ lines: 'paragraphs', maxSentences: 3 })).toHaveLength(3);
});
