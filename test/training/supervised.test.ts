// A supervised step against AdamW with clipping written out by hand, and what the state holds.
import { describe, expect, it } from 'vitest';
import { tf } from '../../src/engine/index.js';
import { compileSupervisedStep, createTrainedState, forgetMoments, weightsOf } from '../../src/training/supervised.js';

const compute = { engine: 'cpu' as const, threads: 1 };

describe('a supervised step', () => {
  it('moves every weight as AdamW with clipping does, by hand', async () => {
    const [start, lr, decay, largest] = [[3, -4], 0.1, 0.02, 2] as const;
    const state = createTrainedState({
      a: { shape: [], init: Float32Array.of(start[0]) },
      b: { shape: [1], init: Float32Array.of(start[1]) },
    });
    const step = await compileSupervisedStep(state, {
      name: 'halves of squares',
      inputs: { scale: { shape: [] } },
      terms: ({ a, b }, { scale }) => ({
        loss: tf.mul(scale, tf.sum(tf.add(tf.square(a as tf.Tensor), tf.square(b as tf.Tensor)))),
      }),
      betas: [0.9, 0.98],
      weightDecay: decay,
      largestNorm: largest,
      compute,
    });
    const wanted: number[] = [...start];
    const [m, v] = [
      [0, 0],
      [0, 0],
    ];
    for (let n = 1; n <= 5; n++) {
      const gradients = [...wanted]; // of half the sum of squares
      const norm = Math.hypot(...gradients);
      const { loss, norm: found } = await step.step({
        scale: Float32Array.of(0.5),
        lr: Float32Array.of(lr),
        step: Float32Array.of(n),
      });
      expect(found[0]).toBeCloseTo(norm, 4);
      expect(loss[0]).toBeCloseTo(norm ** 2 / 2, 4);
      gradients.forEach((gradient, i) => {
        const clipped = gradient * Math.min(1, largest / (norm + 1e-6));
        m[i] = 0.9 * m[i]! + 0.1 * clipped;
        v[i] = 0.98 * v[i]! + 0.02 * clipped ** 2;
        const [first, second] = [m[i] / (1 - 0.9 ** n), v[i] / (1 - 0.98 ** n)];
        wanted[i] = wanted[i]! * (1 - lr * decay) - (lr * first) / (Math.sqrt(second) + 1e-8);
      });
      const { a, b } = weightsOf(state);
      expect([a![0], b![0]].map((x, i) => Math.abs(x! - wanted[i]!) < 1e-4)).toEqual([true, true]);
    }
    await step.dispose();
    expect(weightsOf(state, ['b'])).toEqual({ b: state.values['b'] });
    expect(state.values['m:a']![0]).not.toBe(0);
    const kept = weightsOf(state);
    forgetMoments(state);
    expect([...state.values['m:a']!, ...state.values['v:b']!]).toEqual([0, 0]);
    expect(weightsOf(state)).toEqual(kept);
  });
});
