import { describe, expect, it } from 'vitest';
import {
  crossEntropy,
  forward,
  initialParameters,
  outputRows,
  parameterShapes,
  type NetworkShape,
} from '../../src/bootstrap/network.js';
import { createNetworkRunner, estimateMoments } from '../../src/bootstrap/posteriors.js';
import { normalisedUtterance } from '../../src/bootstrap/normalise.js';
import { compileListening, compileNetworkStep, oneCycle } from '../../src/bootstrap/step.js';
import { createTrainedState, weightsOf } from '../../src/training/supervised.js';
import { Rng } from '../../src/core/rng.js';
import { compile, tf } from '../../src/engine/index.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const shape: NetworkShape = { bands: 3, channels: 4, layers: 2, kernel: 3, classes: 3 };
const values = (seed: number): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries(initialParameters(shape, Rng.fromSeed(seed))).map(([name, { init }]) => [name, init]),
  );
const noise = (size: number, seed: string): Float32Array => {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length: size }, () => rng.normal());
};

/** The network in plain loops over one utterance, with given statistics. */
function plainLogits(
  parameters: Record<string, Float32Array>,
  x: Float32Array,
  moments: readonly { mean: Float32Array; variance: Float32Array }[],
): number[][] {
  let h = Array.from({ length: x.length / 3 }, (_, t) => [...x.subarray(3 * t, 3 * t + 3)]);
  for (let l = 0; l < shape.layers; l++) {
    const stride = l === 0 ? 2 : 1;
    const width = h[0]!.length;
    const out = Array.from({ length: Math.floor((h.length - 1) / stride) + 1 }, (_, j) =>
      Array.from({ length: 4 }, (__, o) => {
        let sum = 0;
        for (let k = 0; k < 3; k++)
          for (let c = 0; c < width; c++)
            sum += (h[j * stride + k - 1]?.[c] ?? 0) * parameters[`w${l}`]![(k * width + c) * 4 + o]!;
        const normal = (sum - moments[l]!.mean[o]!) / Math.sqrt(moments[l]!.variance[o]! + 1e-5);
        return (
          Math.max(0, normal * parameters[`gain${l}`]![o]! + parameters[`shift${l}`]![o]!) + (l === 0 ? 0 : h[j]![o]!)
        );
      }),
    );
    h = out;
  }
  return h.map((row) =>
    Array.from({ length: 3 }, (_, v) =>
      row.reduce((sum, value, c) => sum + value * parameters['w']![c * 3 + v]!, parameters['b']![v]!),
    ),
  );
}

describe('the network', () => {
  it('computes what plain loops compute, on any length, and one row for two frames', async () => {
    const parameters: Record<string, Float32Array> = { ...values(1), w: noise(12, 'w'), b: noise(3, 'b') };
    const moments = [0, 1].map((l) => ({
      mean: noise(4, `m${l}`),
      variance: noise(4, `v${l}`).map((v) => v * v + 0.5),
    }));
    const runner = createNetworkRunner({ shape, parameters, moments }, compute);
    // The bucket is 16 frames: only there is the end of the utterance the end of what the network sees.
    const x = noise(16 * 3, 'x');
    const { logProbs, rows } = await runner.run(x, 16);
    await runner.dispose();
    expect(rows).toBe(8);
    plainLogits(parameters, normalisedUtterance(x, 3), moments).forEach((logits, j) => {
      const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
      logits.forEach((value, v) => {
        expect(logProbs[j * 3 + v]).toBeCloseTo(value - total, 4);
      });
    });
    expect([1, 2, 3, 4].map((frames) => outputRows(frames))).toEqual([1, 1, 2, 2]);
  });

  it('estimates the statistics of the first layer as they are', async () => {
    const parameters = values(2);
    const x = noise(2 * 16 * 3, 'moments');
    const moments = await estimateMoments(
      { shape, parameters },
      (async function* () {
        yield x;
      })(),
      { batch: 2, crop: 16 },
      compute,
    );
    const taken: number[] = [];
    for (let b = 0; b < 2; b++)
      for (let j = 0; j < 8; j++) {
        let sum = 0;
        for (let k = 0; k < 3; k++)
          for (let c = 0; c < 3; c++) {
            const t = 2 * j + k - 1;
            sum += (t < 0 || t > 15 ? 0 : x[(b * 16 + t) * 3 + c]!) * parameters['w0']![(k * 3 + c) * 4]!;
          }
        taken.push(sum);
      }
    const mean = taken.reduce((a, b) => a + b, 0) / 16;
    expect(moments[0]!.mean[0]).toBeCloseTo(mean, 5);
    expect(moments[0]!.variance[0]).toBeCloseTo(taken.reduce((a, b) => a + (b - mean) ** 2, 0) / 16, 5);
  });
});

