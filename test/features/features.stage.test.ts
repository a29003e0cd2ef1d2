// The features stage on small real folders: what it writes, whom it leaves out, and that a file alone
// (what transcribe does) gives the frames that the stage gives.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonlWriter, readJson } from '../../src/core/jsonl.js';
import { silentLog } from '../../src/core/log.js';
import type { Recording, Region, Utterance } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { ShardReader } from '../../src/core/shards.js';
import type { StageRecord } from '../../src/core/stage.js';
import { runStage } from '../../src/core/stage-run.js';
import type { Samples } from '../../src/core/time.js';
import { featuresConfig } from '../../src/features/config.js';
import { createExtractor } from '../../src/features/extractor.js';
import { featuresInfoSchema } from '../../src/features/folder.js';
import { normaliseTogetherInPlace } from '../../src/features/normalise.js';
import { createReduction, readReduction } from '../../src/features/reduction.js';
import { featuresStage } from '../../src/features/stage.js';
import { keepRegions } from '../../src/vad/regions.js';
import { folderDigest } from '../folder-digest.js';

const compute = { engine: 'cpu' as const, threads: 1 };
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'asr-features-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const sounds: Record<string, Int32Array> = Object.fromEntries(
  ['a', 'b', 'c'].map((id, i) => {
    const rng = Rng.fromSeed(i);
    return [
      id,
      Int32Array.from({ length: 16_000 }, (_, n) =>
        Math.round(4000 * (i + 1) * Math.sin(n * (0.1 + i * 0.02)) + 200 * rng.normal()),
      ),
    ];
  }),
);

const utterance = (id: string, recording: string, speaker: string, regions: [number, number][]): Utterance => ({
  id,
  recording,
  speaker,
  split: 'train',
  regions: regions as Region[],
  samples: regions.reduce((sum, [s, e]) => sum + e - s, 0) as Samples,
});
const good = [
  utterance('a-1', 'a', 'ana', [
    [0, 3000],
    [5000, 8000],
  ]),
  utterance('a-2', 'a', 'ana', [[9000, 16000]]),
  utterance('b-1', 'b', 'ben', [[100, 12000]]),
  utterance('c-1', 'c', 'ana', [[0, 16000]]),
];

async function finished(stage: string): Promise<string> {
  const folder = join(root, stage);
  await mkdir(folder, { recursive: true });
  const record: StageRecord = {
    stage,
    key: `${stage}-key`,
    version: 1,
    program: 'test',
    seed: 0,
    config: {},
    inputs: {},
    counts: {},
    skipped: 0,
    seconds: 0,
    peakMiB: 0,
    compute: {},
    finished: '',
  };
  await writeFile(join(folder, 'stage.json'), JSON.stringify(record));
  return folder;
}

async function run(
  utterances: readonly Utterance[],
  settings: object = {},
  shardItems = 1000,
): Promise<{ out: string; record: StageRecord }> {
  const audio = await finished('audio');
  const samples = await ShardWriter.create(join(audio, 'samples'), { columns: 1, type: 'int16' });
  const recordings = await JsonlWriter.create(join(audio, 'recordings.jsonl'));
  for (const [id, data] of Object.entries(sounds)) {
    await samples.append(id, data);
    await recordings.write({
      id,
      path: `${id}.wav`,
      speaker: id,
      split: 'train',
      samples: data.length as Samples,
      sourceRate: 16_000,
      sourceChannels: 1,
    } satisfies Recording);
  }
  await samples.close();
  await recordings.close();
  const vad = await finished('vad');
  const manifest = await JsonlWriter.create(join(vad, 'utterances.jsonl'));
  for (const one of utterances) await manifest.write(one);
  await manifest.close();
  const out = join(root, 'features');
  const { record } = await runStage(featuresStage, {
    inputs: { audio, vad },
    out,
    config: featuresConfig.parse(settings),
    data: root,
    seed: 1,
    log: silentLog,
    compute,
    force: true,
    shardItems,
  });
  return { out, record };
}

async function framesOf(out: string): Promise<Map<string, { data: Float32Array; rows: number }>> {
  const reader = await ShardReader.open(join(out, 'frames'));
  const all = new Map<string, { data: Float32Array; rows: number }>();
  for await (const { id, data, rows } of reader.items()) all.set(id, { data, rows });
  await reader.close();
  return all;
}

function mean(parts: readonly Float32Array[], columns: number, c: number, power = 1): number {
  const values = parts.flatMap((part) => Array.from(part).filter((_, i) => i % columns === c));
  return values.reduce((a, b) => a + b ** power, 0) / values.length;
}

