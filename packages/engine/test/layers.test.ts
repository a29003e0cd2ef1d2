// Shared layers against plain loops, and the gradient penalty of a small convolutional critic against
// finite differences of a float64 copy of it.
import { describe, expect, it } from 'vitest';
import { drawsOf } from './drawn.js';
import {
  compile,
  conv1d,
  gelu,
  logisticLoss,
  logSumExp,
  stopGradient,
  tf,
  unfold,
  type WindowOptions,
} from '../src/index.js';
import { erf, total } from './kernels/plain.js';

const draw = (n: number, seed: string): number[] => {
  const rng = drawsOf(seed);
  return Array.from({ length: n }, () => Math.fround(rng.normal() * 0.6));
};
const f32 = (numbers: readonly number[]): Float32Array => Float32Array.from(numbers);

function closeTo(found: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((wanted, i) =>
    expect(
      Math.abs((found[i] as number) - wanted) / Math.max(1, Math.abs(wanted)),
      `${i}: ${found[i]} for ${wanted}`,
    ).toBeLessThan(tolerance),
  );
}

type Sequence = number[][]; // frames of channels

/** Convolution over time by its definition; weight [kernel * C, O] flat. */
function plainConv(
  x: Sequence,
  weight: readonly number[],
  bias: readonly number[],
  kernel: number,
  { stride = 1, padLeft = 0, padRight = 0 }: WindowOptions,
): Sequence {
  const channels = (x[0] as number[]).length;
  const out = bias.length;
  const frames = Math.floor((x.length + padLeft + padRight - kernel) / stride) + 1;
  return Array.from({ length: frames }, (_, t) =>
    bias.map((b, o) => {
      let sum = b;
      for (let k = 0; k < kernel; k++) {
        for (let c = 0; c < channels; c++)
          sum += (x[t * stride + k - padLeft]?.[c] ?? 0) * (weight[(k * channels + c) * out + o] as number);
      }
      return sum;
    }),
  );
}

const frames = (flat: readonly number[], channels: number): Sequence =>
  Array.from({ length: flat.length / channels }, (_, t) => flat.slice(t * channels, (t + 1) * channels));

describe('unfold and conv1d', () => {
  const settings: [number, number, WindowOptions][] = [
    [7, 3, {}],
    [7, 3, { stride: 2 }],
    [8, 3, { stride: 2, padLeft: 1, padRight: 1 }],
    [9, 2, { stride: 3 }],
    [5, 4, { padLeft: 3 }],
    [6, 6, { padLeft: 2, padRight: 3 }],
    [10, 5, { stride: 3, padLeft: 1, padRight: 4 }],
    [4, 1, { stride: 2 }],
    [4, 1, {}],
  ];
  it.each(settings)('%i frames, kernel %i, %o', async (length, kernel, options) => {
    const x = draw(2 * length * 3, 'x');
    const weight = draw(kernel * 3 * 2, 'w');
    const bias = [0.3, -0.1];
    const expected = [0, 1]
      .flatMap((b) => plainConv(frames(x, 3).slice(b * length, (b + 1) * length), weight, bias, kernel, options))
      .flat();
    const compiled = await compile(
      (i: Record<'x' | 'w', tf.Tensor>) => ({
        y: conv1d(i.x, i.w, tf.tensor1d(bias), options),
        back: tf.grad((z: tf.Tensor) =>
          tf.sum(tf.mul(conv1d(z, i.w, undefined, options), conv1d(z, i.w, undefined, options))),
        )(i.x),
      }),
      { x: { shape: [2, length, 3] }, w: { shape: [kernel * 3, 2] } },
      { threads: 1 },
    );
    const { y, back } = await compiled.run({ x: f32(x), w: f32(weight) });
    closeTo(y, expected, 1e-5);
    const energy = (moved: number[]): number =>
      total(
        [0, 1]
          .flatMap((b) =>
            plainConv(frames(moved, 3).slice(b * length, (b + 1) * length), weight, [0, 0], kernel, options),
          )
          .flat()
          .map((v) => v * v),
      );
    closeTo(
      back,
      x.map(
        (_, i) =>
          (energy(x.map((v, j) => v + (i === j ? 1e-4 : 0))) - energy(x.map((v, j) => v - (i === j ? 1e-4 : 0)))) /
          2e-4,
      ),
      1e-4,
    );
    await compiled.dispose();
  });

  it('says when no window fits or a weight has the wrong height', async () => {
    const inputs = { x: { shape: [1, 2, 3] } };
    await expect(compile(({ x }: Record<'x', tf.Tensor>) => ({ y: unfold(x, 4) }), inputs)).rejects.toThrow(
      /no window of 4 frames fits into 2/,
    );
    await expect(
      compile(({ x }: Record<'x', tf.Tensor>) => ({ y: conv1d(x, tf.ones([4, 2])) }), inputs),
    ).rejects.toThrow(/conv1d: weight \[4,2\]/);
  });
});

