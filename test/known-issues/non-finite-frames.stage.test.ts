// One NaN in the frames of one utterance spread over all of its speaker's by the mean that is taken away; and names
// with blanks, backslashes and decomposed letters did not find the frames that were brought along; and one damaged file
// of frames ended the stage.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clustersStage } from '../../src/clusters/stage.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import { ShardReader } from '../../src/core/shards.js';
import { writeNpy } from '../../src/core/npy.js';
import { decodeItems } from '../../src/decode/inputs.js';
import { brokenFrame } from '../../src/features/frames.js';
import { featuresConfig } from '../../src/features/config.js';
import { featuresStage } from '../../src/features/stage.js';
import { runStage } from '../../src/core/stage-run.js';
import { silentLog } from '../../src/core/log.js';
import { computeSchema, type StageRecord } from '../../src/core/stage.js';
import { runLearn, simulatedCorpus, type SimulatedCorpus } from '../learn/simulated-corpus.js';
import { temporaryFolder } from '../temporary-folder.js';

const ids = ['u1', 'u2', 'my_file_3', 'caf\u00e9_4', 'back\\slash_5', 'sub_u6'];
const samples = 16_000;
const rows = 49;
const frames = (seed: number): Float32Array => Float32Array.from({ length: rows * 4 }, (_, i) => Math.sin(seed + i));

async function corpus(): Promise<{ folder: string; vad: string }> {
  const folder = await temporaryFolder();
  const vad = join(folder, 'vad');
  for (const stage of ['audio', 'vad']) {
    await mkdir(join(folder, stage));
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
    await writeFile(join(folder, stage, 'stage.json'), JSON.stringify(record));
  }
  await mkdir(join(folder, 'brought'));
  await writeFile(
    join(vad, 'utterances.jsonl'),
    ids
      .map((id) =>
        JSON.stringify({ id, recording: id, speaker: 'one', split: 'train', regions: [[0, samples]], samples }),
      )
      .join('\n'),
  );
  return { folder, vad };
}

async function extract(folder: string, vad: string): Promise<{ reader: ShardReader; skipped: string }> {
  const out = join(folder, 'features');
  await runStage(featuresStage, {
    inputs: { audio: join(folder, 'audio'), vad },
    out,
    config: featuresConfig.parse({ kind: 'precomputed', folder: 'brought' }),
    data: folder,
    seed: 1,
    compute: computeSchema.parse({ threads: 1 }),
    log: silentLog,
  });
  const skipped = await readFile(join(out, 'skipped.jsonl'), 'utf8').catch(() => '');
  return { reader: await ShardReader.open(join(out, 'frames')), skipped };
}