describe('reduction to components', () => {
  it('is fitted on some training utterances by chance where there are more frames than it may look at', async () => {
    const basisOf = async (fitFrames: number): Promise<Float32Array> => {
      const { out } = await run(good, { reduction: { components: 8, fitFrames } });
      expect([...(await framesOf(out)).keys()]).toEqual(good.map(({ id }) => id));
      return (await readReduction(join(out, 'reduction'))).basis;
    };
    const all = await basisOf(1e6);
    const { out } = await run(good, { reduction: { components: 8 } });
    expect((await readReduction(join(out, 'reduction'))).basis).toEqual(all);
    expect(await basisOf(1)).not.toEqual(all);
  });

  it('is fitted on training utterances, and gives a file alone the frames that the stage gives', async () => {
    const { out } = await run([...good.slice(0, 3), { ...good[3]!, split: 'test' }], { reduction: { components: 8 } });
    const info = await readJson(join(out, 'features.json'), featuresInfoSchema);
    expect(info).toMatchObject({ dim: 8, reduction: { columns: 39 } });
    expect(info.deviations).toBeUndefined();
    const frames = await framesOf(out);
    const train = ['a-1', 'a-2', 'b-1'].map((id) => frames.get(id)!.data);
    for (let c = 0; c < 8; c++) {
      expect(mean(train, 8, c)).toBeCloseTo(0, 3);
      expect(mean(train, 8, c, 2)).toBeCloseTo(1, 2);
    }
    const extractor = await createExtractor(info.config, compute, root);
    const samples = Float32Array.from(sounds['b']!, (value) => value / 32_768);
    const alone = await extractor.extract(keepRegions(samples, [[100, 12000] as Region]));
    normaliseTogetherInPlace([alone], extractor.dim, info.config.normalise);
    const reduction = createReduction(await readReduction(join(out, 'reduction')), compute);
    const found = await reduction.apply(alone.data, alone.rows);
    expect(found).toHaveLength(frames.get('b-1')!.data.length);
    frames.get('b-1')!.data.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 3);
    });
    await reduction.dispose();
    await extractor.dispose();
  });
});

describe('features stage', () => {
  it('writes frames of all utterances, normalised over each speaker, and says how to read them', async () => {
    const { out, record } = await run(good);
    const frames = await framesOf(out);
    expect([...frames.keys()]).toEqual(['a-1', 'a-2', 'b-1', 'c-1']);
    expect([...frames.values()].map((f) => f.rows)).toEqual([36, 42, 72, 98]);
    expect(record.counts).toEqual({ utterances: 4, frames: 248, speakers: 2 });
    const ana = ['a-1', 'a-2', 'c-1'].map((id) => frames.get(id)!.data);
    for (const speaker of [ana, [frames.get('b-1')!.data]]) {
      for (const c of [0, 5, 20, 38]) {
        expect(mean(speaker, 39, c)).toBeCloseTo(0, 4);
        expect(mean(speaker, 39, c, 2)).toBeCloseTo(1, 3);
      }
    }
    expect(Math.abs(mean([ana[0]!], 39, 0))).toBeGreaterThan(0.1);
    const info = await readJson(join(out, 'features.json'), featuresInfoSchema);
    expect([info.kind, info.dim, info.hop, info.window]).toEqual(['mfcc', 39, 160, 400]);
    expect(info.deviations?.length).toBe(39);
    expect(info.deviations!.every((d) => d > 0)).toBe(true);
    expect((await readdir(out)).sort()).toEqual(['features.json', 'frames', 'stage.json']);
  });

  it('gives the frames that a file alone gives, in every way of normalising', async () => {
    for (const normalise of ['speaker', 'utterance', 'none'] as const) {
      const two = [good[0]!, good[1]!];
      const frames = await framesOf((await run(two, { normalise })).out);
      const config = featuresConfig.parse({ normalise });
      const extractor = await createExtractor(config, compute);
      const sound = Float32Array.from(sounds['a']!, (x) => x / 32767);
      const alone = [];
      for (const { regions } of two) alone.push(await extractor.extract(keepRegions(sound, regions)));
      await extractor.dispose();
      normaliseTogetherInPlace(alone, 39, normalise);
      expect(alone[0]!.data).toEqual(frames.get('a-1')!.data);
      expect(alone[1]!.data).toEqual(frames.get('a-2')!.data);
    }
  });

  it('leaves out by name what has too little sound, no recording or a region beyond it', async () => {
    const bad = [
      utterance('short', 'a', 'ana', [[0, 399]]),
      utterance('lost', 'nobody', 'ana', [[0, 4000]]),
      utterance('beyond', 'b', 'ben', [[15_000, 16_001]]),
    ];
    const { out, record } = await run([...bad, ...good]);
    expect([record.skipped, record.counts['utterances']]).toEqual([3, 4]);
    const skipped = await readFile(join(out, 'skipped.jsonl'), 'utf8');
    expect(skipped).toContain('"id":"short","reason":"399 samples are less than one frame of 400"');
    expect(skipped).toMatch(/"id":"lost","reason":".*no array for id \\"nobody\\"/);
    expect(skipped).toMatch(/"id":"beyond".*end at sample 16001.*16000 samples/);
  });

  it('gives the same bytes again, and half the bytes as float16', async () => {
    const path = join((await run(good)).out, 'frames', '00000.npy');
    const first = await readFile(path);
    await run(good);
    expect((await readFile(path)).equals(first)).toBe(true);
    await run(good, { storage: 'float16' });
    expect((await readFile(path)).length - 128).toBe((first.length - 128) / 2);
  });

  it('gives the same bytes in pieces of any size', async () => {
    const utterances = [utterance('short', 'a', 'ana', [[0, 399]]), ...good];
    for (const normalise of ['speaker', 'utterance', 'none']) {
      const whole = await folderDigest((await run(utterances, { normalise })).out);
      expect(Object.keys(whole)).toContain('skipped.jsonl');
      for (const items of [1, 2])
        expect(await folderDigest((await run(utterances, { normalise }, items)).out)).toEqual(whole);
    }
  });

  it('says so when no utterance gives frames', async () => {
    await expect(run([utterance('short', 'a', 'ana', [[0, 399]])])).rejects.toThrow('none of 1 utterances gave frames');
    await expect(run([])).rejects.toThrow('none of 0 utterances gave frames');
  });
});