describe('activations and losses', () => {
  it('stay exact and finite far from zero, with their slopes', async () => {
    const x = [-60, -3, -0.5, 0, 0.7, 2.5, 60];
    const sum =
      (fn: (z: tf.Tensor) => tf.Tensor): ((z: tf.Tensor) => tf.Tensor) =>
      (z) =>
        tf.sum(fn(z));
    const loss = (z: tf.Tensor): tf.Tensor => logisticLoss(z, 0.25);
    const compiled = await compile(
      (i: Record<'x', tf.Tensor>) => ({
        gelu: gelu(i.x),
        geluSlope: tf.grad(sum(gelu))(i.x),
        loss: loss(i.x),
        lossSlope: tf.grad(sum(loss))(i.x),
        lse: logSumExp(i.x),
        lseSlope: tf.grad((z: tf.Tensor) => logSumExp(tf.mul(z, 10)))(i.x),
        stopped: tf.grad((z: tf.Tensor) => tf.sum(tf.mul(z, stopGradient(z))))(i.x),
      }),
      { x: { shape: [x.length] } },
      { threads: 1 },
    );
    const y = await compiled.run({ x: f32(x) });
    const phi = (v: number): number => (Math.abs(v) > 6 ? Number(v > 0) : (1 + erf(v / Math.SQRT2)) / 2);
    closeTo(
      y.gelu,
      x.map((v) => v * phi(v)),
      1e-6,
    );
    closeTo(
      y.geluSlope,
      x.map((v) => phi(v) + (v * Math.exp((-v * v) / 2)) / Math.sqrt(2 * Math.PI)),
      1e-5,
    );
    const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
    closeTo(
      y.loss,
      x.map((v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))) - v * 0.25),
      1e-6,
    );
    closeTo(
      y.lossSlope,
      x.map((v) => sigmoid(v) - 0.25),
      1e-6,
    );
    closeTo(y.lse, [60], 1e-6);
    closeTo(y.lseSlope, [0, 0, 0, 0, 0, 0, 10], 1e-6);
    closeTo(y.stopped, x, 1e-6);
    await compiled.dispose();
  });
});

