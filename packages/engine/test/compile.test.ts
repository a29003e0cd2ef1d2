// compile(): outputs, types, second derivatives, errors, and what it leaves behind in tfjs.
import { describe, expect, it } from 'vitest';
import { compile, tf, type ValueSpec } from '../src/index.js';

type Inputs = Record<'x', tf.Tensor>;

async function runOnce<O extends string>(
  fn: (inputs: Inputs) => Record<O, tf.Tensor>,
  x: Float32Array | Int32Array,
  spec: ValueSpec,
): Promise<Record<O, number[]>> {
  const compiled = await compile(fn, { x: spec }, { threads: 1, name: 'test' });
  const results = await compiled.run({ x });
  await compiled.dispose();
  return Object.fromEntries(Object.entries<Float32Array>(results).map(([key, values]) => [key, [...values]])) as Record<
    O,
    number[]
  >;
}

const ones = (n: number): Float32Array => new Float32Array(n).fill(1);

describe('compile', () => {
  it('computes a first and a second derivative of sum(x^3 w)', async () => {
    const w = [2, -1, 0.5];
    const f = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.pow(x, 3), tf.tensor1d(w)));
    const { y, first, second } = await runOnce(
      ({ x }) => {
        const slope = tf.grad(f);
        return { y: f(x), first: slope(x), second: tf.grad((z: tf.Tensor) => tf.sum(slope(z)))(x) };
      },
      Float32Array.of(1, 2, -3),
      { shape: [3] },
    );
    expect(y).toEqual([2 - 8 - 13.5]);
    expect(first).toEqual([6, -12, 13.5]);
    expect(second).toEqual([12, -12, -9]);
  });

  it('derives twice through outputs that tfjs keeps, which its own tape misses', async () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.logSoftmax(x), tf.tensor1d([1, -2, 3])));
    const { second } = await runOnce(
      ({ x }) => ({ second: tf.grad((z: tf.Tensor) => tf.sum(tf.mul(tf.grad(f)(z), tf.tensor1d([1, 0, 0]))))(x) }),
      Float32Array.of(0.2, -0.4, 0.9),
      { shape: [3] },
    );
    const total = Math.exp(0.2) + Math.exp(-0.4) + Math.exp(0.9);
    const p = [0.2, -0.4, 0.9].map((x) => Math.exp(x) / total);
    // d/dx0 of f is w0 - 2 p0 (the weights sum to 2); its derivatives are -2 p0 (1[i = 0] - pi).
    p.forEach((pi, i) => expect(second[i]).toBeCloseTo(-2 * (p[0] as number) * (Number(i === 0) - pi), 5));
  });

  it('returns inputs, constants, repeated and empty-dependency outputs, under input names too', async () => {
    const { x, again, five, doubled } = await runOnce(
      (inputs) => ({
        x: inputs.x,
        again: inputs.x,
        five: tf.fill([2], 5),
        doubled: tf.mul(inputs.x, 2),
      }),
      Float32Array.of(1, 2),
      { shape: [2] },
    );
    expect({ x, again, five, doubled }).toEqual({ x: [1, 2], again: [1, 2], five: [5, 5], doubled: [2, 4] });
  });

  it('takes int32 inputs and returns integers and truth as float32', async () => {
    const { rows, equal, product } = await runOnce(
      ({ x }) => ({
        rows: tf.gather(
          tf.tensor2d([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
          x as tf.Tensor1D,
        ),
        equal: tf.equal(x, tf.scalar(2, 'int32')),
        product: tf.mul(x, tf.scalar(3, 'int32')),
      }),
      Int32Array.of(2, 0),
      { shape: [2], dtype: 'int32' },
    );
    expect({ rows, equal, product }).toEqual({ rows: [5, 6, 1, 2], equal: [1, 0], product: [6, 0] });
  });

  it('writes the same bytes for the same function', async () => {
    const build = async (): Promise<Uint8Array> => {
      const compiled = await compile(
        ({ x }: Inputs) => ({ y: tf.grad((z: tf.Tensor) => tf.mean(tf.square(tf.softmax(z))))(x) }),
        { x: { shape: [4, 5] } },
        { name: 'same' },
      );
      await compiled.dispose();
      return compiled.onnx;
    };
    expect(Buffer.compare(await build(), await build())).toBe(0);
  });

  it('keeps repeated numbers out of the file and dead code out of the graph', async () => {
    const compiled = await compile(
      ({ x }: Inputs) => {
        tf.matMul(
          x,
          tf.tensor2d(
            Array.from({ length: 500 * 500 }, (_, i) => i),
            [500, 500],
          ),
        );
        return { y: tf.add(tf.concat([x, tf.zeros([3, 500])], 0), tf.ones([4, 500])) };
      },
      { x: { shape: [1, 500] } },
      { threads: 1 },
    );
    expect(compiled.onnx.length).toBeLessThan(1000);
    expect([...(await compiled.run({ x: ones(500) })).y]).toEqual([...new Float32Array(500).fill(2), ...ones(1500)]);
    await compiled.dispose();
  });

  it('writes into the arrays it is given', async () => {
    const compiled = await compile(
      ({ x }: Inputs) => ({ y: tf.add(x, 1), z: tf.mul(x, 2) }),
      { x: { shape: [2] } },
      { threads: 1 },
    );
    const y = new Float32Array(2);
    const results = await compiled.run({ x: Float32Array.of(1, 2) }, { y });
    expect(results.y).toBe(y);
    expect([...y, ...results.z]).toEqual([2, 3, 2, 4]);
    await expect(compiled.run({ x: ones(2) }, { y: ones(3) })).rejects.toThrow(/output "y" has 2 numbers/);
    await compiled.dispose();
  });
});

