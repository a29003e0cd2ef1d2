// The encoder's arithmetic against plain loops, masks and crops against what they promise, and the export against the
// engine's own forward pass.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { compile, tf } from '../../src/engine/index.js';
import { featuresConfig } from '../../src/features/config.js';
import { createExtractor } from '../../src/features/extractor.js';
import { createLogMel } from '../../src/features/logmel.js';
import { FrameSums } from '../../src/features/normalise.js';
import { pretrainConfig } from '../../src/pretrain/config.js';
import { hiddenRows, nextBatch, shuffledCrops, type UntranscribedSpeech } from '../../src/pretrain/crops.js';
import { writeEncoder } from '../../src/pretrain/export.js';
import { corpusLevel, normalisedWithPrior } from '../../src/pretrain/level.js';
import {
  channelNorm,
  dilatedConvolution,
  encode,
  encoderRows,
  encoderShapes,
  initialParameters,
  parameterCount,
  trainingShapes,
} from '../../src/pretrain/network.js';
import { learningRateAt } from '../../src/pretrain/step.js';
import { joinTargets } from '../../src/pretrain/targets.js';
import { segmentStates } from '../../src/pretrain/material.js';
import { temporaryFolder } from '../temporary-folder.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const shape = { bands: 16, channels: 12, kernel: 3, dilations: [1, 2] };

function noise(length: number, seed: number, scale = 1): Float32Array {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length }, () => scale * rng.normal());
}

describe('the encoder', () => {
  it('convolves with gaps between frames as a plain loop does', async () => {
    const [rows, inputs, outputs, kernel, dilation] = [9, 2, 3, 3, 2];
    const [x, w] = [noise(rows * inputs, 1), noise(kernel * inputs * outputs, 2)];
    const graph = await compile(
      ({ a, b }) => ({ y: dilatedConvolution(a, b, kernel, dilation) }),
      { a: { shape: [1, rows, inputs] }, b: { shape: [kernel * inputs, outputs] } },
      { threads: 1 },
    );
    const { y } = await graph.run({ a: x, b: w });
    await graph.dispose();
    for (let t = 0; t < rows; t++) {
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        for (let k = 0; k < kernel; k++) {
          const at = t + (k - 1) * dilation;
          if (at >= 0 && at < rows)
            for (let i = 0; i < inputs; i++) sum += x[at * inputs + i]! * w[(k * inputs + i) * outputs + o]!;
        }
        expect(y[t * outputs + o]).toBeCloseTo(sum, 5);
      }
    }
  });

  it('normalises each frame over its channels alone', async () => {
    const graph = await compile(({ x }) => ({ y: channelNorm(x) }), { x: { shape: [1, 2, 50] } }, { threads: 1 });
    const { y } = await graph.run({ x: noise(100, 3, 7) });
    await graph.dispose();
    for (const row of [y.subarray(0, 50), y.subarray(50)]) {
      const mean = row.reduce((a, b) => a + b, 0) / 50;
      expect(mean).toBeCloseTo(0, 5);
      expect(row.reduce((a, b) => a + (b - mean) ** 2, 0) / 50).toBeCloseTo(1, 4);
    }
  });

  it('has one to ten million parameters, two by default', () => {
    const { network, front } = pretrainConfig.parse({});
    const size = (settings: object) => parameterCount({ bands: front.melBands, ...network, ...settings });
    expect(size({})).toBeGreaterThan(1.5e6);
    expect(size({})).toBeLessThan(2.5e6);
    expect(size({ channels: 192 })).toBeGreaterThan(0.9e6);
    expect(size({ channels: 512, dilations: [1, 1, 2, 2, 4, 4, 8] })).toBeLessThan(1e7);
  });

  it('comes out of ONNX as it is in the engine, for any length, and as a published encoder does', async () => {
    const folder = await temporaryFolder();
    const front = featuresConfig.parse({ kind: 'logmel', melBands: shape.bands, normalise: 'none' });
    const weights = Object.fromEntries(
      Object.entries(initialParameters(trainingShapes(shape, [5]), Rng.fromSeed(4))).map(([name, { init }]) => [
        name,
        Float32Array.from(init, (value, i) => value + 0.1 * Math.sin(i)),
      ]),
    );
    const bands = await createLogMel(front, compute);
    const sums = new FrameSums(shape.bands);
    sums.add((await bands.extract(noise(32_000, 5, 0.1))).data);
    const level = corpusLevel(sums, 50);
    await writeEncoder(folder, { shape, weights, level, front });
    for (const samples of [4000, 16_123, 30_000]) {
      const sound = noise(samples, samples, 0.2);
      const heard = await bands.extract(sound);
      const rows = heard.rows + (heard.rows & 1);
      // the convolution finds zeros behind an odd end, as it does in training
      const x = new Float32Array(rows * shape.bands);
      x.set(normalisedWithPrior(heard.data, heard.rows, level));
      const graph = await compile(
        (inputs) => {
          const { frames, ...given } = inputs as Record<string, tf.Tensor>;
          return {
            last: channelNorm(encode(given, frames as tf.Tensor, shape)[2] as tf.Tensor),
            first: channelNorm(encode(given, frames as tf.Tensor, shape)[1] as tf.Tensor),
          };
        },
        {
          frames: { shape: [1, rows, shape.bands] },
          ...Object.fromEntries(Object.entries(encoderShapes(shape)).map(([name, dims]) => [name, { shape: dims }])),
        },
        { threads: 1 },
      );
      const expected = await graph.run({
        frames: x,
        ...Object.fromEntries(Object.keys(encoderShapes(shape)).map((name) => [name, weights[name]!])),
      });
      await graph.dispose();
      for (const [layer, wanted] of [
        [1, expected.first],
        [2, expected.last],
      ] as const) {
        const encoder = await createExtractor(featuresConfig.parse({ kind: 'onnx', model: folder, layer }), compute);
        expect(encoder).toMatchObject({ hop: 320, window: 400, dim: shape.channels });
        const found = await encoder.extract(sound);
        await encoder.dispose();
        expect(found.rows).toBe(encoderRows(heard.rows));
        expect(found.rows).toBe(1 + Math.floor((samples - 400) / 320));
        expect(found.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - wanted[i]!)), 0)).toBeLessThan(
          1e-4,
        );
      }
    }
    const joined = await createExtractor(featuresConfig.parse({ kind: 'onnx', model: folder }), compute);
    expect(joined).toMatchObject({ dim: 2 * shape.channels, about: { layer: 3 } });
    await joined.dispose();
    await bands.dispose();
  });
});