describe('training it', () => {
  it('cross-entropy: log V without an opinion, unlabelled rows count for nothing', async () => {
    const graph = await compile(
      ({ logits, targets }) => ({ loss: crossEntropy(logits, targets) }),
      { logits: { shape: [1, 2, 3] }, targets: { shape: [1, 2, 3] } },
      { name: 'loss', threads: 1 },
    );
    expect(
      (await graph.run({ logits: new Float32Array(6), targets: Float32Array.of(1, 0, 0, 0, 0, 0) })).loss[0],
    ).toBeCloseTo(Math.log(3), 6);
    expect(
      (await graph.run({ logits: Float32Array.of(0, 0, 0, 9, 1, 4), targets: Float32Array.of(1, 0, 0, 0, 0, 0) }))
        .loss[0],
    ).toBeCloseTo(Math.log(3), 6);
    await graph.dispose();
  });

  it('the gradient is the slope of the loss, through batch statistics too', async () => {
    const parameters: Record<string, Float32Array> = { ...values(3), w: noise(12, 'gw') };
    const x = noise(2 * 8 * 3, 'gx');
    const targets = Float32Array.from({ length: 2 * 4 * 3 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0));
    const shapes = parameterShapes(shape);
    const names = Object.keys(shapes);
    const graph = await compile(
      (inputs: Record<string, tf.Tensor>) => {
        const loss = (...list: tf.Tensor[]): tf.Scalar =>
          crossEntropy(
            forward(Object.fromEntries(names.map((name, i) => [name, list[i]!])), inputs['x']!, shape).logits,
            inputs['targets']!,
          ) as tf.Scalar;
        const list = names.map((name) => inputs[name]!);
        const grads = tf.grads(loss)(list);
        return { loss: loss(...list), ...Object.fromEntries(names.map((name, i) => [`d ${name}`, grads[i]!])) };
      },
      {
        x: { shape: [2, 8, 3] },
        targets: { shape: [2, 4, 3] },
        ...Object.fromEntries(names.map((name) => [name, { shape: shapes[name]! }])),
      },
      { name: 'slope', threads: 1 },
    );
    const at = async (changed: Record<string, Float32Array>): Promise<Record<string, Float32Array>> =>
      graph.run({ x, targets, ...changed });
    const here = await at(parameters);
    for (const [name, i] of [
      ['w0', 5],
      ['gain0', 1],
      ['shift1', 2],
      ['w1', 7],
      ['w', 4],
      ['b', 1],
    ] as const) {
      const moved = async (by: number): Promise<number> => {
        const copy = parameters[name]!.slice();
        copy[i]! += by;
        return (await at({ ...parameters, [name]: copy }))['loss']![0]!;
      };
      expect(here[`d ${name}`]![i], name).toBeCloseTo(((await moved(0.01)) - (await moved(-0.01))) / 0.02, 2);
    }
    await graph.dispose();
  });

  it('steps lower the loss, in two parts with statistics of their own', async () => {
    const state = createTrainedState(initialParameters(shape, Rng.fromSeed(4)));
    const step = await compileNetworkStep(state, { shape, parts: [2, 1], crop: 8, weightDecay: 0, compute });
    const targets = Float32Array.from({ length: 3 * 4 * 3 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0));
    const losses: number[] = [];
    for (let n = 1; n <= 60; n++)
      losses.push(
        (
          await step.step({
            x: noise(3 * 8 * 3, 'steps'),
            targets,
            drop: new Float32Array(2 * 3 * 4).fill(1),
            lr: Float32Array.of(0.02),
            step: Float32Array.of(n),
          })
        ).loss[0]!,
      );
    await step.dispose();
    expect(losses[0]).toBeCloseTo(Math.log(3), 1);
    expect(losses.at(-1)!).toBeLessThan(0.6 * losses[0]!);
    expect(Object.keys(weightsOf(state))).toEqual(Object.keys(parameterShapes(shape)));
  });

  it('a step that is told what was heard does what one does that hears it itself', async () => {
    const options = { shape, parts: [2, 1], crop: 8, weightDecay: 0.1, compute };
    const state = createTrainedState(initialParameters(shape, Rng.fromSeed(5)));
    const told = createTrainedState(initialParameters(shape, Rng.fromSeed(5)));
    const step = await compileNetworkStep(state, options);
    const listening = await compileListening(told, options);
    const toldStep = await compileNetworkStep(told, { ...options, heard: true });
    const targets = Float32Array.from({ length: 3 * 4 * 3 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0));
    for (let n = 1; n <= 5; n++) {
      const batch = { x: noise(3 * 8 * 3, `batch ${n}`), drop: noise(2 * 3 * 4, `drop ${n}`) };
      const rest = { targets, lr: Float32Array.of(0.02), step: Float32Array.of(n) };
      const alone = await step.step({ ...batch, ...rest });
      const heard = await toldStep.step({ ...(await listening.step(batch)), ...batch, ...rest });
      for (const name of ['loss', 'accuracy', 'norm'] as const) expect(heard[name][0]).toBeCloseTo(alone[name][0]!, 5);
    }
    const own = weightsOf(state);
    for (const [name, values] of Object.entries(weightsOf(told)))
      values.forEach((value, i) => {
        expect(value, name).toBeCloseTo(own[name]![i]!, 6);
      });
    for (const used of [step, listening, toldStep]) await used.dispose();
  });

  it('one cycle rises for 30 % of the steps and ends near nothing', () => {
    const rates = Array.from({ length: 100 }, (_, n) => oneCycle(n, 100, 1));
    expect(rates[0]).toBeCloseTo(0.04, 6);
    expect(Math.max(...rates)).toBeCloseTo(1, 6);
    expect(rates.indexOf(Math.max(...rates))).toBe(30);
    expect(rates[99]).toBeLessThan(0.001);
  });
});
