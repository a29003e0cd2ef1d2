// The audio stage on tiny corpora in the layouts of published ones: who is found, who speaks, which side they are on,
// and that no transcript is needed; what is wrong with a line costs that line.
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { audioConfig } from '../../src/audio/config.js';
import { readRecordings, SampleReader } from '../../src/audio/samples.js';
import { audioStage } from '../../src/audio/stage.js';
import { silentLog } from '../../src/core/log.js';
import type { Recording } from '../../src/core/records.js';
import { runStage } from '../../src/core/stage-run.js';
import { temporaryFolder } from '../temporary-folder.js';
import { makeCorpus, sphereBytes, spokenSentences, type layouts } from './corpora.js';

async function run(
  data: string,
  config: object,
): Promise<{ recordings: Recording[]; skipped: Record<string, string>; out: string }> {
  const out = join(data, 'out', 'audio');
  const { record } = await runStage(audioStage, {
    inputs: {},
    out,
    data,
    config: audioConfig.parse(config),
    seed: 1,
    log: silentLog,
    compute: { engine: 'cpu', threads: 2 },
  });
  const recordings: Recording[] = [];
  for await (const recording of readRecordings(out)) recordings.push(recording);
  const lines = record.skipped === 0 ? [] : (await readFile(join(out, 'skipped.jsonl'), 'utf8')).trim().split('\n');
  const skipped = lines
    .map((line) => JSON.parse(line) as { id: string; reason: string })
    .map(({ id, reason }) => [id, reason] as const);
  return { recordings, out, skipped: Object.fromEntries(skipped) };
}

async function corpus(layout: keyof typeof layouts): Promise<string> {
  const data = await temporaryFolder();
  await makeCorpus(data, layout);
  return data;
}

const brief = (recordings: readonly Recording[]): string[] =>
  recordings.map(({ id, speaker, split }) => `${id} ${speaker} ${split}`);

describe('layouts of published corpora', () => {
  const cases: [keyof typeof layouts, object, string[]][] = [
    [
      'librispeech',
      { layout: 'librispeech', dir: 'LibriSpeech' },
      [
        '84-121-0000 84 test',
        '84-121-0001 84 test',
        '84-121-0002 84 test',
        '19-121-0000 19 train',
        '19-121-0001 19 train',
        '19-121-0002 19 train',
        '26-121-0000 26 train',
        '26-121-0001 26 train',
        '26-121-0002 26 train',
      ],
    ],
    [
      'mls',
      { layout: 'mls', dir: 'mls', parts: ['test'] },
      ['32_7_000000 32 test', '32_7_000001 32 test', '32_7_000002 32 test'],
    ],
    [
      'timit',
      { layout: 'timit', dir: '.' },
      [
        'felc0_sx1 felc0 test',
        'felc0_sx2 felc0 test',
        'felc0_sx3 felc0 test',
        'fcjf0_sx1 fcjf0 train',
        'fcjf0_sx2 fcjf0 train',
        'fcjf0_sx3 fcjf0 train',
        'mdac0_sx1 mdac0 train',
        'mdac0_sx2 mdac0 train',
        'mdac0_sx3 mdac0 train',
      ],
    ],
    [
      'commonvoice',
      { layout: 'commonvoice', dir: 'cv/es', parts: ['train', 'dev'] },
      ['train', 'dev'].flatMap((part, p) =>
        [0, 1, 2].map((i) => `common_voice_es_${part}${i} ${'ab'[p]!.repeat(16)} ${part === 'dev' ? 'test' : 'train'}`),
      ),
    ],
    [
      'ljspeech',
      { layout: 'ljspeech', dir: 'LJSpeech-1.1', testShare: 0 },
      Array.from({ length: 6 }, (_, i) => `LJ001-000${i} wavs train`),
    ],
    [
      'voxforge',
      { layout: 'voxforge', dir: 'vox', testShare: 0 },
      [
        ['anna-20100101-abc', 'anna'],
        ['anonymous-20100103-ghi', 'anonymous-20100103-ghi'],
        ['ben-20100102-def', 'ben'],
      ].flatMap(([folder, speaker]) => [0, 1, 2].map((i) => `${folder}_a000${i} ${speaker} train`)),
    ],
    [
      'kaldi',
      { layout: 'kaldi', dir: 'egs/data' },
      [
        's3-000 s3 test',
        's3-001 s3 test',
        's3-002 s3 test',
        ...['s1', 's2'].flatMap((speaker) => [0, 1, 2].map((i) => `${speaker}-00${i} ${speaker} train`)),
      ],
    ],
    [
      'lhotse',
      { layout: 'lhotse', dir: 'lhotse' },
      ['s2-0 s2 test', 's2-1 s2 test', 's2-2 s2 test', 's1-0 s1 train', 's1-1 s1 train', 's1-2 s1 train'],
    ],
    [
      'mboshi',
      { layout: 'mboshi', dir: 'mboshi', testShare: 0 },
      ['abiayi', 'kouarata'].flatMap((speaker) => [0, 1, 2].map((i) => `${speaker}_2015-09-08_${i} ${speaker} train`)),
    ],
    [
      'kerstin',
      { layout: 'ljspeech', dir: 'kerstin', testShare: 0 },
      ['k0 audio train', 'k1 audio train', 'k2 audio train'],
    ],
  ];

  it.each(cases)('%s', async (layout, config, expected) => {
    const data = await corpus(layout);
    const { recordings, skipped, out } = await run(data, config);
    expect(brief(recordings)).toEqual(expected);
    expect(skipped).toEqual({});
    // Nothing that the audio stage leaves behind holds a word that was said.
    for (const file of (await readdir(out)).filter((name) => name.endsWith('.json') || name.endsWith('.jsonl')))
      expect(await readFile(join(out, file), 'utf8')).not.toMatch(/perro|verde|grande/i);
  });

  it('need no transcript', async () => {
    for (const [layout, dir] of [
      ['librispeech', 'LibriSpeech'],
      ['mls', 'mls'],
      ['timit', '.'],
      ['voxforge', 'vox'],
      ['kaldi', 'egs/data'],
    ] as const) {
      const data = await corpus(layout);
      const before = brief((await run(data, { layout, dir })).recordings);
      for (const name of await readdir(data, { recursive: true })) {
        if (/\.trans\.txt$|transcripts\.txt$|\.(PHN|TXT|WRD)$|etc|\/text$/.test(name))
          await rm(join(data, name), { recursive: true, force: true });
      }
      expect(brief((await run(data, { layout, dir })).recordings), layout).toEqual(before);
    }
  });
});

