// Training steps: Adam against a float64 Adam written out here, state shared between steps, joint clipping.
import { describe, expect, it } from 'vitest';
import { adam, clipByGlobalNorm, compile, compileStep, createState, tf } from '../src/index.js';

const zeros = (n: number): Float32Array => new Float32Array(n);
const start = [0.5, -1.2, 2];
const target = [1, 1, -1];
const betas = [0.9, 0.98] as const;
const adamOptions = { lr: 0.05, betas, eps: 1e-6, weightDecay: 0.01 };

/** Loss Σ (w - target)^4, its gradient and PyTorch's AdamW in float64. */
function plainAdam(steps: number): { w: number[]; losses: number[] } {
  const w = [...start];
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  const losses: number[] = [];
  for (let t = 1; t <= steps; t++) {
    losses.push(w.reduce((sum, x, i) => sum + (x - (target[i] as number)) ** 4, 0));
    w.forEach((x, i) => {
      const gradient = 4 * (x - (target[i] as number)) ** 3;
      m[i] = betas[0] * (m[i] as number) + (1 - betas[0]) * gradient;
      v[i] = betas[1] * (v[i] as number) + (1 - betas[1]) * gradient * gradient;
      const decayed = x * (1 - adamOptions.lr * adamOptions.weightDecay);
      w[i] =
        decayed -
        (adamOptions.lr * (m[i] / (1 - betas[0] ** t))) / (Math.sqrt(v[i] / (1 - betas[1] ** t)) + adamOptions.eps);
    });
  }
  return { w, losses };
}

const specs = {
  w: { shape: [3], init: Float32Array.from(start) },
  m: { shape: [3], init: zeros(3) },
  v: { shape: [3], init: zeros(3) },
};
type Key = keyof typeof specs;

const fit = (
  state: Record<Key, tf.Tensor>,
  { target: goal, step }: Record<'target' | 'step', tf.Tensor>,
): { state: Record<Key, tf.Tensor>; outputs: Record<'loss', tf.Tensor> } => {
  const lossOf = (w: tf.Tensor): tf.Tensor => tf.sum(tf.square(tf.square(tf.sub(w, goal))));
  const next = adam(
    { w: state.w },
    { w: tf.grad(lossOf)(state.w) },
    { m: { w: state.m }, v: { w: state.v } },
    { ...adamOptions, step },
  );
  return { state: { w: next.params.w, m: next.moments.m.w, v: next.moments.v.w }, outputs: { loss: lossOf(state.w) } };
};
const fitInputs = { target: { shape: [3] }, step: { shape: [] } };

describe('compileStep', () => {
  it('follows a float64 Adam with weight decay over twenty steps, and continues from a checkpoint', async () => {
    const training = await compileStep(fit, specs, fitInputs, { threads: 1 });
    const feed = (t: number): Record<'target' | 'step', Float32Array> => ({
      target: Float32Array.from(target),
      step: Float32Array.of(t),
    });
    const expected = plainAdam(20);
    let checkpoint = {};
    for (let t = 1; t <= 20; t++) {
      if (t === 11)
        checkpoint = { w: training.state.w.slice(), m: training.state.m.slice(), v: training.state.v.slice() };
      const { loss } = await training.step(feed(t));
      expect(loss[0]).toBeCloseTo(expected.losses[t - 1] as number, 2);
    }
    training.state.w.forEach((x, i) => expect(x).toBeCloseTo(expected.w[i] as number, 4));
    const finished = training.state.w.slice();
    training.setState(checkpoint);
    for (let t = 11; t <= 20; t++) await training.step(feed(t));
    expect(training.state.w).toEqual(finished);
    expect(specs.w.init).toEqual(Float32Array.from(start));
    await training.dispose();
  });

  it('shares one state between steps that change parts of it', async () => {
    const state = createState({
      a: { shape: [2], init: Float32Array.of(1, 2) },
      b: { shape: [], init: Float32Array.of(10) },
    });
    const scale = await compileStep(
      ({ a, b }, { by }: Record<'by', tf.Tensor>) => ({
        state: { a: tf.mul(a, by) },
        outputs: { sum: tf.add(tf.sum(a), b) },
      }),
      state,
      { by: { shape: [] } },
      { threads: 1 },
    );
    const count = await compileStep(
      ({ a, b }) => ({ state: { a, b: tf.add(b, tf.sum(a)) }, outputs: {} }),
      state,
      {},
      { threads: 1 },
    );
    const before = state.values.a;
    await scale.step({ by: Float32Array.of(3) });
    await count.step({});
    expect([...state.values.a]).toEqual([3, 6]);
    expect(state.values.b[0]).toBe(19);
    const { sum } = await scale.step({ by: Float32Array.of(2) });
    expect(sum[0]).toBe(28);
    expect([...scale.state.a]).toEqual([6, 12]);
    expect(state.values.a, 'two steps later the first buffer is in use again').toBe(before);
    await scale.dispose();
    await count.dispose();
  });

  it('rejects state of another shape or name and steps that overlap', async () => {
    const spec = { a: { shape: [2], init: zeros(2) } };
    await expect(
      compileStep(({ a }) => ({ state: { a: tf.sum(a) }, outputs: {} }), spec, {}, { name: 's' }),
    ).rejects.toThrow(/step s: returns state "a" of shape \[\]/);
    await expect(
      compileStep(({ a }) => ({ state: { q: a } as Record<string, tf.Tensor>, outputs: {} }), spec, {}),
    ).rejects.toThrow(/does not have/);
    const step = await compileStep(
      ({ a }) => ({ state: { a: tf.add(a, 1) }, outputs: {} }),
      spec,
      {},
      { name: 's', threads: 1 },
    );
    const first = step.step({});
    await expect(step.step({})).rejects.toThrow(/still ran/);
    expect(() => step.setState({ a: zeros(2) })).toThrow(/was set while step s ran/);
    await first;
    expect(() => step.setState({ a: zeros(3) })).toThrow(/holds 2 numbers, given 3/);
    expect([...step.state.a]).toEqual([1, 1]);
    await step.dispose();
  });

  it('updates weights larger than any small constant in place', async () => {
    const n = 100_000;
    const step = await compileStep(
      ({ a }) => ({ state: { a: tf.add(a, tf.ones([n])) }, outputs: {} }),
      { a: { shape: [n], init: zeros(n) } },
      {},
      { threads: 1 },
    );
    for (let t = 0; t < 5; t++) await step.step({});
    expect(step.state.a.every((x) => x === 5)).toBe(true);
    await step.dispose();
  });
});

describe('clipByGlobalNorm', () => {
  it('scales jointly and leaves small gradients alone', async () => {
    const compiled = await compile(
      ({ a, b }: Record<'a' | 'b', tf.Tensor>) => {
        const small = clipByGlobalNorm([a, b], 100);
        const {
          grads: [x, y],
          norm,
        } = clipByGlobalNorm([a, b], 1);
        return { x: x as tf.Tensor, y: y as tf.Tensor, norm, same: small.grads[0] as tf.Tensor };
      },
      { a: { shape: [2] }, b: { shape: [] } },
      { threads: 1 },
    );
    const { x, y, norm, same } = await compiled.run({ a: Float32Array.of(3, 4), b: Float32Array.of(12) });
    expect(norm[0]).toBeCloseTo(13, 5);
    [...x, ...y].forEach((g, i) => expect(g).toBeCloseTo(([3, 4, 12][i] as number) / 13, 5));
    expect([...same]).toEqual([3, 4]);
    await compiled.dispose();
  });
});