describe('frames that were brought along', () => {
  it('with a value that is no number cost their utterance alone', async () => {
    const { folder, vad } = await corpus();
    for (const [i, id] of ids.entries()) {
      const data = frames(i);
      if (id === 'u2') data[70] = NaN;
      if (id === 'my_file_3') data[3] = Infinity;
      await writeNpy(join(folder, 'brought', `${id}.npy`), data, [rows, 4]);
    }
    const { reader, skipped } = await extract(folder, vad);
    expect(reader.ids).toEqual(ids.filter((id) => id !== 'u2' && id !== 'my_file_3'));
    expect(skipped).toContain('value 2 of frame 17 is NaN');
    expect(skipped).toContain('value 3 of frame 0 is Infinity');
    for await (const { data } of reader.items()) expect(data.every(Number.isFinite)).toBe(true);
    await reader.close();
  });

  it('in a damaged file, or one of another kind, cost its utterance alone', async () => {
    const { folder, vad } = await corpus();
    for (const [i, id] of ids.entries()) await writeNpy(join(folder, 'brought', `${id}.npy`), frames(i), [rows, 4]);
    const whole = await readFile(join(folder, 'brought', 'u1.npy'));
    await writeFile(join(folder, 'brought', 'u1.npy'), whole.subarray(0, 500));
    await writeFile(join(folder, 'brought', 'my_file_3.npy'), whole.toString('latin1').replace('<f4', '<f8'), 'latin1');
    const { reader, skipped } = await extract(folder, vad);
    expect(reader.ids).toEqual(ids.filter((id) => id !== 'u1' && id !== 'my_file_3'));
    expect(skipped).toMatch(/"u1".*500 bytes, expected/);
    expect(skipped).toMatch(/"my_file_3".*<f8 is not supported/);
    await reader.close();
  });

  it('are found by names as people write them', async () => {
    const { folder, vad } = await corpus();
    const names = ['u1', 'u2', 'my file 3', 'cafe\u0301 4', 'back\\slash 5', 'sub/u6'];
    await mkdir(join(folder, 'brought', 'sub'));
    for (const [i, name] of names.entries())
      await writeNpy(join(folder, 'brought', `${name}.npy`), frames(i), [rows, 4]);
    const { reader } = await extract(folder, vad);
    expect(reader.ids).toEqual(ids);
    await reader.close();
  });

  it('are found in a folder of fairseq by its list of files', async () => {
    const { folder, vad } = await corpus();
    const all = Float32Array.from(ids.flatMap((_, i) => [...frames(i)]));
    await writeNpy(join(folder, 'brought', 'train.npy'), all, [rows * ids.length, 4]);
    await writeFile(join(folder, 'brought', 'train.lengths'), ids.map(() => `${rows}\n`).join(''));
    const names = ['u1.wav', 'u2.wav', 'my file 3.wav', 'cafe\u0301 4.wav', 'back\\slash 5.wav', 'sub/u6.wav'];
    await writeFile(join(folder, 'brought', 'train.tsv'), `/data\n${names.map((name) => `${name}\t16000\n`).join('')}`);
    const { reader } = await extract(folder, vad);
    expect(reader.ids).toEqual(ids);
    await reader.close();
  });
});

describe('frames in shards', () => {
  it('are refused by utterance, whoever wrote them', async () => {
    const folder = await temporaryFolder();
    const writer = await ShardWriter.create(folder, { columns: 2 });
    await writer.append('good', Float32Array.of(1, 2, 3, 4));
    await writer.append('bad', Float32Array.of(1, 2, 3, NaN));
    await writer.close();
    const reader = await ShardReader.open(folder);
    expect((await reader.read('good')).rows).toBe(2);
    await expect(reader.read('bad')).rejects.toMatchObject({
      code: 'input',
      message: `${folder}: "bad": value 1 of row 1 is NaN, not a finite number`,
    });
    await reader.close();
  });

  it('know numbers that half precision does not hold', () => {
    expect(brokenFrame(Float32Array.of(1, 70_000), 2)).toBeUndefined();
    expect(brokenFrame(Float32Array.of(1, 70_000), 2, 65_504)).toContain('value 1 of frame 0 is 70000');
    expect(brokenFrame(Float32Array.of(1, -Infinity), 1)).toContain('value 0 of frame 1 is -Infinity');
  });
});

describe('decoding', () => {
  it('leaves an utterance with such frames out by name, and takes the others', async () => {
    const root = await temporaryFolder();
    const at = (name: string): string => join(root, name);
    const shards = async (folder: string, bad: number): Promise<void> => {
      await mkdir(folder, { recursive: true });
      const writer = await ShardWriter.create(folder, { columns: 1 });
      for (const id of ['a', 'b']) await writer.append(id, Float32Array.of(0.5, id === 'b' ? bad : 1));
      await writer.close();
    };
    await shards(at('segments/pooled'), 2);
    await shards(at('features/frames'), NaN);
    for (const folder of ['vad', 'clusters']) await mkdir(at(folder));
    const lines = (record: object): string => ['a', 'b'].map((id) => JSON.stringify({ id, ...record })).join('\n');
    const speech = { recording: 'r', speaker: 's', split: 'train', regions: [[0, 320]], samples: 320 };
    await writeFile(at('vad/utterances.jsonl'), lines(speech));
    await writeFile(at('segments/boundaries.jsonl'), lines({ ends: [1, 2] }));
    await writeFile(at('clusters/units.jsonl'), lines({ units: [0, 1] }));
    const folders = { vad: at('vad'), segments: at('segments'), clusters: at('clusters'), features: at('features') };
    const items = [];
    for await (const item of decodeItems(folders, true)) items.push(item);
    expect(items[0]).toMatchObject({ utterance: { id: 'a' }, input: { units: [0, 1] } });
    expect(items[1]).toMatchObject({
      utterance: { id: 'b' },
      input: undefined,
      problem: `${at('features/frames')}: "b": value 0 of row 1 is NaN, not a finite number`,
    });
  });
});

