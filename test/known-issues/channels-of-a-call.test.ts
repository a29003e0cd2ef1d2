// The channels of a call were averaged though the manifest names one for each speaker; recordings of lhotse that are to
// be changed (speed, volume) were cut out of the unchanged file.
import { expect, it } from 'vitest';
import { audioConfig, type LayoutName } from '../../src/audio/config.js';
import { decodeToGrid } from '../../src/audio/decode.js';
import { findRecordings } from '../../src/audio/layouts.js';
import { cut } from '../../src/audio/source.js';
import { amplitudeAt, sine, wavBytes } from '../audio/signals.js';
import { temporaryFolder } from '../temporary-folder.js';

const tones = [400, 1000, 2300];
const call = wavBytes(
  tones.map((hertz) => sine(hertz, 16_000, 0.5)),
  16_000,
  's16',
);

/** Which of the tones each recording holds, or what is wrong with it. */
async function heard(layout: LayoutName, files: Record<string, string | Buffer>): Promise<Record<string, string>> {
  const data = await temporaryFolder(files);
  const found: Record<string, string> = {};
  for await (const candidate of findRecordings(audioConfig.parse({ layout, dir: 'm', table: 'm/audio.tsv' }), data)) {
    if ('problem' in candidate) found[candidate.id] = candidate.problem;
    else {
      const audio = await decodeToGrid(candidate.path, candidate).catch((error: unknown) => error as Error);
      const part = audio instanceof Error ? audio.message : cut(audio, candidate);
      found[candidate.id] =
        typeof part === 'string' ? part : tones.filter((hertz) => amplitudeAt(part.samples, hertz) > 1000).join(' ');
    }
  }
  return found;
}

it('Kaldi: the fifth column of segments', async () => {
  const segments =
    'a call 0 0.25 0\nb call 0 0.25 1\nc call 0.1 -1 2\nall call 0 0.25\nnone call 0 0.25 3\nbad call 0 0.25 A\n';
  const found = await heard('kaldi', { 'call.wav': call, 'm/wav.scp': 'call call.wav\n', 'm/segments': segments });
  expect(found).toMatchObject({ a: '400', b: '1000', c: '2300', all: '400 1000 2300' });
  expect(found['none']).toMatch(/channel 4 is wanted, but it has 3/);
  expect(found['bad']).toMatch(/line 6 of segments: the channel/);
});

it('Kaldi: reco2file_and_channel, with segments and without', async () => {
  const files = {
    'call.wav': call,
    'own.wav': wavBytes([sine(1000, 16_000, 0.5)], 16_000, 's16'),
    'm/wav.scp': 'x-A call.wav\nx-B call.wav\nx-3 call.wav\ny-B own.wav\n',
    'm/reco2file_and_channel': 'x-A x A\nx-B x B\nx-3 x 3\ny-B y B\n',
  };
  const right = { 'x-A': '400', 'x-B': '1000', 'x-3': '2300', 'y-B': '1000' };
  expect(await heard('kaldi', files)).toEqual(right);
  const segments = Object.keys(right)
    .map((id) => `${id} ${id} 0.1 0.4\n`)
    .join('');
  expect(await heard('kaldi', { ...files, 'm/segments': segments })).toEqual(right);
});

const lhotse = (recordings: object[], supervisions: object[]): Record<string, string | Buffer> => ({
  'call.wav': call,
  'm/recordings.jsonl': recordings.map((record) => JSON.stringify(record)).join('\n'),
  'm/supervisions.jsonl': supervisions.map((record) => JSON.stringify(record)).join('\n'),
});
const source = (channels?: number[]): object => ({
  type: 'file',
  source: 'call.wav',
  ...(channels ? { channels } : {}),
});
const said = (id: string, recording: string, channel?: number | number[]): object => ({
  id,
  recording_id: recording,
  start: 0,
  duration: 0.3,
  ...(channel === undefined ? {} : { channel }),
});

