// A manifest whose lengths were those of another file (or of the file before it was cut, slowed or exchanged) went
// through: utterances were cut from sound that it does not describe. And a table with starts and lengths, but no ends,
// gave everything up to the end of the file.
import { expect, it } from 'vitest';
import { audioConfig, type LayoutName } from '../../src/audio/config.js';
import { decodeToGrid } from '../../src/audio/decode.js';
import { findRecordings } from '../../src/audio/layouts.js';
import { cut } from '../../src/audio/source.js';
import { sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

const sound = (seconds: number): Buffer => wavBytes([sine(300, 8000, seconds)], 8000, 's16');

/** Seconds of each recording, with its note where it has one, or why there is none. */
async function lengths(layout: LayoutName, files: Record<string, string | Buffer>): Promise<Record<string, string>> {
  const data = await temporaryFolder(files);
  const found: Record<string, string> = {};
  for await (const candidate of findRecordings(audioConfig.parse({ layout, dir: 'm', table: 'm/audio.tsv' }), data)) {
    if ('problem' in candidate) found[candidate.id] = candidate.problem;
    else {
      const part = cut(await decodeToGrid(candidate.path), candidate);
      found[candidate.id] =
        typeof part === 'string' ? part : [part.samples.length / 16_000, ...(part.note ? [part.note] : [])].join(': ');
    }
  }
  return found;
}

const lines = (...records: object[]): string => records.map((record) => JSON.stringify(record)).join('\n');
const recording = (id: string, more: object): object => ({
  id,
  sources: [{ type: 'file', source: `${id}.wav` }],
  ...more,
});

it('lhotse: duration and num_samples, with supervisions and without', async () => {
  const counted = (samples: number): object => ({ sampling_rate: 8000, num_samples: samples });
  const files = {
    ...Object.fromEntries(['right', 'near', 'long', 'short', 'counted', 'torn'].map((id) => [`${id}.wav`, sound(2)])),
    'm/recordings.jsonl': lines(
      recording('right', { duration: 2, ...counted(16_000) }),
      recording('near', { duration: 2.2 }),
      recording('long', { duration: 60 }),
      recording('short', { duration: 1 }),
      recording('counted', counted(32_000)),
      recording('torn', { duration: 2, ...counted(8000) }),
    ),
  };
  const whole = await lengths('lhotse', files);
  expect(whole).toMatchObject({ right: '2', near: '2: sound is 2.2 s long by its manifest, and 2 s by its file' });
  expect(whole['long']).toMatch(/60 s long by its manifest, and 2 s by its file/);
  expect(whole['short']).toMatch(/1 s long by its manifest, and 2 s/);
  expect(whole['counted']).toMatch(/4 s long by its manifest, and 2 s/);
  expect(whole['torn']).toMatch(/duration is 2 s, but 8000 samples at 8000 Hz last 1 s/);
  const said = (id: string): object => ({ id: `u-${id}`, recording_id: id, start: 0.5, duration: 0.5 });
  const parts = await lengths('lhotse', {
    ...files,
    'm/supervisions.jsonl': lines(said('right'), said('short'), said('torn')),
  });
  expect(parts['u-right']).toBe('0.5');
  expect(parts['u-short']).toMatch(/1 s long by its manifest/);
  expect(parts['u-torn']).toMatch(/no usable recording/);
});

it('Kaldi: reco2dur and utt2dur', async () => {
  const files = { 'a.wav': sound(2), 'b.wav': sound(2), 'm/wav.scp': 'a a.wav\nb b.wav\n' };
  expect(await lengths('kaldi', { ...files, 'm/utt2dur': 'a 1.99\nb 3.5\n' })).toMatchObject({
    a: '2',
    b: expect.stringMatching(/3.5 s long by its manifest, and 2 s/),
  });
  const segments = { ...files, 'm/segments': 'a1 a 0.5 1.0\na2 a 1 -1\na3 a 0 1\nb1 b 0 1\n' };
  const cutOut = await lengths('kaldi', {
    ...segments,
    'm/reco2dur': 'a 2.0\nb 1.2\n',
    'm/utt2dur': 'a1 0.49\na3 2\n',
  });
  expect(cutOut).toMatchObject({ a1: '0.5', a2: '1' });
  expect(cutOut['a3']).toMatch(/line 3 of segments: it lasts 1 s, and 2 s by utt2dur/);
  expect(cutOut['b1']).toMatch(/1.2 s long by its manifest, and 2 s/);
});

it('Common Voice: clip_durations.tsv', async () => {
  const found = await lengths('commonvoice', {
    'm/clips/a.wav': sound(2),
    'm/clips/b.wav': sound(2),
    'm/train.tsv': 'client_id\tpath\nx\ta.wav\ny\tb.wav\n',
    'm/clip_durations.tsv': 'clip\tduration[ms]\na.wav\t2016\nb.wav\t5016\n',
  });
  expect(found).toMatchObject({ a: '2', b: expect.stringMatching(/5.016 s long by its manifest, and 2 s/) });
});

it('a table: the length of a part, and of a file', async () => {
  const rows = [
    'a\ta.wav\t0.5\t\t0.25',
    'b\ta.wav\t0.5\t1\t0.75',
    'c\ta.wav\t\t\t2.05',
    'd\ta.wav\t\t\t2050',
    'e\ta.wav\t1\t\t',
  ];
  const found = await lengths('tsv', {
    'm/a.wav': sound(2),
    'm/audio.tsv': ['id\tpath\tstart\tend\tduration', ...rows, 'f\ta.wav\t0\t\tlong', ''].join('\n'),
  });
  expect(found).toMatchObject({ a: '0.25', c: '2', e: '1' });
  expect(found['b']).toMatch(/line 3 of audio.tsv: its duration is not the time from start to end/);
  expect(found['d']).toMatch(/2050 s long by its manifest, and 2 s by its file/);
  expect(found['f']).toMatch(/no number of seconds/);
});

it('a damaged file is named for its damage, and used as far as it goes', async () => {
  const files = { 'a.wav': sound(2).subarray(0, 20_000), 'm/recordings.jsonl': lines(recording('a', { duration: 2 })) };
  expect(Number((await lengths('lhotse', files))['a'])).toBeCloseTo(1.25, 2);
});