describe('learning', () => {
  /** One value of each of the utterances. */
  async function spoil(corpus: SimulatedCorpus, folder: string, ...ids: string[]): Promise<void> {
    const path = join(corpus.folder, folder);
    const reader = await ShardReader.open(path);
    const items = [];
    for await (const item of reader.items()) items.push(item);
    await reader.close();
    await rm(path, { recursive: true });
    const writer = await ShardWriter.create(path, { columns: items[0]!.columns });
    for (const item of items) {
      if (ids.includes(item.id)) item.data[4] = NaN;
      await writer.append(item.id, item.data);
    }
    await writer.close();
  }
  const gan = {
    updates: 4,
    batch: 8,
    evaluateEvery: 4,
    discriminator: { dim: 8 },
    generator: { kernel: 9, stride: 3, padding: 4 },
  };

  it.each<[string, object]>([
    ['matching and its HMMs', { matching: { restarts: 2, steps: 20 }, cycle: { starts: 1, rounds: 1 } }],
    ['an adversary on segments', { method: 'gan', refine: 'none', gan: { ...gan, generator: {} } }],
    ['an adversary on frames', { method: 'gan', refine: 'none', gan: { ...gan, input: 'frames' } }],
  ])('by %s leaves such utterances out by name, and learns from the others', async (_, config) => {
    const corpus = await simulatedCorpus(40);
    await spoil(corpus, 'features/frames', 'u3');
    await spoil(corpus, 'segments/pooled', 'u7');
    const learned = await runLearn(corpus, 'learned', config);
    const skipped = await readFile(join(learned, 'skipped.jsonl'), 'utf8');
    const lines = skipped
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; reason: string });
    expect(lines.map(({ id }) => id)).toEqual(['u3', 'u7']);
    for (const { reason } of lines) expect(reason).toContain('value 1 of row 1 is NaN, not a finite number');
    expect(JSON.parse(await readFile(join(learned, 'stage.json'), 'utf8'))).toMatchObject({ skipped: 2 });
    expect((await readFile(join(learned, 'runs.jsonl'), 'utf8')).length).toBeGreaterThan(0);
  });

  it('has nothing to learn from where every utterance is such', async () => {
    const corpus = await simulatedCorpus(4);
    await spoil(corpus, 'features/frames', 'u0', 'u1', 'u2', 'u3');
    await expect(runLearn(corpus, 'learned', {})).rejects.toThrow(/each of the 4 training utterances was left out/);
  });

  it('finds units of the others', async () => {
    const corpus = await simulatedCorpus(40);
    await spoil(corpus, 'segments/pooled', 'u7');
    const out = join(corpus.folder, 'units');
    await runStage(clustersStage, {
      inputs: { segments: corpus.inputs['segments']!, vad: corpus.inputs['vad']! },
      out,
      config: clustersStage.config.parse({ count: 4 }),
      data: '.',
      seed: 1,
      compute: computeSchema.parse({ threads: 1 }),
      log: silentLog,
    });
    const units = await readFile(join(out, 'units.jsonl'), 'utf8');
    expect(units.trim().split('\n')).toHaveLength(39);
    expect(units).not.toContain('"u7"');
    expect(await readFile(join(out, 'skipped.jsonl'), 'utf8')).toContain('"u7"');
  });
});