describe('parts of a file', () => {
  it('are cut out at their times, whatever the order of the segments', async () => {
    const data = await corpus('kaldi');
    const { out, recordings } = await run(data, { layout: 'kaldi', dir: 'egs/data', parts: ['train'] });
    const reader = await SampleReader.open(out);
    for (const [i, { samples }] of spokenSentences(['s2'], 3).entries()) {
      const heard = await reader.read(`s2-00${i}`);
      expect(heard.length).toBe(samples.length);
      expect(Math.max(...heard.map((value, at) => Math.abs(value - samples[at]!)))).toBeLessThan(1e-4);
    }
    await reader.close();
    expect(recordings.map(({ offset }) => offset)[0]).toBe(0);
    expect(recordings.every(({ path }) => path.startsWith('egs/wav/s'))).toBe(true);
  });

  it('that cannot be are left out by name', async () => {
    const data = await corpus('kaldi');
    await appendFile(
      join(data, 'egs/data/train/segments'),
      's2-late s2-rec 900 901\ns2-long s2-rec 0.1 900\ns2-none s9-rec 0 1\ns2-short s2-rec ' +
        '1\ns2-back s2-rec 2 1\ns2-rest s2-rec 0.5 -1\n',
    );
    const { recordings, skipped } = await run(data, { layout: 'kaldi', dir: 'egs/data', parts: ['train'] });
    expect(recordings.map(({ id }) => id)).toContain('s2-rest');
    expect(recordings).toHaveLength(7);
    expect(skipped).toMatchObject({
      's2-late': expect.stringMatching(/begins at 900 s, but its file lasts/),
      's2-long': expect.stringMatching(/ends at 900 s, but/),
      's2-none': expect.stringMatching(/no usable recording "s9-rec"/),
      's2-short': expect.stringMatching(/line 10 of segments/),
      's2-back': expect.stringMatching(/start < end/),
    });
  });

  it("stand in a table of one's own, too", async () => {
    const data = await corpus('lhotse');
    await writeFile(
      join(data, 'list.tsv'),
      'id\tpath\tspeaker\tstart\tend\na\twav/s1.wav\tx\t0.5\t1.25\nb\twav/s1.wav\tx\t1\t\nc\twav/s1.wav\tx\tsoon\t2\n',
    );
    const { recordings, skipped } = await run(data, { layout: 'tsv', dir: 'lhotse', table: 'list.tsv' });
    expect(recordings.map(({ id, samples, offset }) => [id, offset, id === 'a' ? samples : 0])).toEqual([
      ['a', 8000, 12_000],
      ['b', 16_000, 0],
    ]);
    expect(skipped).toEqual({ c: 'start, end or duration in line 4 of list.tsv is no number of seconds' });
  });
});

