// `asr check RECIPE` as a person runs it: on what is right, and on each thing that people get wrong.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { makeCorpus, spokenSentences } from '../audio/corpora.js';
import { wavBytes } from '../audio/signals.js';
import { asr, projectFolder, type Outcome } from './program.js';

interface Finding {
  readonly about: string;
  readonly level: string;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asr-e2e-check-'));
  await makeCorpus(data, 'librispeech', 12);
  await makeCorpus(data, 'kaldi', 3);
  const put = (name: string, text: string) => writeFile(join(data, name), text);
  await put(
    'text.txt',
    spokenSentences(['nobody'], 1500, 7)
      .map(({ text }) => `${text}\n`)
      .join(''),
  );
  await put(
    'said.txt',
    spokenSentences(['19', '26', '84'], 12)
      .map(({ text }) => `${text.toUpperCase()}.\n`)
      .join(''),
  );
  await put('russian.txt', 'привет мир как дела\nмы идём домой вечером\n'.repeat(600));
  await put('references.txt', 'x la casa\n');
  await cp(join(projectFolder, 'recipes', 'demo-es', 'sentences.txt'), join(data, 'spanish.txt'));
  await put(
    'good.yaml',
    'name: good\ndata: .\naudio: { layout: librispeech, dir: LibriSpeech }\ntext: { pronunciation: letters ' +
      '}\nscore: { references: LibriSpeech, layout: librispeech }\n',
  );
});
afterAll(() => rm(data, { recursive: true, force: true }));

async function check(...settings: string[]): Promise<{ outcome: Outcome; findings: Record<string, Finding> }> {
  const outcome = await asr(
    [
      'check',
      join(data, 'good.yaml'),
      '--json',
      '--sample',
      '20',
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
    { cwd: data },
  );
  expect(outcome.stderr).not.toMatch(/\n\s+at |This is a bug/);
  const lines = outcome.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding);
  return { outcome, findings: Object.fromEntries(lines.map((finding) => [finding.about, finding])) };
}

