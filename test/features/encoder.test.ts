// Published encoders against an independent implementation in PyTorch: every family, every block, alone and in a padded
// batch; and what the user is told when the file is not what it should be.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families } from '../../bench/encoder-families.js';
import { encoderOnnx } from '../../bench/encoder-graph.js';
import { endAt, readOnnxFile } from '../../src/engine/index.js';
import { featuresConfig } from '../../src/features/config.js';
import { prepareEncoder } from '../../src/features/encoder.js';
import { zeroMeanUnitVariance } from '../../src/features/encoder-run.js';
import { openLane } from '../../src/features/encoder-lane.js';
import { declaredOutputs } from './external-data.js';
import { compute, difference, openEncoder, sound, writeEncoder } from './encoder-folder.js';

interface Golden {
  frames: number;
  states: number[][][];
  padded?: { frames: number; last: number[][] };
}
const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/encoders/golden.json'), 'utf8'),
) as Record<string, Golden>;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'asr-encoder-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});
const folderOf = (name: string): string => join(root, name);
const at = (data: Float32Array, rows: number, frame: number): Float32Array =>
  data.slice((frame < 0 ? rows + frame : frame) * 16, (frame < 0 ? rows + frame + 1 : frame + 1) * 16);

describe.each(Object.keys(families))('%s', (family) => {
  const expected = golden[family] as Golden;
  it('gives the frames of every block that PyTorch gives', async () => {
    const model = writeEncoder(folderOf(family), family);
    for (const [layer, state] of expected.states.entries()) {
      const encoder = await openEncoder(model, { layer });
      expect([encoder.hop, encoder.window, encoder.dim]).toEqual([320, 400, 16]);
      const { data, rows } = await encoder.extract(sound(8000));
      expect(rows).toBe(expected.frames);
      expect(rows).toBe(24);
      for (const [i, frame] of [0, 5, 12, -1].entries())
        expect(difference(at(data, rows, frame), state[i]!), `block ${layer}, frame ${frame}`).toBeLessThan(1e-4);
      await encoder.dispose();
    }
  });

  it('gives an utterance the same frames in company as alone', async () => {
    const encoder = await openEncoder(writeEncoder(folderOf(family), family), { layer: 3 });
    const sounds = [8000, 5200, 7601, 7999, 7999, 399, 400].map(sound);
    const together = await encoder.extractMany!(sounds);
    for (const [i, samples] of sounds.entries()) {
      const alone = await encoder.extract(samples);
      const found = together[i] as { data: Float32Array; rows: number };
      expect(found.rows).toBe(samples.length < 400 ? 0 : 1 + Math.floor((samples.length - 400) / 320));
      expect(found.rows).toBe(alone.rows);
      expect(difference(found.data, alone.data)).toBeLessThan(1e-4);
    }
    if (expected.padded) {
      const { data, rows } = await encoder.extract(sounds[1]!);
      expect(rows).toBe(expected.padded.frames);
      for (const [i, frame] of [0, -1].entries())
        expect(difference(at(data, rows, frame), expected.padded.last[i]!)).toBeLessThan(1e-4);
    }
    await encoder.dispose();
  });
});

describe('masks', () => {
  it('keep a longer neighbour out of an utterance, and are needed for it', async () => {
    const [long, short] = [zeroMeanUnitVariance(sound(8000)), zeroMeanUnitVariance(sound(5200))];
    const values = new Float32Array(16_000);
    values.set(long);
    values.set(short, 8000);
    const run = async (lengths: number[]): Promise<Float32Array> => {
      const { model, output } = await prepareEncoder(
        featuresConfig.parse({ kind: 'onnx', model: writeEncoder(folderOf('masked'), 'wavlm-large'), layer: 3 }),
        '.',
      );
      const lane = await openLane({ model, folder: root, name: 'masked', output, compute });
      const { data, rows, dim } = await lane.run({ values, lengths, width: 8000 });
      await lane.dispose();
      return data.slice(rows * dim, (rows + 16) * dim);
    };
    const last = golden['wavlm-large']!.padded!.last;
    const rightly = await run([8000, 5200]);
    expect(difference(rightly.slice(0, 16), last[0]!)).toBeLessThan(1e-4);
    const wrongly = await run([8000, 8000]);
    expect(difference(wrongly.slice(0, 16), last[0]!)).toBeGreaterThan(1e-2);
  });
});

