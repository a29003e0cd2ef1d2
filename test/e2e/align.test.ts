// `asr align` as its users meet it: a text of a recording in, words and phones in time out; words that are not there,
// words that nobody can pronounce, a text of phones.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlignedTranscript } from '../../src/align/align.js';
import type { Transcript } from '../../src/transcribe/transcript.js';
import { wavBytes } from '../audio/signals.js';
import { babble, makeSmallModel } from '../transcribe/small-model.js';
import { asr, lastJson, type Outcome } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'asr-e2e-align-'));
const at = (name: string): string => join(folder, name);
const align = (text: string, args: string[] = [], model = 'words'): Promise<Outcome> => {
  writeFileSync(at('text.txt'), text);
  return asr(['align', 'talk.wav', 'text.txt', '--model', at(model), ...args], { cwd: folder });
};
let heard: Transcript;
let wordsHeard: string[];

beforeAll(async () => {
  await makeSmallModel(at('words'), { words: true });
  await makeSmallModel(at('hmm'), { kind: 'hmm', silent: true });
  await makeSmallModel(at('ctc'), { kind: 'ctc' });
  writeFileSync(at('talk.wav'), wavBytes([babble(8)], 16_000, 's16'));
  writeFileSync(at('quiet.wav'), wavBytes([new Float32Array(32_000)], 16_000, 's16'));
  heard = lastJson(
    await asr(['transcribe', 'talk.wav', '--model', at('words'), '--json'], { cwd: folder }),
  ) as Transcript;
  wordsHeard = heard.words!.map(({ word }) => word);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('asr align', () => {
  it('finds the words that the model hears where it hears them', async () => {
    const aligned = lastJson(await align(wordsHeard.join(' '), ['--format', 'json'])) as AlignedTranscript;
    expect(aligned.words!.map(({ word }) => word)).toEqual(wordsHeard);
    expect(aligned.missing).toEqual([]);
    const near = aligned.words!.filter(({ start }, i) => Math.abs(start - heard.words![i]!.start) < 0.1);
    expect(near.length / wordsHeard.length).toBeGreaterThan(0.9);
    for (const [i, { start, end, confidence }] of aligned.words!.entries()) {
      expect(end).toBeGreaterThan(start);
      expect(start).toBeGreaterThanOrEqual(aligned.words![i - 1]?.end ?? 0);
      expect(confidence).toBeGreaterThan(0);
    }
  });

  it('keeps the lines of the text as utterances', async () => {
    const half = wordsHeard.length >> 1;
    const text = `${wordsHeard.slice(0, half).join(' ')}\n\n${wordsHeard.slice(half).join(' ')}\n`;
    const { utterances } = lastJson(await align(text, ['--format', 'json'])) as AlignedTranscript;
    expect(utterances!.map((line) => line.text)).toEqual(text.trim().split('\n\n'));
  });

  it.each(['hmm', 'ctc', 'words'])('takes a text of phones with a model of kind %s', async (model) => {
    const told = lastJson(
      await asr(['transcribe', 'talk.wav', '--model', at(model), '--json'], { cwd: folder }),
    ) as Transcript;
    const phones = told.phones.map(({ phone }) => phone);
    const { code, stdout } = await align(phones.join(' '), ['--phonetic', '--format', 'ctm'], model);
    expect(code).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(rows.length).toBeGreaterThan(0.9 * phones.length);
    expect(rows[0]).toHaveLength(6);
  });

  it('writes the formats of annotation tools', async () => {
    expect((await align(wordsHeard.join(' '), ['--format', 'textgrid,eaf,ctm,srt', '--output-dir', 'out'])).code).toBe(
      0,
    );
    expect(readdirSync(at('out')).sort()).toEqual(['talk.TextGrid', 'talk.ctm', 'talk.eaf', 'talk.srt']);
    const { stdout } = await align(wordsHeard.join(' '));
    expect(stdout).toContain('name = "words"');
  });

  it('takes pronunciations from a lexicon', async () => {
    writeFileSync(at('lexicon.tsv'), 'Wort\tk a l\n');
    const { code, stdout } = await align(`wort ${wordsHeard.join(' ')}`, [
      '--lexicon',
      'lexicon.tsv',
      '--format',
      'json',
    ]);
    expect(code).toBe(0);
    const { words, missing } = JSON.parse(stdout) as AlignedTranscript;
    expect([...words!.map(({ word }) => word), ...missing.map(({ word }) => word)]).toContain('wort');
  });

  it('says what is wrong', async () => {
    const refused = async (outcome: Promise<Outcome>): Promise<string> => {
      const { code, stderr, stdout } = await outcome;
      expect(stdout).toBe('');
      expect(stderr).not.toMatch(/\n\s+at /);
      return `${code}: ${stderr}`;
    };
    expect(await refused(align('xyzzy'))).toMatch(
      /^3: asr: 1 words of the text have no pronunciation: "xyzzy"\n.*--lexicon/,
    );
    expect(await refused(align('a zz', ['--phonetic']))).toMatch(/^3: .*the model has no zz/);
    expect(await refused(align('\n'))).toMatch(/^3: asr: the text has no word/);
    expect(await refused(align('ak', ['--format', 'pdf']))).toMatch(/^2: .*not a format/);
    expect(await refused(align('ak', ['--format', 'srt,ctm']))).toMatch(/^2: [^]*--output-dir/);
    expect(await refused(asr(['align', 'quiet.wav', 'text.txt', '--model', at('words')], { cwd: folder }))).toMatch(
      /^3: .*nobody speaks/,
    );
    expect(await refused(asr(['align', 'talk.wav', 'gone.txt', '--model', at('words')], { cwd: folder }))).toMatch(
      /^5: /,
    );
    writeFileSync(at('latin.txt'), Buffer.from([0xe9, 0x20, 0x61]));
    expect(await refused(asr(['align', 'talk.wav', 'latin.txt', '--model', at('words')], { cwd: folder }))).toMatch(
      /^3: .*not UTF-8/,
    );
  });
});
