// `asr phones`, `asr phonemise` and `asr score --phonemise` as their users meet them: languages, recipes, lexica, gaps.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asr, type Outcome } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-phones-'));
const run = (args: string[], input?: string): Promise<Outcome> =>
  asr(args, { cwd: folder, ...(input === undefined ? {} : { input: Buffer.from(input) }) });

beforeAll(() => {
  writeFileSync(join(folder, 'text.txt'), 'ba ba ka\nka tu\n');
  writeFileSync(join(folder, 'lexicon.tsv'), 'ba\tb aː\nka\tk a\n');
  writeFileSync(
    join(folder, 'mine.yaml'),
    'name: mine\ndata: .\ntext: { file: text.txt, pronunciation: lexicon, lexicon: lexicon.tsv }\n',
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('asr phones', () => {
  it("counts the phones of a recipe's text, and writes the words that have none by frequency", async () => {
    const { code, stdout, stderr } = await run(['phones', 'mine.yaml', '--missing', 'missing.tsv']);
    expect(code, stderr).toBe(0);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'phone  count    share  example    features',
      expect.stringMatching(/^a +2 +25\.00 % {2}ka \(k a\) +open front unrounded vowel$/),
      expect.stringMatching(/^aː +2 +25\.00 % {2}ba \(b aː\) +long open front unrounded vowel$/),
    ]);
    expect(stderr).toContain('1 words have no pronunciation: tu (1)');
    expect(readFileSync(join(folder, 'missing.tsv'), 'utf8')).toBe('tu\t\t1\n');
  });

  it('knows a language by its name, and makes a page with the sound of each', async () => {
    const { code, stdout, stderr } = await run(['phones', 'es', '--json', '--page', 'es.html']);
    expect(code, stderr).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { phone: string; count: number });
    expect(rows.map(({ phone }) => phone)).toEqual(expect.arrayContaining(['a', 'e', 's', 't', 'n', 'θ']));
    expect(stderr).toContain('numbers to 200');
    const page = readFileSync(join(folder, 'es.html'), 'utf8');
    expect(page.match(/<audio /g)!.length).toBeGreaterThan(rows.length);
  });

  it('says what is wrong with a name', async () => {
    expect(await run(['phones', 'xx-none'])).toMatchObject({ code: 2, stderr: expect.stringContaining('xx-none') });
    expect(await run(['phones', './none.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none.yaml'),
    });
  });
});

describe('asr phonemise', () => {
  it('gives a line of phones for each line, and counts those that it cannot', async () => {
    const { code, stdout, stderr } = await run(['phonemise', 'mine.yaml'], 'Ba, ka!\ntu\n\nka\n');
    expect(stdout).toBe('b aː k a\n\n\nk a\n');
    expect([code, stderr]).toEqual([3, expect.stringContaining('1 of 4 lines')]);
  });

  it('keeps ids, so that a transcript can be scored', async () => {
    const { stdout } = await run(['phonemise', 'es', '--ids'], 'u1 hola mundo\n');
    expect(stdout).toBe('u1 o l a m u n d o\n');
  });
});

it('asr score compares phones with words, by the rules of a recipe', async () => {
  writeFileSync(join(folder, 'ref.txt'), 'u1 ba ka\nu2 tu\n');
  writeFileSync(join(folder, 'hyp.txt'), 'u1 b aː k b\n');
  const { code, stdout, stderr } = await run([
    'score',
    '--ref',
    'ref.txt',
    '--hyp',
    'hyp.txt',
    '--phonemise',
    'mine.yaml',
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^25\.00 % phone error rate: 1 errors in 4/);
  expect(stderr).toContain('1 references have a word without a pronunciation');
});
