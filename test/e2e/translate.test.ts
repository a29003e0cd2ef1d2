// `asr translate` as its user runs it, with a small model written by hand: lines, scores, wrong inputs.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { writeLm } from '../../src/lm/lm-file.js';
import { decoderConfig } from '../../src/translation/sentence-config.js';
import { asr } from './program.js';

let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'asr-translate-'));
  const corpus = file('run/corpus');
  await mkdir(corpus, { recursive: true });
  const entries = { la: 'the', casa: 'house', roja: 'red' };
  const table = (pairs: readonly (readonly [string, string])[]): string =>
    pairs.map(([from, to]) => `${from}\t${to}\t-0.1\t-0.1\t-0.1\t-0.1\n`).join('');
  await writeFile(join(corpus, 'forward.tsv'), table(Object.entries(entries)));
  await writeFile(join(corpus, 'backward.tsv'), table(Object.entries(entries).map(([a, b]) => [b, a] as const)));
  await writeLm(join(corpus, 'target.bin'), estimateNgram([['the', 'red', 'house']], { order: 3 }));
  await writeLm(join(corpus, 'source.bin'), estimateNgram([['la', 'casa', 'roja']], { order: 3 }));
  const record = { version: 1, longest: 3, decoder: decoderConfig.parse({}) };
  await writeFile(join(corpus, 'translator.json'), JSON.stringify(record));
  await writeFile(file('es.txt'), 'La casa roja.\n\nla casa\n');
  await writeFile(file('en.txt'), 'The red house.\n\nThe house\n');
  await writeFile(file('short.txt'), 'The red house.\n');
  await writeFile(file('empty.txt'), '');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('asr translate', () => {
  it('writes a line for each line, both ways, by any number of threads', async () => {
    const there = await asr(['translate', file('es.txt'), '--model', file('run')]);
    expect(there).toMatchObject({ code: 0, stdout: 'the red house.\n\nthe house\n' });
    const threads = await asr(['translate', file('es.txt'), '--model', file('run'), '--threads', '2']);
    expect(threads.stdout).toBe(there.stdout);
    const back = await asr(['translate', file('en.txt'), '--model', file('run/corpus'), '--back']);
    expect(back.stdout).toBe('la casa roja.\n\nla casa\n');
  });

  it('measures against a reference', async () => {
    const found = await asr(['translate', file('es.txt'), '--model', file('run'), '--ref', file('en.txt'), '--json']);
    expect(JSON.parse(found.stdout)).toMatchObject({ sentences: 3, chrf: 100 });
  });

  it('says what is wrong', async () => {
    const failing = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await asr(['translate', ...args]);
      expect(code).not.toBe(0);
      expect(stderr).not.toMatch(/\n\s+at /u);
      return stderr;
    };
    expect(await failing(file('es.txt'), '--model', folder)).toMatch(/no translator.json in it/);
    expect(await failing(file('empty.txt'), '--model', file('run'))).toMatch(/empty.txt: no line in it/);
    expect(await failing(file('none.txt'), '--model', file('run'))).toMatch(/none.txt/);
    expect(await failing(file('es.txt'), '--model', file('run'), '--ref', file('short.txt'))).toMatch(
      /short.txt: 1 lines, .*es.txt has 3/,
    );
  });
});
