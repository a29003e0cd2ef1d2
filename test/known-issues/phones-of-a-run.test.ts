// Found: `asr phonemise`, `asr phones` and `asr score` took recipes and languages, no run and no model: those had to be
// scored by rules of their own; and `--set` beside a language changed nothing, not even a setting that is none.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asr, type Outcome } from '../e2e/program.js';
import { textConfig } from '../../src/text/config.js';
import { makeSmallModel } from '../transcribe/small-model.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-phones-of-a-run-'));
const run = (args: string[], input?: string): Promise<Outcome> =>
  asr(args, { cwd: folder, ...(input === undefined ? {} : { input: Buffer.from(input) }) });
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

beforeAll(async () => {
  write('text.txt', 'ba ba ka\nka ba\n');
  write('lexicon.tsv', 'ba\tb aː\nka\tk a\nlu\tl u\n');
  const settings = ['file=text.txt', 'pronunciation=lexicon', 'lexicon=lexicon.tsv'];
  const made = await run(['stage', 'text', ...settings.flatMap((one) => ['--set', one]), '--out', 'mine/text']);
  expect(made.code, made.stderr).toBe(0);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('reads further text as a run has read its own: by its word list or by the words of its text', async () => {
  expect(await run(['phonemise', './mine'], 'ba lu\n')).toMatchObject({ code: 0, stdout: 'b aː l u\n' });
  expect(await run(['phonemise', '--model', 'mine'], 'ba lu\n')).toMatchObject({ code: 0, stdout: 'b aː l u\n' });
  expect((await run(['phones', 'mine'])).stdout).toMatch(/^aː +3 /m);
  renameSync(join(folder, 'lexicon.tsv'), join(folder, 'elsewhere.tsv'));
  expect(await run(['phonemise', 'mine'], 'ba ka\nlu\n')).toMatchObject({ code: 3, stdout: 'b aː k a\n\n' });
});

it('reads it by the words of a model, and scores by them', async () => {
  const text = { ...textConfig.pick({ unit: true, context: true }).parse({}), language: '' };
  const marks = { splitCompound: true, stripLength: false, stripTone: false };
  await makeSmallModel(join(folder, 'model'), { words: true, text: { ...text, ...marks, pronunciation: 'lexicon' } });
  expect(await run(['phonemise', 'model'], 'ae ka\n')).toMatchObject({ code: 0, stdout: 'a e k a\n' });
  write('ref.txt', 'u1 ae ka\n');
  write('hyp.txt', 'u1 a e k e\n');
  const scored = await run(['score', '--ref', 'ref.txt', '--hyp', 'hyp.txt', '--model', 'model']);
  expect(scored.stdout).toMatch(/^25\.00 % phone error rate: 1 errors in 4/);
});

it.each([
  [['--model', 'nowhere'], 6, 'nowhere: no such folder'],
  [['--model', '.'], 6, 'no model here'],
  [['es', 'text.txt', '--model', 'mine'], 2, '--model mine beside "es"'],
  [[], 2, 'nothing says how words are said'],
  [['es', '--set', 'text.stripLenght=true'], 2, 'Did you mean "text.stripLength"?'],
])('says what is wrong with %j', async (args, code, message) => {
  expect(await run(['phonemise', ...args], 'ba\n')).toMatchObject({ code, stderr: expect.stringContaining(message) });
});

it('changes settings of a language', async () => {
  const long = await run(['phonemise', 'de'], 'Bahn\n');
  const short = await run(['phonemise', 'de', '--set', 'text.stripLength=true'], 'Bahn\n');
  expect([long.stdout, short.stdout]).toEqual(['b ɑː n\n', 'b ɑ n\n']);
});