describe('asr check RECIPE', () => {
  it('says what is there, why it matters and what to do, and leaves nothing behind', async () => {
    const before = await readdir(data);
    const { findings } = await check();
    for (const about of [
      'program',
      'ffmpeg',
      'recordings',
      'decoding',
      'durations',
      'sample rates',
      'clipping',
      'silence',
      'sentences',
      'phone set',
      'kinds of text',
      'references',
      'rates',
      'disk',
    ]) {
      expect(findings[about]?.what, about).toBeTruthy();
      expect(findings[about]?.why, about).toBeTruthy();
    }
    expect(findings['recordings']).toMatchObject({
      level: 'ok',
      what: expect.stringMatching(/^36 \(24 train, 12 test\) of 3 speakers/),
    });
    expect(findings['decoding']).toMatchObject({ level: 'ok', what: '20 recordings of the sample can be read' });
    // A minute of chirps is too little, and said to be.
    expect(findings['amount']).toMatchObject({ level: expect.stringMatching(/warning|problem/) });
    expect(findings['overlap']?.level).not.toBe('problem');
    expect(await readdir(data)).toEqual(before);
  });

  it('finds the transcripts in the text', async () => {
    const { outcome, findings } = await check('text.file=said.txt');
    expect(findings['overlap']).toMatchObject({
      level: 'problem',
      what: expect.stringMatching(/\(100 %\) stand in the text word for word/),
    });
    expect(outcome.code).toBe(3);
  });

  it('finds text in another script and in another language', async () => {
    const russian = await check('text.file=russian.txt', 'text.pronunciation=espeak', 'text.language=de');
    expect(russian.findings['text']).toMatchObject({
      level: 'problem',
      what: expect.stringMatching(/4800 of 4800 words .* another script/),
    });
    expect(russian.outcome.code).toBe(3);
    const spanish = await check('text.file=spanish.txt', 'text.pronunciation=espeak', 'text.language=de');
    expect(spanish.findings['language']).toMatchObject({
      level: 'warning',
      what: expect.stringMatching(/looks like Spanish \(es\), but text\.language is de/),
    });
    const right = await check('text.file=spanish.txt', 'text.pronunciation=espeak', 'text.language=es');
    expect(right.findings['language']).toMatchObject({ level: 'ok', what: 'looks like Spanish' });
  });

  it('finds silence, 8 kHz, clipping and files that are none', async () => {
    const put = async (name: string, bytes: Uint8Array | string) =>
      writeFile(join(data, 'LibriSpeech', 'dev-clean-2', '84', '121', name), bytes);
    const speech = spokenSentences(['x'], 1)[0]!.samples;
    for (let i = 0; i < 12; i++) await put(`84-121-1${i}.wav`, wavBytes([new Float64Array(16_000)], 16_000, 's16'));
    for (let i = 0; i < 12; i++)
      await put(
        `84-121-2${i}.wav`,
        wavBytes([speech.map((value) => Math.max(-1, Math.min(1, 20 * value)))], 8000, 's16'),
      );
    await put('84-121-30.wav', 'no sound');
    const { findings } = await check(
      'audio.parts=[dev-clean-2]',
      'audio.layout=folder',
      'audio.dir=LibriSpeech/dev-clean-2',
      'audio.speakers=one',
    );
    expect(findings['silence']).toMatchObject({
      level: 'warning',
      what: expect.stringMatching(/of the recordings hold no speech/),
    });
    expect(findings['sample rates']).toMatchObject({
      level: 'warning',
      what: expect.stringMatching(/8000 Hz.*below 16 kHz/),
    });
    expect(findings['clipping']?.level).not.toBe('ok');
  });

  it('counts bad entries, and stops at what is not there', async () => {
    const kaldi = await check(
      'audio.layout=kaldi',
      'audio.dir=egs/data',
      'score.references=egs/data',
      'score.layout=kaldi',
    );
    expect(kaldi.findings['recordings']).toMatchObject({ level: 'ok', what: expect.stringMatching(/^9 /) });
    await writeFile(join(data, 'egs/data/train/wav.scp'), 's1-rec cat wav/s1.wav |\ns2-rec wav/s2.wav\n');
    const piped = await check(
      'audio.layout=kaldi',
      'audio.dir=egs/data',
      'score.references=nowhere',
      'score.layout=kaldi',
    );
    expect(piped.findings['recordings']).toMatchObject({
      level: 'warning',
      what: expect.stringMatching(/4 entries cannot be used: "s1-rec": wav\.scp names a command/),
    });
    expect(piped.findings['references']).toMatchObject({
      level: 'problem',
      what: expect.stringMatching(/nowhere: no such file/),
    });
    const lost = await check('text.file=nowhere.txt', 'audio.dir=nowhere');
    expect(lost.findings['text']).toMatchObject({ level: 'problem', what: expect.stringMatching(/no such text/) });
    expect(lost.findings['recordings']).toMatchObject({
      level: 'problem',
      what: expect.stringMatching(/no such folder/),
    });
    expect(lost.outcome.code).toBe(3);
  });

  it('speaks to people in lines, with why and what to do below what is wrong', async () => {
    const outcome = await asr(['check', join(data, 'good.yaml'), '--set', 'text.file=said.txt', '--sample', '5'], {
      cwd: data,
    });
    expect(outcome.stdout).toMatch(/problem {2}overlap {8}\S.*\n {24}why: .*\n {24}do : Take these lines out/);
    expect(outcome.stdout).toMatch(/\n\d problems?, \d warnings?: mend the problems first\.\n$/);
    expect((await asr(['check'], { cwd: data })).code).toBe(2);
    expect((await asr(['check', 'good.yaml', '--sample', '0'], { cwd: data })).code).toBe(2);
    expect(await readFile(join(data, 'good.yaml'), 'utf8')).toContain('name: good');
  });
});