describe('compile errors', () => {
  const fails = (fn: (inputs: Inputs) => Record<string, tf.Tensor>): Promise<unknown> =>
    compile(fn, { x: { shape: [2, 2] } }, { name: 'bad' });

  it('names a kernel it does not know and says how to add it', async () => {
    const error = await fails(({ x }) => ({ y: tf.atan2(x, x) })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'internal',
      message: expect.stringContaining('Atan2') as unknown,
      hint: expect.stringContaining('src/kernels') as unknown,
    });
  });

  it('explains that traced numbers cannot be read', async () => {
    await expect(fails(({ x }) => ({ y: tf.scalar((x.dataSync()[0] ?? 0) + 1) }))).rejects.toThrow(
      /not known while tracing/,
    );
  });

  it('refuses outputs that are not tensors and tensors of another trace', async () => {
    await expect(fails(() => ({ y: 3 as unknown as tf.Tensor }))).rejects.toThrow(/output "y" is not a tensor/);
    let leaked: tf.Tensor | undefined;
    await (
      await compile(({ x }: Inputs) => ({ y: (leaked = tf.keep(tf.add(x, 1))) }), { x: { shape: [1] } })
    ).dispose();
    await expect(fails(({ x }) => ({ y: tf.add(x, leaked as tf.Tensor) }))).rejects.toThrow(/another traced function/);
    leaked?.dispose();
  });

  it('names graph and input when a feed does not fit', async () => {
    const compiled = await compile(({ x }: Inputs) => ({ y: x }), { x: { shape: [2] } }, { name: 'feeds' });
    await expect(compiled.run({ x: ones(3) })).rejects.toThrow(/graph feeds: input "x" needs 2 numbers/);
    await expect(compiled.run({ x: Int32Array.of(1, 2) })).rejects.toThrow(/type float32/);
    await expect(compiled.run({} as Record<'x', Float32Array>)).rejects.toThrow(/given nothing/);
    await compiled.dispose();
    await expect(compiled.run({ x: ones(2) })).rejects.toThrow(/was disposed/);
  });

  it('wraps errors of the runtime with the name of the graph', async () => {
    const compiled = await compile(
      ({ x }: Inputs) => ({ y: tf.gather(tf.tensor1d([1, 2, 4]), x as tf.Tensor1D) }),
      { x: { shape: [1], dtype: 'int32' } },
      { name: 'lookup' },
    );
    await expect(compiled.run({ x: Int32Array.of(7) })).rejects.toThrow(/graph lookup: onnxruntime failed/);
    await compiled.dispose();
  });

  it('leaves tfjs as it was, whether tracing works or throws', async () => {
    const before = tf.memory().numTensors;
    const backend = tf.getBackend();
    const slope = (z: tf.Tensor): tf.Tensor => tf.grad((u: tf.Tensor) => tf.sum(tf.exp(tf.square(u))))(z);
    await (
      await compile(({ x }: Inputs) => ({ y: tf.grad((z: tf.Tensor) => tf.sum(slope(z)))(x) }), {
        x: { shape: [2, 2] },
      })
    ).dispose();
    expect(tf.memory().numTensors).toBe(before);
    await expect(
      fails(({ x }) => ({ y: tf.grad((z: tf.Tensor) => tf.sum(tf.atan2(tf.exp(z), tf.exp(z))))(x) })),
    ).rejects.toThrow(/Atan2/);
    await expect(
      fails(({ x }) => ({
        y: tf.grad((z: tf.Tensor) =>
          tf.customGrad((v) => ({
            value: tf.sum(v as tf.Tensor),
            gradFunc: () => {
              throw new Error('mine');
            },
          }))(tf.exp(z)),
        )(x),
      })),
    ).rejects.toThrow(/mine/);
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.getBackend()).toBe(backend);
  });
});