describe('normalisation of the sound', () => {
  it('follows preprocessor_config.json, and the setting before it', async () => {
    const on = await openEncoder(writeEncoder(folderOf('on'), 'wav2vec2-large'), { layer: 2 });
    const off = await openEncoder(
      writeEncoder(folderOf('off'), 'wav2vec2-large', { preprocessor: { do_normalize: false } }),
      { layer: 2 },
    );
    const forced = await openEncoder(folderOf('off'), { layer: 2, normaliseSound: true });
    const samples = sound(6000);
    const quiet = samples.map((x) => x / 10);
    const [a, b, c, d] = await Promise.all([
      on.extract(samples),
      on.extract(quiet),
      off.extract(samples),
      forced.extract(samples),
    ]);
    expect(difference(a.data, b.data)).toBeLessThan(1e-3); // loudness does not matter
    expect(difference(a.data, c.data)).toBeGreaterThan(1e-2);
    expect(difference(a.data, d.data)).toBe(0);
    expect(difference((await off.extract(zeroMeanUnitVariance(samples))).data, a.data)).toBeLessThan(1e-5);
    for (const encoder of [on, off, forced]) await encoder.dispose();
  });
});

describe('kinds of files', () => {
  it('takes half precision and 8-bit weights', async () => {
    const exact = await openEncoder(writeEncoder(folderOf('fp32'), 'wav2vec2-large'), { layer: 2 });
    const { data } = await exact.extract(sound(8000));
    const spread = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
    for (const [precision, file, within] of [
      ['float16', 'model_fp16.onnx', 0.02],
      // Processors without VNNI saturate sums of 8-bit products: differences of half the spread were seen there.
      ['int8', 'model_quantized.onnx', 0.8],
    ] as const) {
      const encoder = await openEncoder(writeEncoder(folderOf(precision), 'wav2vec2-large', { precision, file }), {
        layer: 2,
      });
      const found = await encoder.extract(sound(8000));
      const error = difference(found.data, data);
      expect(error, precision).toBeLessThan(within * spread);
      expect(error, precision).toBeGreaterThan(0);
      await encoder.dispose();
    }
    await exact.dispose();
  });

  it('finds blocks among listed hidden states', async () => {
    const listed = await openEncoder(writeEncoder(folderOf('listed'), 'wavlm-base', { lists: 'all', nameless: true }), {
      layer: 1,
    });
    const { data, rows } = await listed.extract(sound(8000));
    expect(difference(at(data, rows, 5), golden['wavlm-base']!.states[1]![1]!)).toBeLessThan(1e-4);
    await listed.dispose();
  });

  it('takes five eighths of the blocks when none is named', async () => {
    const encoder = await openEncoder(writeEncoder(folderOf('default'), 'hubert-base'));
    expect(encoder.about).toMatchObject({ family: 'hubert', layer: 2 });
    await encoder.dispose();
  });

  it('leaves out what stands above the block', () => {
    const bytes = readFileSync(join(writeEncoder(folderOf('whole'), 'wav2vec2-base'), 'model.onnx'));
    const file = readOnnxFile(bytes, 'x');
    const value = file.nodes.find(({ name }) => name.startsWith('/encoder/layers.0/final_layer_norm/'))!.outputs[0]!;
    const ended = endAt(bytes, value, 'x');
    expect(readOnnxFile(ended, 'x').outputs).toEqual([value]);
    expect(readOnnxFile(ended, 'x').nodes.some(({ name }) => name.includes('/encoder/layers.1/'))).toBe(false);
    expect(ended.length).toBeLessThan(bytes.length * 0.7);
    expect(declaredOutputs(ended)).toEqual([
      { name: value, type: { tensor_type: { elem_type: 1, shape: { dim: [{}, {}, {}] } } } },
    ]);
    const halves = encoderOnnx(families['wav2vec2-base']!, { precision: 'float16' });
    const half = readOnnxFile(halves, 'x').nodes.find(({ name }) =>
      name.startsWith('/encoder/layers.0/final_layer_norm/'),
    )!;
    expect(declaredOutputs(endAt(halves, half.outputs[0]!, 'x'))).toMatchObject([
      { type: { tensor_type: { elem_type: 10 } } },
    ]);
  });
});