it('lhotse: the channel of a supervision, by the list of its source', async () => {
  const found = await heard(
    'lhotse',
    lhotse(
      [
        { id: 'r', sources: [source([0, 1, 2])] },
        { id: 's', sources: [source([7, 4, 5])] },
        { id: 't', sources: [source()] },
      ],
      [
        ...[said('r0', 'r', 0), said('r2', 'r', [2]), said('rall', 'r', [0, 1, 2]), said('r', 'r')],
        ...[said('s4', 's', 4), said('t1', 't', 1), said('some', 'r', [0, 2]), said('no', 's', 1)],
      ],
    ),
  );
  const all = '400 1000 2300';
  expect(found).toMatchObject({ r0: '400', r2: '2300', rall: all, r: all, s4: '1000', t1: '1000' });
  expect(found['some']).toMatch(/channels 0, 2/);
  expect(found['no']).toMatch(/channel 1, which none of its recording's sources has/);
});

it('lhotse: recordings with transforms are refused by name', async () => {
  const found = await heard(
    'lhotse',
    lhotse(
      [
        { id: 'r', sources: [source([0, 1, 2])], transforms: [{ name: 'Speed', kwargs: { factor: 1.1 } }] },
        { id: 's', sources: [source([0, 1, 2])], transforms: [] },
      ],
      [said('u', 'r', 0), said('v', 's', 0)],
    ),
  );
  expect(found['r']).toMatch(/transforms \(Speed\)/);
  expect(found['u']).toMatch(/no usable recording/);
  expect(found['v']).toBe('400');
});

it('lhotse: a source that stands for one channel of a file with more', async () => {
  const own = (id: string, channel: number): object => ({ id, sources: [source([channel])] });
  expect(await heard('lhotse', lhotse([own('r', 1)], [said('u', 'r', 1)]))).toEqual({ u: '1000' });
  const both = { id: 'r', sources: [source([0]), source([2])] };
  expect(await heard('lhotse', lhotse([both], [said('u', 'r', 2)]))).toEqual({ u: '2300' });
  const alone = Object.entries(lhotse([own('r', 1)], [])).filter(([name]) => !name.includes('supervisions'));
  expect(await heard('lhotse', Object.fromEntries(alone))).toEqual({ r: '1000' });
});

it('a table: its column of channels, in letters, sides and numbers', async () => {
  const table = async (...cells: string[]): Promise<Record<string, string>> => {
    const rows = cells.map((cell, i) => {
      const own = cell.startsWith('own ');
      return `u${i}\t${own ? 'own' : 'call'}.wav\t${own ? cell.slice(4) : cell}`;
    });
    return heard('tsv', {
      'm/call.wav': call,
      'm/own.wav': wavBytes([sine(1000, 16_000, 0.5)], 16_000, 's16'),
      'm/audio.tsv': ['id\tpath\tchannel', ...rows, ''].join('\n'),
    });
  };
  expect(await table('A', 'b', 'C', '', 'own B')).toEqual({
    u0: '400',
    u1: '1000',
    u2: '2300',
    u3: '400 1000 2300',
    u4: '1000',
  });
  expect(await table('left', 'R')).toEqual({ u0: '400', u1: '1000' });
  expect(await table('0', '1', '2')).toEqual({ u0: '400', u1: '1000', u2: '2300' });
  expect(await table('1', '2', '2')).toEqual({ u0: '400', u1: '1000', u2: '1000' });
  const odd = await table('0', 'the second', '5');
  expect(odd).toMatchObject({ u0: '400' });
  expect(odd['u1']).toMatch(/line 3 of audio.tsv is neither A, B … nor a number/);
  expect(odd['u2']).toMatch(/channel 6 is wanted, but it has 3/);
  // Something else is called a channel there.
  expect(await table('Radio Uno', 'Radio Dos')).toEqual({ u0: '400 1000 2300', u1: '400 1000 2300' });
});
