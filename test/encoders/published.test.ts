// Every family beside the states that transformers 5.24 computed from the same random weights: bench/peers/
// published_encoders.py small. Alone, in a batch of unequal lengths, rounded, and
// from a folder that needs no checkpoint.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { float32Tensor, writeSafetensors } from '../../bench/safetensors.js';
import { comparePublished, type Compared } from '../../bench/published.js';
import { readFloatNpy } from '../../src/core/npy.js';
import { computeSchema } from '../../src/core/stage.js';
import { bundleEncoder } from '../../src/features/bundle-encoder.js';
import { featuresConfig } from '../../src/features/config.js';
import { frameMiddle } from '../../src/core/frame-grid.js';
import type { Frames } from '../../src/core/time.js';
import { createExtractor } from '../../src/features/extractor.js';
import type { Precision } from '../../src/encoders/precision.js';
import { bucketsOf } from '../../src/encoders/wavlm.js';

const fixtures = join(import.meta.dirname, '../fixtures/published');
const compute = computeSchema.parse({ threads: 1 });
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'asr-published-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const seen = new Set<string>();
afterAll(() => {
  expect([...seen].sort()).toEqual(
    ['data2vec-audio', 'hubert', 'unispeech-sat', 'wav2vec2', 'wav2vec2-bert', 'wavlm', 'whisper'].sort(),
  );
});

async function lines(precision: Precision): Promise<Compared[]> {
  const all: Compared[] = [];
  for await (const line of comparePublished(fixtures, compute, precision)) all.push(line);
  return all;
}

describe('states of every block', () => {
  it('are those of transformers, alone and in a batch of unequal lengths', async () => {
    const found = await lines('stored');
    expect(found).toHaveLength(9);
    for (const { name, family, alone, together } of found) {
      seen.add(family);
      expect(Math.max(alone, together), name).toBeLessThan(1e-4);
    }
  });

  it('stay near with weights of half the size', async () => {
    for (const { name, alone, together } of await lines('float16'))
      expect(Math.max(alone, together), name).toBeLessThan(1e-2);
  });

  it('stay in sight with matrices of 8 bits, alone and in a batch alike', async () => {
    for (const { name, alone, together } of await lines('int8')) {
      expect(alone, name).toBeGreaterThan(1e-4); // they are really rounded
      expect(alone, name).toBeLessThan(0.1);
      // rows are rounded each by itself, so that padding changes nothing but the order of float sums elsewhere
      expect(together, name).toBeLessThan(0.1);
    }
  });
});

const open = (model: string, settings: object = {}) =>
  createExtractor(featuresConfig.parse({ kind: 'encoder', model, ...settings }), compute);
const sound = async (): Promise<Float32Array> => (await readFloatNpy(join(fixtures, 'sound-long.npy'))).data;

it('refuses frames that are longer than any speech', async () => {
  const folder = join(root, 'model');
  cpSync(join(fixtures, 'hubert'), folder, { recursive: true });
  const path = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { conv_stride: number[] };
  config.conv_stride[2] = 1_000_000;
  writeFileSync(path, JSON.stringify(config));
  await expect(open(folder)).rejects.toMatchObject({
    code: 'model',
    message: expect.stringMatching(/frames of \d+ samples every \d+; at most 160000 can be/) as unknown,
  });
});

describe('an encoder', () => {
  it('gives several blocks side by side, or their weighted sum, from one pass', async () => {
    const model = join(fixtures, 'wavlm');
    const one = async (settings: object): Promise<Float32Array> => {
      const extractor = await open(model, settings);
      const { data } = await extractor.extract(await sound());
      await extractor.dispose();
      return data;
    };
    const [first, second] = [await one({ layer: 1 }), await one({ layer: 2 })];
    const joined = await one({ layers: [2, 1] });
    const summed = await one({ layers: [1, 2], layerWeights: [0.25, 3] });
    const dim = 16;
    expect(joined.length).toBe(2 * first.length);
    first.forEach((value, i) => {
      const [t, c] = [Math.floor(i / dim), i % dim];
      expect(joined[t * 2 * dim + dim + c]).toBe(value);
      expect(joined[t * 2 * dim + c]).toBe(second[i]);
      expect(summed[i]).toBeCloseTo(0.25 * value + 3 * (second[i] as number), 4);
    });
  });

  it('says where its frames lie: a click moves the frame whose middle is nearest', async () => {
    for (const name of ['whisper', 'wav2vec2-bert']) {
      const extractor = await open(join(fixtures, name), { layer: 0 });
      const noise = Float32Array.from({ length: 6400 }, (_, i) => 0.01 * Math.sin(i * i * 0.37));
      const frame = 8;
      const heard = async (at: number): Promise<number> => {
        const clicked = noise.slice();
        clicked[at] = 1;
        const [a, b] = [await extractor.extract(noise), await extractor.extract(clicked)];
        const moved = Array.from({ length: a.rows }, (_, t) =>
          a.data
            .subarray(t * 16, (t + 1) * 16)
            .reduce((sum, v, c) => sum + Math.abs(v - (b.data[t * 16 + c] as number)), 0),
        );
        return moved.indexOf(Math.max(...moved));
      };
      const centre = await heard(frameMiddle(frame as Frames, extractor));
      expect(Math.abs(centre - frame), name).toBeLessThanOrEqual(1);
      await extractor.dispose();
    }
  });

  it('goes into a model folder without the checkpoint, cut off, and half as large in float16', async () => {
    const model = join(root, 'xls');
    cpSync(join(fixtures, 'wav2vec2-large'), model, { recursive: true });
    const sizeOf = (folder: string): number =>
      readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    const config = featuresConfig.parse({ kind: 'encoder', model, layer: 1 });
    const before = await createExtractor(config, compute);
    const expected = (await before.extract(await sound())).data;
    await before.dispose();
    const bundled = await bundleEncoder(config, root, join(root, 'bundle'));
    rmSync(model, { recursive: true });
    const after = await createExtractor(bundled.config, compute, join(root, 'bundle'));
    expect((await after.extract(await sound())).data).toEqual(expected);
    await after.dispose();
    cpSync(join(fixtures, 'wav2vec2-large'), model, { recursive: true });
    await bundleEncoder({ ...config, layer: 2 }, root, join(root, 'higher'));
    expect(sizeOf(join(root, 'higher/encoder'))).toBeGreaterThan(sizeOf(join(root, 'bundle/encoder')));
  });

  it('cuts what is longer than its positions reach', async () => {
    const extractor = await open(join(fixtures, 'whisper'), { layer: 2 });
    const long = Float32Array.from({ length: 100 * 320 }, (_, i) => 0.1 * Math.sin(0.03 * i));
    expect((await extractor.extract(long)).rows).toBe(100);
    await extractor.dispose();
  });
});