describe('what cannot be used', () => {
  const opened = (model: string, settings: object = {}) =>
    openEncoder(model, settings).then(
      async (encoder) => {
        await encoder.dispose();
        return 'opened';
      },
      (error: Error & { hint?: string }) => `${error.message} | ${error.hint ?? ''}`,
    );
  it('is named, with the commands that get a model', async () => {
    expect(await opened(join(root, 'nowhere'))).toMatch(
      /nowhere: no such file or folder .*optimum-cli export onnx --model .*hf download/,
    );
    expect(await opened('')).toMatch(/features.model names no model .*optimum-cli/);
    const empty = mkdtempSync(join(root, 'empty-'));
    expect(await opened(empty)).toMatch(/no ONNX file in this folder.*optimum-cli/);
    writeFileSync(join(empty, 'model.onnx'), 'version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 99\n');
    expect(await opened(empty)).toMatch(/config.json: missing.*hf download MODEL/);
    writeFileSync(join(empty, 'config.json'), '{"num_hidden_layers": 3}');
    expect(await opened(empty)).toMatch(/Git LFS pointer/);
    writeFileSync(join(empty, 'config.json'), '{"num_hidden_layers": "three"}');
    expect(await opened(empty)).toMatch(/config.json: num_hidden_layers:.*number/);
  });

  it('is told apart: blocks, values, sizes and rates', async () => {
    const model = writeEncoder(folderOf('wrong'), 'wav2vec2-large');
    expect(await opened(model, { layer: 7 })).toMatch(/no block 7; it has blocks 1 to 3/);
    expect(await opened(model, { outputNode: 'hidden' })).toMatch(/no value or node "hidden".*last_hidden_state/);
    expect(await opened(model, { outputNode: 'last_hidden_state' })).toBe('opened');
    writeEncoder(folderOf('nameless'), 'wav2vec2-large', { nameless: true });
    expect(await opened(folderOf('nameless'), { layer: 2 })).toMatch(
      /do not say where a block ends.*outputNode.*Layer norms, in order: v\d+/,
    );
    writeEncoder(folderOf('rate'), 'wav2vec2-large', { preprocessor: { sampling_rate: 8000 } });
    expect(await opened(folderOf('rate'))).toMatch(/8000 Hz, expected 16000 Hz/);
    const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as object;
    writeFileSync(join(model, 'config.json'), JSON.stringify({ ...config, conv_kernel: [400], conv_stride: [160] }));
    expect(await opened(model)).toMatch(/gives \d+ frames for 1840 samples, expected 10 by conv_kernel/);
    const cut = readFileSync(join(folderOf('rate'), 'model.onnx'));
    writeFileSync(join(folderOf('rate'), 'model.onnx'), cut.subarray(0, cut.length >> 1));
    writeFileSync(join(folderOf('rate'), 'preprocessor_config.json'), '{}');
    expect(await opened(folderOf('rate'))).toMatch(/cut short/);
    expect(statSync(join(folderOf('rate'), 'model.onnx')).size).toBe(cut.length >> 1);
  });
});