describe('gradient penalty', () => {
  const shape = { batch: 2, length: 6, channels: 3, hidden: 4, kernel: 3 };
  const sizes = { w1: shape.kernel * shape.channels * shape.hidden, b1: shape.hidden, w2: shape.kernel * shape.hidden };

  /** Σ over the batch of (|∂ critic / ∂x| - 1)², the inner gradient by central differences. */
  function plainPenalty(
    x: readonly number[],
    w1: readonly number[],
    b1: readonly number[],
    w2: readonly number[],
  ): number {
    const score = (sequence: Sequence): number => {
      const hidden = plainConv(sequence, w1, b1, shape.kernel, { padLeft: 1, padRight: 1 }).map((frame) =>
        frame.map((v) => (v * (1 + erf(v / Math.SQRT2))) / 2),
      );
      const out = plainConv(hidden, w2, [0], shape.kernel, { padLeft: 2 }).flat();
      return total(out.map(Math.tanh)) / out.length;
    };
    const each = shape.length * shape.channels;
    return total(
      Array.from({ length: shape.batch }, (_, b) => {
        const item = x.slice(b * each, (b + 1) * each);
        const slopes = item.map((_, i) => {
          const moved = (by: number): number =>
            score(
              frames(
                item.map((v, j) => v + (i === j ? by : 0)),
                shape.channels,
              ),
            );
          return (8 * (moved(1e-3) - moved(-1e-3)) - (moved(2e-3) - moved(-2e-3))) / 12e-3;
        });
        return (Math.sqrt(total(slopes.map((g) => g * g))) - 1) ** 2;
      }),
    );
  }

  it('and its derivative by the weights agree with finite differences', async () => {
    const values = {
      x: draw(shape.batch * shape.length * shape.channels, 'gp-x'),
      w1: draw(sizes.w1, 'gp-w1'),
      b1: draw(sizes.b1, 'gp-b1'),
      w2: draw(sizes.w2, 'gp-w2'),
    };
    const penalty = (x: tf.Tensor, w1: tf.Tensor, b1: tf.Tensor, w2: tf.Tensor): tf.Tensor => {
      const critic = (z: tf.Tensor): tf.Tensor => {
        const hidden = gelu(conv1d(z, w1, b1, { padLeft: 1, padRight: 1 }));
        return tf.sum(tf.mean(tf.tanh(conv1d(hidden, w2, undefined, { padLeft: 2 })), [1, 2]));
      };
      const norm = tf.sqrt(tf.sum(tf.square(tf.grad(critic)(x)), [1, 2]));
      return tf.sum(tf.square(tf.sub(norm, 1)));
    };
    const compiled = await compile(
      (i: Record<'x' | 'w1' | 'b1' | 'w2', tf.Tensor>) => {
        const [w1, b1, w2] = tf.grads((...weights: tf.Tensor[]) =>
          penalty(i.x, ...(weights as [tf.Tensor, tf.Tensor, tf.Tensor])),
        )([i.w1, i.b1, i.w2]) as [tf.Tensor, tf.Tensor, tf.Tensor];
        return { penalty: penalty(i.x, i.w1, i.b1, i.w2), w1, b1, w2 };
      },
      {
        x: { shape: [shape.batch, shape.length, shape.channels] },
        w1: { shape: [shape.kernel * shape.channels, shape.hidden] },
        b1: { shape: [shape.hidden] },
        w2: { shape: [shape.kernel * shape.hidden, 1] },
      },
      { threads: 1 },
    );
    const found = await compiled.run({ x: f32(values.x), w1: f32(values.w1), b1: f32(values.b1), w2: f32(values.w2) });
    closeTo(found.penalty, [plainPenalty(values.x, values.w1, values.b1, values.w2)], 1e-5);
    for (const key of ['w1', 'b1', 'w2'] as const) {
      const slope = (i: number): number => {
        const moved = (by: number): number => {
          const next = { ...values, [key]: values[key].map((v, j) => v + (i === j ? by : 0)) };
          return plainPenalty(next.x, next.w1, next.b1, next.w2);
        };
        return (moved(1e-3) - moved(-1e-3)) / 2e-3;
      };
      const gradient = found[key];
      closeTo(
        gradient,
        Array.from(gradient, (_, i) => slope(i)),
        1e-4,
      );
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-3);
    }
    await compiled.dispose();
  });
});

describe('a product of a turned operand over many rows, as gradients of weights are', () => {
  it.each([
    [600, 40, 130], // the first is turned
    [600, 130, 40], // the second and the result
    [600, 8, 130], // too narrow to be
  ])('sums over %i rows to [%i, %i]', async (rows, left, right) => {
    const [a, b] = [draw(rows * left, 'left'), draw(rows * right, 'right')];
    const product = await compile(
      ({ a, b }) => ({ product: tf.matMul(a, b, true) }),
      { a: { shape: [rows, left] }, b: { shape: [rows, right] } },
      { threads: 1, name: 'turned' },
    );
    const { product: found } = await product.run({ a: f32(a), b: f32(b) });
    await product.dispose();
    const expected = new Array<number>(left * right).fill(0);
    for (let row = 0; row < rows; row++)
      for (let n = 0; n < left; n++)
        for (let m = 0; m < right; m++) expected[n * right + m]! += a[row * left + n]! * b[row * right + m]!;
    closeTo(found, expected, 1e-4);
  });
});
