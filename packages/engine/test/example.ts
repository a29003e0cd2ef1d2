// The worked example of README.md, which shows this file word for word; docs.test.ts runs it.
import { adam, compile, compileStep, tf } from '../src/index.js';

/** Fits y = x w + b to points on a line; returns what was found. */
export async function linearRegression(): Promise<{ w: number; b: number; loss: number }> {
  const zero = () => ({ shape: [], init: new Float32Array(1) });
  const step = await compileStep(
    (state, { x, y, step: t }) => {
      // A loss is a function of what it is derived by; tf.grads derives it.
      const loss = (w: tf.Tensor, b: tf.Tensor) => tf.mean(tf.squaredDifference(tf.add(tf.mul(x, w), b), y));
      const [w, b] = tf.grads(loss)([state.w, state.b]) as [tf.Tensor, tf.Tensor];
      const next = adam(
        { w: state.w, b: state.b },
        { w, b },
        { m: { w: state.mw, b: state.mb }, v: { w: state.vw, b: state.vb } },
        { lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, step: t },
      );
      return {
        state: {
          w: next.params.w,
          b: next.params.b,
          mw: next.moments.m.w,
          mb: next.moments.m.b,
          vw: next.moments.v.w,
          vb: next.moments.v.b,
        },
        outputs: { loss: loss(state.w, state.b) },
      };
    },
    { w: zero(), b: zero(), mw: zero(), mb: zero(), vw: zero(), vb: zero() }, // start values
    { x: { shape: [4] }, y: { shape: [4] }, step: { shape: [] } }, // fed in every step
    { name: 'regression', threads: 1 },
  );
  const x = Float32Array.of(-1, 0, 1, 2);
  const y = x.map((v) => 3 * v - 1);
  let loss = Infinity;
  for (let t = 1; t <= 400; t++) {
    const result = await step.step({ x, y, step: Float32Array.of(t) });
    loss = result.loss[0] as number;
  }
  const found = { w: step.state.w[0] as number, b: step.state.b[0] as number, loss };
  await step.dispose();
  return found;
}

/** f(x) = Σ x³ and its first and second derivative, in one graph. */
export async function secondDerivative(at: readonly number[]): Promise<{ first: number[]; second: number[] }> {
  const f = (x: tf.Tensor) => tf.sum(tf.pow(x, 3));
  const slope = tf.grad(f);
  const compiled = await compile(
    ({ x }) => ({ first: slope(x), second: tf.grad((z) => tf.sum(slope(z)))(x) }),
    { x: { shape: [at.length] } },
    { name: 'curvature', threads: 1 },
  );
  const { first, second } = await compiled.run({ x: Float32Array.from(at) });
  await compiled.dispose();
  return { first: [...first], second: [...second] };
}