describe('levelling', () => {
  it("is the utterance's own mean and variance without a prior, and the corpus's with an endless one", () => {
    const data = Float32Array.from(noise(400, 6), (value, i) => 3 * value + (i % 2) * 10);
    const sums = new FrameSums(2);
    sums.add(noise(400, 7));
    const own = normalisedWithPrior(data, 200, corpusLevel(sums, 0));
    for (const column of [0, 1]) {
      const values = Float64Array.from({ length: 200 }, (_, t) => own[2 * t + column]!);
      const mean = values.reduce((a, b) => a + b, 0) / 200;
      expect(mean).toBeCloseTo(0, 3);
      expect(values.reduce((a, b) => a + b * b, 0) / 200).toBeCloseTo(1, 3);
    }
    const { mean, variance } = sums.moments();
    normalisedWithPrior(data, 200, corpusLevel(sums, 1e9)).forEach((value, i) => {
      expect(value).toBeCloseTo((data[i]! - mean[i % 2]!) / Math.sqrt(variance[i % 2]!), 3);
    });
  });
});

describe('masks and crops', () => {
  it('hide the wanted share in stretches', () => {
    const hidden = hiddenRows(160, { frames: 8, share: 0.45 }, Rng.fromSeed(8));
    expect(hidden.reduce((a, b) => a + b, 0)).toBe(72);
    const stretches = [...hidden]
      .map(String)
      .join('')
      .split('0')
      .filter((run) => run !== '');
    expect(stretches.length).toBeLessThan(16);
  });

  it("carry each frame's own targets through changes of speed, and repeat with the stream", async () => {
    const { augment } = pretrainConfig.parse({ augment: { masks: 0 } });
    const ids = ['a', 'b', 'c'];
    // Band 0 says which utterance, band 1 climbs with time, and so do the targets.
    const source: UntranscribedSpeech = {
      corpora: [{ ids, seconds: 9 }],
      balance: 0.5,
      bands: 16,
      hopSeconds: 0.01,
      level: { mean: new Float32Array(16), variance: new Float32Array(16).fill(1), prior: 1e9 },
      codebooks: 2,
      read: async (id) => ({
        data: Float32Array.from({ length: 300 * 16 }, (_, i) =>
          i % 16 < 8 ? 10 * ids.indexOf(id) : ((i / 16) | 0) / 30,
        ),
        rows: 300,
      }),
      targets: (id) => Int16Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? ids.indexOf(id) : i >> 1)),
    };
    const quiet = {
      ...augment,
      equaliser: 0,
      noise: [200, 200] as [number, number],
      warp: [1, 1] as [number, number],
      reverberation: [0.001, 0.001] as [number, number],
    };
    const batchOf = async () => nextBatch(shuffledCrops(source, 64, quiet, Rng.fromSeed(9)), 4, 64, source);
    const { x, targets } = await batchOf();
    expect(await batchOf()).toEqual({ x, targets });
    for (let b = 0; b < 4; b++) {
      for (let t = 0; t < 32; t++) {
        const frame = x.subarray((b * 64 + 2 * t) * 16, (b * 64 + 2 * t + 1) * 16);
        expect(Math.round(frame[0]! / 10)).toBe(targets[2 * (b * 32 + t)]);
        expect(Math.abs(frame[15]! * 15 - targets[2 * (b * 32 + t) + 1]!)).toBeLessThan(2.5);
      }
    }
  });
});

describe('targets', () => {
  it('of several kinds stand side by side', () => {
    const a = {
      sizes: [3],
      rows: new Map([
        ['u', Int16Array.of(0, 1, 2)],
        ['v', Int16Array.of(0)],
      ]),
    };
    const b = { sizes: [5, 7], rows: new Map([['u', Int16Array.of(3, 4, 3, 5, 3, 6)]]) };
    expect(joinTargets([a, b])).toEqual({
      sizes: [3, 5, 7],
      rows: new Map([['u', Int16Array.of(0, 3, 4, 1, 3, 5, 2, 3, 6)]]),
    });
  });

  it('of later rounds are means of states over the middle of a segment', () => {
    const states = Float32Array.from({ length: 10 }, (_, t) => t);
    expect([...segmentStates(states, 10, 1, Int32Array.of(8, 10, 20))]).toEqual([1.5, 4, 7]);
  });
});

describe('the learning rate', () => {
  it('climbs, peaks and ends at nothing', () => {
    expect(learningRateAt(0, 100, 1, 0.1)).toBeCloseTo(0.1);
    expect(learningRateAt(10, 100, 1, 0.1)).toBe(1);
    expect(learningRateAt(99, 100, 1, 0.1)).toBeLessThan(0.001);
  });
});
