// `asr pretrain` behind the command, on a few seconds of made-up speech: it learns, continues after a kill to the same
// bytes, and what it leaves is an encoder to the features stage.
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JsonlWriter, readJson, readJsonl } from '../../src/core/jsonl.js';
import { silentLog, type Log } from '../../src/core/log.js';
import { readFloatNpy } from '../../src/core/npy.js';
import type { Hypothesis, Region, Utterance } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { ShardWriter } from '../../src/core/shard-writer.js';
import type { StageRecord } from '../../src/core/stage.js';
import { runStage } from '../../src/core/stage-run.js';
import type { Samples } from '../../src/core/time.js';
import { featuresConfig } from '../../src/features/config.js';
import { featuresInfoSchema } from '../../src/features/folder.js';
import { featuresStage } from '../../src/features/stage.js';
import { pretrainConfig } from '../../src/pretrain/config.js';
import { pretrainStage } from '../../src/pretrain/stage.js';
import { z } from 'zod';
import { temporaryFolder } from '../temporary-folder.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const second = 16_000;

/** Tones of four kinds, 80 ms each, in random order: phones of a sort. */
function speech(seed: number, seconds: number): Int16Array {
  const rng = Rng.fromSeed(seed);
  const piece = second * 0.08;
  const tones = Array.from(
    { length: Math.ceil((seconds * second) / piece) },
    () => [300, 700, 1500, 3200][rng.integer(4)]!,
  );
  return Int16Array.from({ length: seconds * second }, (_, n) =>
    Math.round(6000 * Math.sin((2 * Math.PI * tones[Math.floor(n / piece)]! * n) / second) + 200 * rng.normal()),
  );
}

async function finished(root: string, stage: string): Promise<string> {
  const folder = join(root, stage);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'stage.json'),
    JSON.stringify({
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
    } satisfies StageRecord),
  );
  return folder;
}

async function corpus(root: string, seed = 0): Promise<Record<'audio' | 'vad', string>> {
  const [audio, vad] = [await finished(root, 'audio'), await finished(root, 'vad')];
  const samples = await ShardWriter.create(join(audio, 'samples'), { columns: 1, type: 'int16' });
  const manifest = await JsonlWriter.create(join(vad, 'utterances.jsonl'));
  for (let i = 0; i < 9; i++) {
    await samples.append(`r${i}`, speech(seed + i, 2));
    await manifest.write({
      id: `u${i}`,
      recording: `r${i}`,
      speaker: 's',
      split: i === 8 ? 'test' : 'train',
      regions: [[0, 2 * second] as Region],
      samples: (2 * second) as Samples,
    } satisfies Utterance);
  }
  await samples.close();
  await manifest.close();
  return { audio, vad };
}

const tiny = {
  rounds: 2,
  front: { melBands: 20 },
  network: { channels: 24, kernel: 3, dilations: [1, 2] },
  targets: { codebooks: [4, 8], components: 8 },
  train: { steps: 24, batch: 2, crop: 64, checkpoint: 8, learningRate: 1e-2 },
};
const shared = [
  'weights.npy',
  'model.onnx',
  'config.json',
  'preprocessor_config.json',
  'metrics-1.jsonl',
  'metrics-2.jsonl',
  'pretrain.json',
];
const bytesOf = (folder: string) => shared.map((name) => readFileSync(join(folder, name)).toString('base64'));

