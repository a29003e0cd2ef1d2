import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { silentLog } from '../../src/core/log.js';
import { runStage } from '../../src/core/stage-run.js';
import { readScore, readScoredReference } from '../../src/score/report.js';
import { scoreStage } from '../../src/score/stage.js';
import { textStage } from '../../src/text/stage.js';
import { temporaryFolder } from '../temporary-folder.js';

let data = '';
const compute = { engine: 'cpu', threads: 1 } as const;
const common = (): { data: string; seed: number; log: typeof silentLog; compute: typeof compute } => ({
  data,
  seed: 1,
  log: silentLog,
  compute,
});

/** A finished stage folder with the given files, as its stage would have left it. */
async function folder(stage: string, files: Record<string, string>): Promise<string> {
  const path = join(data, stage);
  await mkdir(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  const record = {
    stage,
    key: stage,
    version: 1,
    program: 'test',
    seed: 1,
    config: {},
    inputs: {},
    counts: {},
    skipped: 0,
    seconds: 0,
    peakMiB: 0,
    compute,
    finished: '',
  };
  await writeFile(join(path, 'stage.json'), JSON.stringify(record));
  return path;
}

const utterance = (id: string, recording: string, split: string, start = 0, speaker = 'ana'): string =>
  JSON.stringify({ id, recording, speaker, split, regions: [[start, start + 16_000]], samples: 16_000 });

const recording = (id: string, split: string): string =>
  JSON.stringify({
    id,
    path: `${id}.wav`,
    speaker: 'ana',
    split,
    samples: 16_000,
    sourceRate: 16_000,
    sourceChannels: 1,
  });

/** What the runs of the learn stage need to be decoded; nothing was learned unless a test says so. */
const nothingLearnt = async (): Promise<Record<string, string>> => ({
  learn: await folder('learn', {}),
  selftrain: await folder('selftrain', {}),
  segments: await folder('segments', {}),
  clusters: await folder('clusters', {}),
  features: await folder('features', {}),
});

beforeEach(async () => {
  data = await temporaryFolder();
  await writeFile(join(data, 'text.txt'), 'una casa\nla mesa\nla cama\n');
  await runStage(textStage, {
    ...common(),
    inputs: {},
    out: join(data, 'text'),
    config: resolveConfig(textStage.config, [{ pronunciation: 'letters', minPhoneCount: 2 }], 'test'),
  });
});

/** Kaldi text as the records that are scored. */
const records = (text: string, words?: string): string => {
  const parse = (lines: string): Map<string, string[]> =>
    new Map(
      lines
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => [
          line.split(' ')[0]!,
          line
            .split(' ')
            .slice(1)
            .filter((token) => token !== ''),
        ]),
    );
  const said = words === undefined ? undefined : parse(words);
  return [...parse(text)]
    .map(([id, phones]) =>
      JSON.stringify({
        id,
        recording: id,
        split: 'test',
        phones: phones.map((phone) => ({ phone, start: 0, end: 0 })),
        ...(said ? { words: (said.get(id) ?? []).map((word) => ({ word, start: 0, end: 0 })) } : {}),
      }),
    )
    .join('\n');
};

async function score(
  references: string,
  vad: Record<string, string>,
  hypotheses: string,
  config: ConfigTree = {},
  audio: Record<string, string> = {},
  words?: string,
  learnt = nothingLearnt,
): Promise<string> {
  await writeFile(join(data, 'references.txt'), references);
  const out = join(data, 'score');
  await runStage(scoreStage, {
    ...common(),
    out,
    config: resolveConfig(scoreStage.config, [{ references: 'references.txt' }, config], 'test'),
    inputs: {
      decode: await folder('decode', {
        'hypotheses.jsonl': records(hypotheses, words),
      }),
      vad: await folder('vad', vad),
      text: join(data, 'text'),
      audio: await folder('audio', { 'recordings.jsonl': '', ...audio }),
      ...(await learnt()),
    },
  });
  return out;
}

const skipped = async (out: string): Promise<string> => readFile(join(out, 'skipped.jsonl'), 'utf8');