describe('bad entries', () => {
  it('of Kaldi: commands are refused and named, archives too', async () => {
    const data = await corpus('kaldi');
    await rm(join(data, 'egs/data/train/segments'));
    await appendFile(
      join(data, 'egs/data/train/wav.scp'),
      'p1 sph2pipe -f wav wav/s1.sph |\np2 cat secret |\np3 raw.ark:1234\np4\n',
    );
    const { recordings, skipped } = await run(data, { layout: 'kaldi', dir: 'egs/data', parts: ['train'] });
    expect(recordings.map(({ id }) => id)).toEqual(['s1-rec', 's2-rec']);
    expect(skipped).toMatchObject({
      p1: expect.stringMatching(/commands out of data folders are not run; name "wav\/s1\.sph" itself/),
      p2: expect.stringMatching(/write its output to a file/),
      p3: expect.stringMatching(/archive/),
      p4: expect.stringMatching(/no path/),
    });
  });

  it('of lhotse: lines that are no records, other sources, a second channel', async () => {
    const data = await corpus('lhotse');
    const lines = [
      { id: 'cmd', sources: [{ type: 'command', channels: [0], source: 'cat x' }] },
      { id: 'ok', sources: [{ type: 'file', channels: [0], source: 'wav/s1.wav' }] },
    ];
    await writeFile(
      join(data, 'lhotse/more_recordings_train.jsonl'),
      `${lines.map((line) => JSON.stringify(line)).join('\n')}\nnot json\n{"id":"x"}\n`,
    );
    const supervisions = [
      { id: 'second', recording_id: 'ok', start: 0, duration: 1, channel: 1, text: 'SECRET' },
      { id: 'good', recording_id: 'ok', start: 0, duration: 1, channel: 0, text: 'SECRET' },
      { id: 'lost', recording_id: 'cmd', start: 0, duration: 1 },
    ];
    await writeFile(
      join(data, 'lhotse/more_supervisions_train.jsonl'),
      supervisions.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    const { recordings, skipped } = await run(data, { layout: 'lhotse', dir: 'lhotse', parts: ['more_train'] });
    expect(brief(recordings)).toEqual(['good ok train']);
    expect(skipped).toMatchObject({
      cmd: expect.stringMatching(/source is a command/),
      second: expect.stringMatching(/channel 1/),
      lost: expect.stringMatching(/no usable recording "cmd"/),
      'line 3 of more_recordings_train.jsonl': expect.any(String),
      'line 4 of more_recordings_train.jsonl': expect.any(String),
    });
  });

  it('of lhotse: a manifest that is cut short is one error', async () => {
    const data = await corpus('lhotse');
    await writeFile(
      join(data, 'lhotse/mini_recordings_train.jsonl.gz'),
      gzipSync('{"id":"a"}\n'.repeat(500)).subarray(0, 40),
    );
    await expect(run(data, { layout: 'lhotse', dir: 'lhotse' })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/mini_recordings_train\.jsonl\.gz/),
    });
  });

  it('of TIMIT: SPHERE of either byte order is read, shorten named, a cut file decoded as far as can be', async () => {
    const data = await corpus('timit');
    const [first] = spokenSentences(['FCJF0'], 2);
    const folder = join(data, 'TIMIT/TRAIN/DR1/FCJF0');
    await writeFile(join(folder, 'SX1.WAV'), sphereBytes(first!.samples, 'pcm', '10'));
    await writeFile(join(folder, 'SX2.WAV'), sphereBytes(first!.samples, 'pcm,embedded-shorten-v2.00'));
    await writeFile(join(folder, 'SX3.WAV'), sphereBytes(first!.samples).subarray(0, 1024 + 16_000));
    await writeFile(join(folder, 'SX4.WAV'), 'NIST_1A\n   1024\nsample_rate -i 16000\n');
    const { recordings, skipped, out } = await run(data, { layout: 'timit', dir: '.', parts: ['train'] });
    expect(skipped).toMatchObject({
      fcjf0_sx2: expect.stringMatching(/compressed with shorten/),
      fcjf0_sx4: expect.stringMatching(/header is cut short/),
    });
    expect(recordings.find(({ id }) => id === 'fcjf0_sx3')?.samples).toBe(8000);
    const reader = await SampleReader.open(out);
    const heard = await reader.read('fcjf0_sx1');
    expect(Math.max(...heard.map((value, at) => Math.abs(value - first!.samples[at]!)))).toBeLessThan(1e-4);
    await reader.close();
  });

  it('name what is missing when the folder is no such corpus', async () => {
    const data = await temporaryFolder();
    await expect(run(data, { layout: 'kaldi', dir: '.' })).rejects.toMatchObject({
      message: expect.stringMatching(/no Kaldi data folder/),
    });
    await expect(run(data, { layout: 'lhotse', dir: '.' })).rejects.toMatchObject({
      message: expect.stringMatching(/no lhotse manifest/),
    });
    await expect(run(data, { layout: 'commonvoice', dir: '.' })).rejects.toMatchObject({
      message: expect.stringMatching(/no table validated\.tsv/),
    });
    await expect(run(data, { layout: 'librispeech', dir: '.' })).rejects.toMatchObject({
      message: expect.stringMatching(/no sound files found/),
    });
  });
});