describe('buckets of distances', () => {
  it('are near ones alone and far ones together, before and behind apart', () => {
    const buckets = bucketsOf(320, 800);
    const of = (distance: number): number => buckets[distance + 800] as number;
    expect([of(0), of(-1), of(1), of(-79), of(79)]).toEqual([0, 1, 161, 79, 239]);
    expect([of(-800), of(800)]).toEqual([159, 319]);
    for (let d = 1; d < 800; d++) expect(of(d + 1)).toBeGreaterThanOrEqual(of(d));
  });
});

describe('what cannot be used', () => {
  const copy = (name = 'wav2vec2-large'): string => {
    cpSync(join(fixtures, name), join(root, 'model'), { recursive: true });
    return join(root, 'model');
  };
  const refusal = async (model: string, settings: object = {}): Promise<string> =>
    open(model, settings).then(
      () => 'taken',
      (error: unknown) => `${(error as { code: string }).code}: ${(error as Error).message}`,
    );
  const settings = (model: string, change: object): void => {
    const path = join(model, 'config.json');
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...change }));
  };

  it('is told apart in one sentence', async () => {
    const model = copy();
    const before = readdirSync(model);
    expect(await refusal(model, { layer: 3 })).toMatch(/^model: .*no block 3; it has blocks 1 to 2/);
    settings(model, { intermediate_size: 99 });
    expect(await refusal(model)).toMatch(/tensor "wav2vec2.encoder.*has the shape \[24\S* \S*\], expected \[99, 16\]/);
    settings(model, { intermediate_size: 24, num_hidden_layers: 9 });
    expect(await refusal(model, { layer: 9 })).toMatch(
      /tensor "wav2vec2.encoder.layers.2.* is missing, expected one of/,
    );
    settings(model, { num_hidden_layers: 2, hidden_act: 'relu' });
    expect(await refusal(model)).toMatch(/^model: .*config.json: hidden_act/);
    settings(model, { hidden_act: 'gelu', model_type: 'gpt2' });
    expect(await refusal(model)).toMatch(/^model: .*model_type is "gpt2", which is no speech encoder known here/);
    settings(model, { model_type: 'wav2vec2' });
    rmSync(join(model, 'preprocessor_config.json'));
    expect(await refusal(model)).toMatch(/^model: .*preprocessor_config.json: missing/);
    truncateSync(join(model, 'config.json'), 30);
    expect(await refusal(model)).toMatch(/^model: .*config.json: not valid JSON/);
    rmSync(join(model, 'config.json'));
    expect(await refusal(model)).toMatch(/^model: .*config.json: missing/);
    expect(readdirSync(model)).toEqual(before.filter((name) => !/config.json$/.test(name)));
    expect(await refusal(join(root, 'nowhere'))).toMatch(/^model: .*nowhere: no such/);
    mkdirSync(join(root, 'empty'));
    expect(await refusal(join(root, 'empty'))).toMatch(/^model: .*no weights in this folder/);
  });

  it('are heads that do not divide the width', async () => {
    const model = copy('whisper');
    const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as { d_model: number };
    writeFileSync(join(model, 'config.json'), JSON.stringify({ ...config, encoder_attention_heads: 1000 }));
    expect(await refusal(model)).toMatch(/^model: .*d_model \d+ does not divide into encoder_attention_heads 1000/);
  });

  it('are weights that are no numbers: the tensor is named', async () => {
    const model = copy('whisper');
    const { openCheckpoint, readTensor } = await import('../../src/checkpoints/index.js');
    const { tensors } = await openCheckpoint(model);
    const all: Record<string, ReturnType<typeof float32Tensor>> = {};
    for (const [name, tensor] of tensors) {
      const values = await readTensor(tensor);
      if (name === 'model.encoder.layers.0.fc1.weight') values[5] = NaN;
      all[name] = float32Tensor(tensor.shape, values);
    }
    writeSafetensors(join(model, 'model.safetensors'), all);
    expect(await refusal(model, { layer: 1 })).toMatch(
      /^model: .*tensor "model.encoder.layers.0.fc1.weight" holds NaN/,
    );
    expect(await refusal(model, { layer: 0 })).toBe('taken');
  });
});
