import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alignmentText } from '../../src/score/alignment-text.js';
import { align } from '../../src/score/edit-distance.js';
import { scoredTokens, scoreFiles, type FileScore, type ScoreUnit } from '../../src/score/score-files.js';
import { temporaryFolder } from '../temporary-folder.js';

async function score(references: string, hypotheses: string, unit: ScoreUnit = 'word'): Promise<FileScore> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'ref'), references);
  await writeFile(join(folder, 'hyp'), hypotheses);
  return scoreFiles(join(folder, 'ref'), join(folder, 'hyp'), unit);
}

describe('scoreFiles', () => {
  it('counts words worked out by hand', async () => {
    const result = await score('u1 the cat sat down\nu2 a b\n', 'u2 a x b y\nu1 the cat down\n');
    expect(result).toMatchObject({
      errors: 3,
      length: 6,
      insertions: 2,
      deletions: 1,
      substitutions: 0,
      rate: 0.5,
      missing: [],
      extra: [],
    });
  });

  it('takes a missing hypothesis for deletions and leaves extra ones out', async () => {
    const result = await score('u1 a b c\nu2 d\n', 'u2 d\nu3 x y\n');
    expect(result).toMatchObject({ errors: 3, length: 4, deletions: 3, rate: 0.75, missing: ['u1'], extra: ['u3'] });
  });

  it('counts insertions against an empty reference', async () => {
    expect(await score('u1\nu2 a\n', 'u1 x\nu2 a\n')).toMatchObject({ errors: 1, insertions: 1, length: 1, rate: 1 });
    expect(await score('u1\n', 'u1\n')).toMatchObject({ errors: 0, length: 0, rate: 0 });
    expect(await score('u1\n', 'u1 x y\n')).toMatchObject({ errors: 2, length: 0, rate: 1 });
    await expect(score('', 'u1 x\n')).rejects.toThrow(/holds no references/);
  });

  it('compares characters without spaces, and composed characters as one', async () => {
    expect(await score('u1 ab cd\n', 'u1 abc d\n', 'char')).toMatchObject({ errors: 0, length: 4 });
    expect(await score('u1 caf\u00e9\n', 'u1 cafe\u0301\n', 'char')).toMatchObject({ errors: 0, length: 4 });
    expect(await score('u1 ab\n', 'u1 aB\n', 'char')).toMatchObject({ substitutions: 1 });
  });

  it('never scores silence as a phone', () => {
    expect(scoredTokens('<SIL> a <SIL> b', 'phone')).toEqual(['a', 'b']);
    expect(scoredTokens('<SIL> a', 'word')).toEqual(['<SIL>', 'a']);
  });

  it('reads tabs, Windows line ends and a byte order mark', async () => {
    expect(await score('\uFEFFu1\ta  b\r\n\r\nu2 c\r\n', 'u1 a b\nu2 c\n')).toMatchObject({ errors: 0, length: 3 });
  });

  it('refuses repeated ids and missing files', async () => {
    await expect(score('u1 a\nu1 b\n', 'u1 a\n')).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('"u1" appears twice'),
    });
    await expect(scoreFiles('/nowhere/ref', '/nowhere/hyp', 'word')).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('/nowhere/ref'),
    });
  });
});

describe('alignmentText', () => {
  it('stands in columns', () => {
    const text = alignmentText('u1', align('o l a m'.split(' '), 'o tʃ l m a'.split(' ')));
    expect(text).toBe(
      ['u1: 3 errors in 4 (75.0 %), 2 S, 0 D, 1 I', 'REF o *  l a m', 'HYP o tʃ l m a', '      I    S S', ''].join(
        '\n',
      ),
    );
  });

  it('wraps long utterances', () => {
    const tokens = Array.from({ length: 100 }, (_, i) => `p${i}`);
    const lines = alignmentText('u', align(tokens, tokens)).trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('REF')).length).toBeGreaterThan(2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
  });
});
