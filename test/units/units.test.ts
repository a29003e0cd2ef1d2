// Units of whole recordings from the frames of their speech: times, pauses, the clusters of another corpus.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JsonlWriter } from '../../src/core/jsonl.js';
import { silentLog } from '../../src/core/log.js';
import type { Recording, Region, Utterance } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import type { Samples } from '../../src/core/time.js';
import { slotsOf } from '../../src/units/slots.js';
import { readFileUnits, writeUnits, type UnitsOptions, type UnitsResult } from '../../src/units/units.js';
import { temporaryFolder } from '../temporary-folder.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const grid = { hop: 160, window: 400 };

interface Made {
  readonly id: string;
  readonly split?: 'train' | 'test';
  readonly samples: number;
  readonly utterances: readonly { regions: [number, number][]; value: (frame: number) => number }[];
}

/** Folders of a run whose frames have one column. */
async function folders(
  recordings: readonly Made[],
): Promise<{ audio: string; vad: string; features: string; out: string }> {
  const root = await temporaryFolder({
    'features/features.json': JSON.stringify({ kind: 'mfcc', dim: 1, ...grid, sampleRate: 16000, config: {} }),
  });
  const [audio, vad, features] = [join(root, 'audio'), join(root, 'vad'), join(root, 'features')];
  await mkdir(audio);
  await mkdir(vad);
  const heard = await JsonlWriter.create(join(audio, 'recordings.jsonl'));
  const manifest = await JsonlWriter.create(join(vad, 'utterances.jsonl'));
  const frames = await ShardWriter.create(join(features, 'frames'), { columns: 1 });
  for (const { id, split = 'train', samples, utterances } of recordings) {
    const source = { path: `${id}.wav`, sourceRate: 16000, sourceChannels: 1 };
    await heard.write({ id, speaker: 's', split, samples: samples as Samples, ...source } satisfies Recording);
    for (const [i, { regions, value }] of utterances.entries()) {
      const spoken = regions.reduce((sum, [start, end]) => sum + end - start, 0);
      const name = `${id}-${i}`;
      await manifest.write({
        id: name,
        recording: id,
        speaker: 's',
        split,
        regions: regions as Region[],
        samples: spoken as Samples,
      } satisfies Utterance);
      await frames.append(
        name,
        Float32Array.from({ length: 1 + Math.floor((spoken - 400) / 160) }, (_, t) => value(t)),
      );
    }
  }
  for (const writer of [heard, manifest, frames]) await writer.close();
  return { audio, vad, features, out: join(root, 'units') };
}

async function units(
  made: Awaited<ReturnType<typeof folders>>,
  options: Partial<UnitsOptions> = {},
): Promise<{ result: UnitsResult; lines: Record<string, number[]> }> {
  const rng = Rng.fromSeed(3);
  const fixed = { count: 3, step: 320, seed: 3, rng, compute, log: silentLog };
  const result = await writeUnits({ ...made, ...fixed, ...options });
  const lines: Record<string, number[]> = {};
  for await (const line of readFileUnits(join(options.out ?? made.out, 'units.jsonl'))) lines[line.file] = line.units;
  return { result, lines };
}

describe('units of recordings', () => {
  it('stand where their frames lie in the recording; what the detector cut away has a unit of its own', async () => {
    const made = await folders([
      // two pieces of speech of .2 s in .6 s: the first is low, the second high
      {
        id: 'a',
        samples: 9600,
        utterances: [
          {
            regions: [
              [1600, 4800],
              [6400, 9600],
            ],
            value: (t) => (t < 20 ? 0 : 10),
          },
        ],
      },
      { id: 'silent', samples: 1000, utterances: [] },
    ]);
    const { result, lines } = await units(made);
    expect(result).toMatchObject({ recordings: 2, units: 33, count: 3, pauses: 13 });
    const [low, high] = [lines['a']![10]!, lines['a']![25]!];
    expect(new Set([low, high])).toEqual(new Set([0, 1]));
    const run = (unit: number, times: number) => new Array<number>(times).fill(unit);
    // a frame in the middle of the pause belongs to either side
    expect(lines['a']!.slice(0, 14)).toEqual([...run(2, 5), ...run(low, 9)]);
    expect(lines['a']!.slice(15, 20)).toEqual(run(2, 5));
    expect(lines['a']!.slice(21)).toEqual(run(high, 9));
    expect(lines['silent']).toEqual([2, 2, 2]);
    const record = JSON.parse(await readFile(join(made.out, 'units.json'), 'utf8')) as object;
    expect(record).toMatchObject({ count: 3, step: 320, pauseUnit: 2, seed: 3, features: { kind: 'mfcc' } });
  });

  it('need no unit for pauses where there are none', async () => {
    const made = await folders([
      { id: 'a', samples: 9600, utterances: [{ regions: [[0, 9600]], value: (t) => (t < 20 ? 0 : t < 40 ? 5 : 10) }] },
    ]);
    const { result, lines } = await units(made);
    expect(result).toMatchObject({ count: 3, pauses: 0 });
    expect(new Set(lines['a']).size).toBe(3);
  });

  it('are named by the clusters of other recordings, which are fitted on training utterances alone', async () => {
    const train = await folders([
      { id: 'a', samples: 9600, utterances: [{ regions: [[0, 9600]], value: (t) => (t < 30 ? 0 : 10) }] },
      { id: 'b', split: 'test', samples: 9600, utterances: [{ regions: [[0, 9600]], value: () => 1e6 }] },
    ]);
    const first = await units(train, { count: 2, split: 'test' });
    expect(Object.keys(first.lines)).toEqual(['b']);
    const high = first.lines['b']![0]!;
    const other = await folders([
      { id: 'c', samples: 9600, utterances: [{ regions: [[0, 9600]], value: (t) => (t < 30 ? 9 : 1) }] },
    ]);
    const { lines } = await units(other, { clusters: train.out });
    expect(lines['c']).toEqual([...new Array<number>(15).fill(high), ...new Array<number>(15).fill(1 - high)]);
    await expect(units(other, { clusters: train.out, step: 160 })).rejects.toThrow(/units of 20 ms, asked for 10 ms/);
  });

  it('refuse the vad folder of another run', async () => {
    const [one, two] = [
      await folders([{ id: 'a', samples: 9600, utterances: [{ regions: [[0, 9600]], value: (t) => t }] }]),
      await folders([{ id: 'b', samples: 9600, utterances: [{ regions: [[0, 9600]], value: (t) => t }] }]),
    ];
    await expect(units({ ...one, audio: two.audio })).rejects.toThrow(/"a-0" belongs to "a"/);
  });
});

describe('steps', () => {
  it('hold the mean of the frames in them', () => {
    const utterance: Utterance = {
      ...{ id: 'a', recording: 'a', speaker: 's', split: 'train' as const, samples: 1040 as Samples },
      regions: [[320, 1360] as Region],
    };
    // middles at 520, 680, 840, 1000 and 1160 samples: steps 1, 2, 2, 3, 3
    const item = { id: 'a', data: Float32Array.of(1, 2, 4, 6, 8), rows: 5, columns: 1 };
    const { at, data } = slotsOf(item, utterance, grid, 320);
    expect([...at]).toEqual([1, 2, 3]);
    expect([...data]).toEqual([1, 3, 7]);
  });
});
