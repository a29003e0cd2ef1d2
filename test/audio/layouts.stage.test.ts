// The audio stage on small corpora in every layout, with everything that can be wrong with one.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { readRecordings, SampleReader } from '../../src/audio/samples.js';
import { audioStage } from '../../src/audio/stage.js';
import { silentLog } from '../../src/core/log.js';
import type { Recording } from '../../src/core/records.js';
import { runStage } from '../../src/core/stage-run.js';
import type { StageRecord } from '../../src/core/stage.js';
import { folderDigest } from '../folder-digest.js';
import { sine, wavBytes } from './signals.js';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'asr-layouts-'));
});
afterEach(() => {
  rmSync(data, { recursive: true });
});

const tone = wavBytes([sine(440, 16_000, 0.5)], 16_000, 's16');

function put(path: string, bytes: string | Buffer = tone): void {
  mkdirSync(dirname(join(data, path)), { recursive: true });
  writeFileSync(join(data, path), bytes);
}

async function run(
  config: object,
  shardItems = 1000,
): Promise<{
  record: StageRecord;
  recordings: Recording[];
  skipped: { id: string; reason: string; speaker?: string; split?: string }[];
  out: string;
}> {
  const out = join(data, 'out', 'audio');
  const { record } = await runStage(audioStage, {
    inputs: {},
    out,
    data,
    config: audioConfig.parse(config),
    seed: 1,
    log: silentLog,
    compute: { engine: 'cpu', threads: 3 },
    shardItems,
    force: true,
  });
  const recordings: Recording[] = [];
  for await (const recording of readRecordings(out)) recordings.push(recording);
  const lines = record.skipped === 0 ? [] : readFileSync(join(out, 'skipped.jsonl'), 'utf8').trim().split('\n');
  return {
    record,
    recordings,
    out,
    skipped: lines.map((line) => JSON.parse(line) as { id: string; reason: string; speaker?: string; split?: string }),
  };
}

describe('folder layout', () => {
  it('takes every file below, in order, with speaker and a split that does not depend on the rest', async () => {
    for (const name of ['audio/b/2.wav', 'audio/a/x/1.WAV', 'audio/b/.hidden.wav', 'audio/notes.txt', 'audio/3.wav'])
      put(name);
    const { recordings, record } = await run({ testShare: 0 });
    expect(recordings.map(({ id, speaker, path, split }) => [id, speaker, path, split])).toEqual([
      ['3', 'audio', 'audio/3.wav', 'train'],
      ['1', 'x', 'audio/a/x/1.WAV', 'train'],
      ['2', 'b', 'audio/b/2.wav', 'train'],
    ]);
    expect(record.counts).toEqual({ recordings: 3, seconds: 1.5 });
    expect(
      (await run({ testShare: 1, speakers: 'top' })).recordings.map(({ speaker, split }) => [speaker, split]),
    ).toEqual([
      ['audio', 'test'],
      ['a', 'test'],
      ['b', 'test'],
    ]);
    expect((await run({ speakers: 'file' })).recordings.map(({ speaker }) => speaker)).toEqual(['3', '1', '2']);
    expect((await run({ speakers: 'one' })).recordings.map(({ speaker }) => speaker)).toEqual([
      'speaker',
      'speaker',
      'speaker',
    ]);
  });

  it('keeps each recording on its side when others come', async () => {
    for (let i = 0; i < 60; i++) put(`audio/r${i}.wav`);
    const before = new Map((await run({ testShare: 0.3 })).recordings.map(({ id, split }) => [id, split]));
    const tests = [...before.values()].filter((split) => split === 'test').length;
    expect(tests).toBeGreaterThan(8);
    expect(tests).toBeLessThan(30);
    put('audio/a-new.wav');
    const after = await run({ testShare: 0.3 });
    expect(after.recordings.length).toBe(61);
    for (const { id, split } of after.recordings) if (id !== 'a-new') expect(split).toBe(before.get(id));
  });

  it('makes ids that Kaldi text can hold, and leaves the second of two equal ones out', async () => {
    for (const name of ['-dash', 'a b', 'a_b', 'new\nline', 'quo"te\'s', 'Ünï 語']) put(`audio/${name}.wav`);
    put('audio/sub/-dash.wav');
    const { recordings, skipped } = await run({});
    expect(recordings.map(({ id }) => id)).toEqual(['-dash', 'a_b', 'new_line', 'quo"te\'s', 'Ünï_語']);
    expect(skipped.map(({ id }) => id)).toEqual(['a_b', '-dash']);
    expect(skipped[0]!.reason).toMatch(/duplicate id: .*a_b\.wav" is left out, .*a b\.wav" was first/);
    expect((await run({ ids: 'path' })).recordings.map(({ id }) => id)).toContain('sub_-dash');
    put('audio/u\u0308.wav');
    put('audio/\u00fc.wav');
    expect((await run({})).skipped.map(({ reason }) => reason).join()).toContain('accents composed in another way');
  });

  it('leaves out every bad file by name and keeps the rest, samples in the same order', async () => {
    put('audio/1-good.wav');
    put('audio/2-empty.wav', '');
    put('audio/3-text.wav', 'hello');
    put('audio/4-none.wav', wavBytes([[]], 16_000, 's16'));
    put('audio/5-nan.wav', wavBytes([[NaN]], 16_000, 'f32'));
    put('audio/6-short.wav', wavBytes([sine(440, 16_000, 0.05)], 16_000, 's16'));
    put('audio/7-cut.wav', tone.subarray(0, 8000));
    put('audio/8-cut-away.wav', tone.subarray(0, 60));
    symlinkSync(join(data, 'gone.wav'), join(data, 'audio/9-vanished.wav'));
    symlinkSync(join(data, 'audio'), join(data, 'audio/loop'));
    copyFileSync(join(data, 'audio/1-good.wav'), join(data, 'audio/z.wav'));
    const { recordings, skipped, record, out } = await run({});
    expect(recordings.map(({ id }) => id)).toEqual(['1-good', '7-cut', 'z']);
    expect(skipped.map(({ id }) => id)).toEqual([
      '2-empty',
      '3-text',
      '4-none',
      '5-nan',
      '6-short',
      '8-cut-away',
      '9-vanished',
    ]);
    expect(skipped.map(({ reason }) => reason).join('\n')).toMatch(
      /empty[^]*ffmpeg finds no sound[^]*0 samples[^]*NaN[^]*0\.050 s is shorter[^]*cut short[^]*no such file/,
    );
    expect(skipped.every(({ speaker, split }) => speaker === 'audio' && ['train', 'test'].includes(split ?? ''))).toBe(
      true,
    );
    expect(record.skipped).toBe(7);
    const reader = await SampleReader.open(out);
    const samples = await reader.read('z');
    expect(samples.length).toBe(8000);
    expect(samples[100]).toBeCloseTo(0.5 * Math.sin((2 * Math.PI * 44_000) / 16_000), 3);
    expect((await reader.read('7-cut')).length).toBe(3978);
    await reader.close();
  });

  it('gives the same bytes in pieces of any size', async () => {
    for (const name of ['1', '2', '3', '4', '5'])
      put(`audio/${name}.wav`, wavBytes([sine(100 * Number(name), 16_000, 0.3)], 16_000, 's16'));
    put('audio/2b.wav', '');
    put('audio/6.wav', 'no sound');
    const whole = await folderDigest((await run({})).out);
    expect(Object.keys(whole).sort()).toEqual([
      'recordings.jsonl',
      'samples/00000.npy',
      'samples/index.jsonl',
      'skipped.jsonl',
    ]);
    for (const items of [1, 3]) expect(await folderDigest((await run({}, items)).out)).toEqual(whole);
  });

  it('stops with one clear error when there is nothing at all, and when ffmpeg is missing', async () => {
    await expect(run({})).rejects.toMatchObject({ code: 'input' });
    mkdirSync(join(data, 'audio'));
    await expect(run({})).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('no sound files found'),
    });
    put('audio/a.mp3', 'x'.repeat(100));
    await expect(run({})).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('none of 1 recordings'),
    });
    process.env.FFMPEG_PATH = join(data, 'missing');
    try {
      await expect(run({})).rejects.toMatchObject({ code: 'dependency' });
    } finally {
      delete process.env.FFMPEG_PATH;
    }
  });
});