describe('score stage', () => {
  it('measures on the test split, joins the parts of a recording, and never scores silence', async () => {
    const vad = {
      'utterances.jsonl': [
        utterance('r1_0002', 'r1', 'test', 40_000),
        utterance('r1_0001', 'r1', 'test'),
        utterance('r2', 'r2', 'test', 0, 'eva'),
        utterance('r3', 'r3', 'train'),
      ].join('\n'),
    };
    const out = await score(
      'r1 La mesa,\nr2 cama\nr3 casa\n',
      vad,
      'r1_0001 l a <SIL>\nr1_0002 m e s\nr2 k a m a\nr3\n',
    );
    const report = (await readScore(out))!;
    expect(report).toMatchObject({
      split: 'test',
      utterances: 2,
      length: 10,
      errors: 2,
      deletions: 1,
      substitutions: 1,
      insertions: 0,
      per: 0.2,
    });
    expect(report.bySplit).toMatchObject({ test: { per: 0.2 }, train: { per: 1, deletions: 4 } });
    expect(report.bySpeaker).toMatchObject({ ana: { per: 1 / 6 }, eva: { per: 0.25 } });
    // "la cama" alone is left of the text: 6 phones a sentence, and one second of
    // speech an utterance, so 6 "a" a second.
    expect(report.trivial.constantPhone).toBeCloseTo((12 - 2 + 6 - 2) / 10);
    expect(report.trivial.randomSentence).toBeGreaterThan(0.3);
    expect((await readScoredReference(out, 'r2')).phones).toEqual(['c', 'a', 'm', 'a']);
    expect(await readFile(join(out, 'alignments.txt'), 'utf8')).toBe(
      [
        'r1: 1 errors in 6 (16.7 %), 0 S, 1 D, 0 I',
        'REF l a m e s a',
        'HYP l a m e s *',
        '              D',
        '',
        'r2: 1 errors in 4 (25.0 %), 1 S, 0 D, 0 I',
        'REF c a m a',
        'HYP k a m a',
        '    S',
        '',
        '',
      ].join('\n'),
    );
  });

  it('takes all utterances where there is no test split', async () => {
    const vad = { 'utterances.jsonl': [utterance('a', 'a', 'train'), utterance('b', 'b', 'train')].join('\n') };
    const report = (await readScore(await score('a la\nb la\n', vad, 'a l a\nb l o\n')))!;
    expect(report).toMatchObject({ split: 'all', utterances: 2, per: 0.25 });
  });

  it('counts what was lost on the way as deletions, and names references that cannot be scored', async () => {
    const vad = {
      'utterances.jsonl': [
        utterance('ok', 'ok', 'test'),
        utterance('lost', 'lost', 'test'),
        utterance('odd', 'odd', 'test'),
      ].join('\n'),
      'skipped.jsonl': [
        { id: 'silent', reason: 'no speech' },
        { id: 'silentTrain', reason: 'no speech' },
      ]
        .map((record) => JSON.stringify(record))
        .join('\n'),
    };
    const audio = {
      'recordings.jsonl': [recording('silent', 'test'), recording('silentTrain', 'train')].join('\n'),
      'skipped.jsonl': [
        { id: 'broken', reason: 'the file is empty', speaker: 'eva', split: 'test' },
        { id: 'brokenTrain', reason: 'the file is empty', speaker: 'eva', split: 'train' },
        { id: 'line 7', reason: 'no id in line 7' },
      ]
        .map((record) => JSON.stringify(record))
        .join('\n'),
    };
    const references =
      'ok la\nlost mesa\nsilent casa\nghost la\nodd 123\nok mesa\nbroken cama\nbrokenTrain la\nsilentTrain la\n';
    const out = await score(references, vad, 'ok l a\nodd x\n', {}, audio);
    const report = (await readScore(out))!;
    expect(report).toMatchObject({
      split: 'test',
      utterances: 4,
      length: 14,
      deletions: 12,
      errors: 12,
      allDeletions: { undecoded: ['lost'], unusable: ['silent', 'broken'] },
    });
    expect(report.bySplit).toMatchObject({ train: { length: 4, deletions: 4 } });
    expect(report.bySpeaker).toMatchObject({ eva: { per: 1, length: 4 } });
    const left = await skipped(out);
    expect(left).toContain('{"id":"ghost","reason":"a reference that no audio has"}');
    expect(left).toContain('{"id":"odd","reason":"the reference has a word without pronunciation"}');
    expect(left).toContain('{"id":"ok","reason":"a second reference for the same id"}');
  });

  it('keeps phones in references that are too rare to be learned', async () => {
    const out = await score('a zeta\n', { 'utterances.jsonl': utterance('a', 'a', 'test') }, 'a e a\n');
    expect((await readScoredReference(out, 'a')).phones).toEqual(['z', 'e', 't', 'a']);
    expect((await readScore(out))!.per).toBe(0.5);
  });

  it('measures words where words were decoded, unknown ones as errors', async () => {
    const vad = {
      'utterances.jsonl': [utterance('a', 'a', 'test'), utterance('b', 'b', 'test'), utterance('c', 'c', 'train')].join(
        '\n',
      ),
    };
    const out = await score(
      'a La mesa, la cama\nb casa\nc la\n',
      vad,
      'a l a m e s a l a k a m a\nb\nc\n',
      {},
      {},
      'a la mesa <unk>\nb\nc mesa\n',
    );
    expect((await readScore(out))!.words).toEqual({
      wer: 3 / 5,
      errors: 3,
      length: 5,
      insertions: 0,
      deletions: 2,
      substitutions: 1,
      // "casa" and "cama" have phones that are too rare to be learned, so that their
      // sentences are left out of the text.
      inText: { wer: 2 / 3, errors: 2, length: 3 },
      outside: 0.4,
    });
    // "lamesalacama" against "lamesa<unk>", "casa" against nothing: 5 of 6 characters replaced, 1 missed, 4 missed.
    expect((await readScore(out))!.characters).toEqual({
      cer: 10 / 16,
      errors: 10,
      length: 16,
      insertions: 0,
      deletions: 5,
      substitutions: 5,
    });
    expect(
      (await readScore(await score('a la\n', vad, 'a l a\n', { unit: 'phones' }, {}, 'a la\n')))!.words,
    ).toBeUndefined();
  });

  it('reads references that are phones, and other formats', async () => {
    const vad = { 'utterances.jsonl': utterance('a', 'a', 'test') };
    expect((await readScore(await score('a P1 <SIL> P2 | P3\n', vad, 'a P1 P2 P3\n', { unit: 'phones' })))!.per).toBe(
      0,
    );
    await writeFile(join(data, 'r.csv'), 'a|la mesa|ignored\n'.replace('|ignored', ''));
    expect((await readScore(await score('', vad, 'a l a m e s a\n', { references: 'r.csv' })))!.length).toBe(6);
    await writeFile(join(data, 'r.jsonl'), '{"id":"a","text":"la"}\n');
    expect((await readScore(await score('', vad, 'a l a\n', { references: 'r.jsonl' })))!.length).toBe(2);
  });

  it('has nothing to say without references, and says why nothing fits', async () => {
    const vad = { 'utterances.jsonl': utterance('a', 'a', 'test') };
    expect(await readScore(await score('', vad, 'a l\n', { references: '' }))).toBeUndefined();
    await expect(score('x la\ny la\n', vad, 'a l\n')).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('none of its 2 ids can be scored'),
    });
    await expect(score('', vad, 'a l\n', { references: 'absent.txt' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('absent.txt'),
    });
  });

  it('gives the same guesses for the same seed', async () => {
    const vad = {
      'utterances.jsonl': Array.from({ length: 20 }, (_, i) => utterance(`u${i}`, `u${i}`, 'test')).join('\n'),
    };
    const references = Array.from({ length: 20 }, (_, i) => `u${i} la cama`).join('\n');
    const first = await readScore(await score(references, vad, ''));
    const second = await readScore(await score(`${references}\n`, vad, ''));
    expect(second).toEqual(first);
    expect(first).toMatchObject({ per: 1, deletions: 120 });
  });
});