describe('asr pretrain', () => {
  it('learns, is an encoder to the features stage, and gives the same bytes when it is killed in between', async () => {
    const root = await temporaryFolder();
    const inputs = await corpus(root);
    const train = (out: string, signal?: AbortSignal, log = silentLog) =>
      runStage(pretrainStage, {
        inputs,
        out: join(root, out),
        config: pretrainConfig.parse(tiny),
        data: root,
        seed: 1,
        log,
        compute,
        ...(signal ? { signal } : {}),
      });
    const { record } = await train('whole');
    expect(record.counts).toMatchObject({ utterances: 8, steps: 48 });
    const losses: number[] = [];
    for await (const { loss } of readJsonl(join(root, 'whole', 'metrics-1.jsonl'), z.object({ loss: z.number() })))
      losses.push(loss);
    expect(losses.at(-1)!).toBeLessThan(0.9 * losses[0]!);

    const controller = new AbortController();
    // Killed in the middle of the second round, between two checkpoints.
    const killing: Log = {
      ...silentLog,
      child: () => killing,
      progress: (label) => ({
        update: (done) => {
          if (label === 'round 2' && done === 13) controller.abort();
        },
        finish: () => undefined,
      }),
    };
    await expect(train('killed', controller.signal, killing)).rejects.toThrow();
    await train('killed');
    expect(bytesOf(join(root, 'killed'))).toEqual(bytesOf(join(root, 'whole')));

    const features = featuresConfig.parse({ kind: 'onnx', model: 'whole' });
    await runStage(featuresStage, {
      inputs,
      out: join(root, 'features'),
      config: features,
      data: root,
      seed: 1,
      log: silentLog,
      compute,
    });
    expect(await readJson(join(root, 'features', 'features.json'), featuresInfoSchema)).toMatchObject({
      dim: 48,
      hop: 320,
      window: 400,
      about: { family: 'asr-pretrain' },
    });
  }, 300_000);

  it('predicts the phones of a run as well, and says when the run is of other sound', async () => {
    const root = await temporaryFolder();
    const inputs = await corpus(root);
    const run = async (name: string, id: (i: number) => string): Promise<void> => {
      const hypotheses = await JsonlWriter.create(join(await finished(join(root, name), 'decode'), 'hypotheses.jsonl'));
      for (let i = 0; i < 8; i++)
        await hypotheses.write({
          id: id(i),
          recording: `r${i}`,
          split: 'train',
          phones: [
            { phone: 'a', start: 0 as Samples, end: second as Samples },
            { phone: 'b', start: second as Samples, end: (2 * second) as Samples },
          ],
        } satisfies Hypothesis);
      await hypotheses.close();
    };
    await run('run', (i) => `u${i}`);
    await run('other', (i) => `x${i}`);
    const train = (name: string) =>
      runStage(pretrainStage, {
        inputs,
        out: join(root, `encoder-${name}`),
        config: pretrainConfig.parse({
          ...tiny,
          rounds: 1,
          train: { ...tiny.train, steps: 8 },
          targets: { ...tiny.targets, run: name },
        }),
        data: root,
        seed: 1,
        log: silentLog,
        compute,
      });
    expect((await train('run')).record.counts).toMatchObject({ steps: 8 });
    await expect(train('other')).rejects.toThrow('none of its utterances');
    await mkdir(join(root, 'run', 'features'));
    await writeFile(
      join(root, 'run', 'features', 'features.json'),
      JSON.stringify({
        kind: 'supervised-stand-in',
        dim: 1,
        hop: 320,
        window: 400,
        sampleRate: 16_000,
        config: featuresConfig.parse({ kind: 'supervised-stand-in' }),
      }),
    );
    await rm(join(root, 'encoder-run'), { recursive: true });
    await expect(train('run')).rejects.toThrow('made from labels');
  }, 300_000);

  it('learns from several corpora, whose ids may be equal, and goes on with earlier weights', async () => {
    const root = await temporaryFolder();
    const inputs = await corpus(join(root, 'first'));
    await corpus(join(root, 'second'), 100);
    const train = (out: string, more: Record<string, unknown>) =>
      runStage(pretrainStage, {
        inputs,
        out: join(root, out),
        config: pretrainConfig.parse({ ...tiny, ...more }),
        data: root,
        seed: 1,
        log: silentLog,
        compute,
      });
    const { record } = await train('both', { corpora: ['second'] });
    expect(record.counts).toMatchObject({ utterances: 16 });
    expect(Object.keys(record.inputs)).toEqual(expect.arrayContaining([join(root, 'second', 'vad')]));
    const about = await readJson(join(root, 'both', 'pretrain.json'), z.looseObject({ corpora: z.array(z.unknown()) }));
    expect(about.corpora).toHaveLength(2);

    // One step at a rate of next to nothing: what comes out is what went in.
    const still = { rounds: 1, train: { ...tiny.train, steps: 1, learningRate: 1e-9, weightDecay: 0 } };
    await train('on', { ...still, start: 'both' });
    const weights = async (name: string) => (await readFloatNpy(join(root, name, 'weights.npy'))).data;
    const [before, after] = [await weights('both'), await weights('on')];
    after.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i]!, 5);
    });
    await expect(train('wider', { start: 'both', network: { ...tiny.network, channels: 32 } })).rejects.toThrow(
      'has channels 24, this training 32',
    );
    await expect(train('none', { start: 'first' })).rejects.toThrow('holds no weights.json');
    await expect(train('missing', { corpora: ['nowhere'] })).rejects.toThrow('has no finished audio stage');
    await expect(train('phones', { corpora: ['second'], targets: { ...tiny.targets, run: 'second' } })).rejects.toThrow(
      'phones of its own corpus alone',
    );
  }, 300_000);
});