describe('table layouts', () => {
  it('metadata: takes ids in table order and lets no text through', async () => {
    for (const name of ['u1', 'u2', 'spk/u3', 'unlisted']) put(`audio/${name}.wav`);
    put(
      'metadata.csv',
      '\uFEFFu2|SECRET words|SECRET words\r\nu1|SECRET\n\nspk/u3|SECRET\nu9|SECRET\nSECRET without a bar\nu1|SECRET\n',
    );
    const { recordings, skipped, out } = await run({ layout: 'metadata' });
    expect(recordings.map(({ id, speaker }) => [id, speaker])).toEqual([
      ['u2', 'audio'],
      ['u1', 'audio'],
      ['spk/u3', 'spk'],
    ]);
    expect(skipped.map(({ id }) => id)).toEqual(['u9', 'line 6', 'u1']);
    for (const file of ['recordings.jsonl', 'skipped.jsonl', 'stage.json'])
      expect(readFileSync(join(out, file), 'utf8')).not.toContain('SECRET');
  });

  it('tsv: reads the columns that were named, and no other', async () => {
    for (const name of ['one', 'two', 'deep/three', 'four']) put(`audio/${name}.wav`);
    put(
      'list.tsv',
      'utt_id\tspeaker\ttranscript\tset\tpath\none\tanna\tSECRET\ttrain\t\ntwo\tben b\tSECRET\tdev\t\n' +
        'three\tanna\tSECRET\ttest\tdeep/three.wav\nfour\tanna\tSECRET\tSECRET\t\n' +
        'five\tanna\tSECRET\ttest\tnowhere.wav\n',
    );
    const { recordings, skipped, out } = await run({
      layout: 'tsv',
      table: 'list.tsv',
      columns: { id: 'utt_id', split: 'set' },
    });
    expect(recordings.map(({ id, speaker, split }) => [id, speaker, split])).toEqual([
      ['one', 'anna', 'train'],
      ['two', 'ben_b', 'test'],
      ['three', 'anna', 'test'],
    ]);
    expect(skipped.map(({ id }) => id)).toEqual(['four', 'five']);
    for (const file of ['recordings.jsonl', 'skipped.jsonl', 'stage.json'])
      expect(readFileSync(join(out, file), 'utf8')).not.toContain('SECRET');
  });

  it('tsv: names a column that is not there', async () => {
    put('audio/one.wav');
    put('list.tsv', 'utt\tspeaker\none\tanna\n');
    await expect(run({ layout: 'tsv', table: 'list.tsv' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('no column "id"'),
    });
    await expect(
      run({ layout: 'tsv', table: 'list.tsv', columns: { id: 'utt', speaker: 'who' } }),
    ).rejects.toMatchObject({ hint: expect.stringContaining('Columns there: utt, speaker') });
  });
});
