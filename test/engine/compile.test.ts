// compile(): values, outputs, errors, what it leaves behind in tfjs, and second derivatives.
import { describe, expect, it } from 'vitest';
import { compile, tf } from '../../src/engine/index.js';

const runOnce = async (fn: (inputs: Record<'x', tf.Tensor>) => Record<string, tf.Tensor>, shape: number[], x: number[]): Promise<Record<string, number[]>> => {
  const compiled = await compile(fn, { x: { shape } }, { threads: 1 });
  const results = await compiled.run({ x: Float32Array.from(x) });
  await compiled.dispose();
  return Object.fromEntries(Object.entries(results).map(([key, values]) => [key, [...values]]));
};

describe('compile', () => {
  it('computes a first and a second derivative of sum(x^3 w)', async () => {
    const w = [2, -1, 0.5];
    const f = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.pow(x, 3), tf.tensor1d(w)));
    const { y, first, second } = await runOnce(({ x }) => {
      const slope = tf.grad(f);
      return { y: f(x), first: slope(x), second: tf.grad((z: tf.Tensor) => tf.sum(slope(z)))(x) };
    }, [3], [1, 2, -3]);
    expect(y).toEqual([2 - 8 - 13.5]);
    expect(first).toEqual([6, -12, 13.5]);
    expect(second).toEqual([12, -12, -9]);
  });
});
