// Models written for other runtimes: a batch of any size against the same function compiled for that size; arrays in
// half precision against the rounding of half precision; what cannot have a free axis says so.
import { describe, expect, it } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from '../src/float16.js';
import { compile, conv1d, logSoftmax, ModelSession, tf, writeModel } from '../src/index.js';
import { drawsOf } from './drawn.js';

type Inputs = Record<'x', tf.Tensor>;
type Fn = (inputs: Inputs) => Record<'y', tf.Tensor>;
interface Drawn {
  readonly data: Float32Array;
  readonly shape: number[];
}

const draws = drawsOf('models');
const drawn = (...shape: number[]): Drawn => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draws.normal()),
  shape,
});
const first = drawn(6, 20);
const second = drawn(20, 3);
const filter = drawn(18, 5);
const tensor = ({ data, shape }: Drawn): tf.Tensor => tf.tensor(data, shape);
const batchOf = (x: tf.Tensor): number => x.shape[0];
/** Two layers. */
const network: Fn = ({ x }) => ({ y: tf.matMul(tf.relu(tf.matMul(x, tensor(first))), tensor(second)) });

async function runModel(onnx: Uint8Array, x: Drawn) {
  await using session = await ModelSession.open(onnx, { name: 'model', threads: 1, engine: 'cpu' });
  const { y } = await session.run({ x });
  return { y: y!, declared: session.inputs[0]!.shape };
}

describe('a free axis', () => {
  const cases: [string, (number | string)[], Fn][] = [
    ['two layers', ['batch', 6], network],
    [
      'reshapes that join the batch with time',
      ['batch', 4, 6],
      ({ x }) => {
        const rows = logSoftmax(tf.matMul(tf.reshape(x, [batchOf(x) * 4, 6]), tensor(first)));
        return { y: tf.reshape(rows, [batchOf(x), 4, 20]) };
      },
    ],
    ['a convolution over time', ['batch', 8, 6], ({ x }) => ({ y: conv1d(x, tensor(filter)) })],
    [
      'slices, padding and constants as long as the batch',
      ['batch', 6],
      ({ x }) => {
        const tail = tf.slice(x, [0, 2], [batchOf(x), 3]);
        const joined = tf.concat([tf.ones([batchOf(x), 2]), tail, tf.mul(tail, 2)], 1);
        return { y: tf.pad(joined, [[2, 1] as [number, number], [0, 0] as [number, number]]) };
      },
    ],
    ['a slope', ['batch', 6], ({ x }) => ({ y: tf.grad((z) => tf.sum(tf.square(network({ x: z }).y)))(x) })],
  ];

  it.each(cases)('%s: any batch gives what a graph of its size gives', async (name, shape, fn) => {
    const onnx = writeModel(fn, { x: { shape } }, { name });
    for (const batch of [1, 3, 17]) {
      const sizes = shape.map((n) => (typeof n === 'number' ? n : batch));
      const x = drawn(...sizes);
      const compiled = await compile(fn, { x: { shape: sizes } }, { threads: 1 });
      const { y: expected } = await compiled.run({ x: x.data });
      const { y, declared } = await runModel(onnx, x);
      expect(declared).toEqual(shape.map((n) => (typeof n === 'number' ? n : 'batch')));
      expect(y.shape).toEqual(compiled.outputs.y.shape);
      y.data.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 4);
      });
      await compiled.dispose();
    }
  });

  it.each<[string, Fn]>([
    ['a number that counts it', ({ x }) => ({ y: tf.mul(x, batchOf(x)) })],
    ['a size that is its square', ({ x }) => ({ y: tf.reshape(tf.matMul(x, x, false, true), [batchOf(x) ** 2]) })],
    ['its positions', ({ x }) => ({ y: tf.add(x, tf.reshape(tf.range(0, batchOf(x)), [batchOf(x), 1])) })],
  ])('%s is refused', (_, fn) => {
    expect(() => writeModel(fn, { x: { shape: ['batch', 6] } }, { name: 'bad' })).toThrow(
      expect.objectContaining({
        code: 'config',
        message: expect.stringContaining('depends on the free axis') as unknown,
      }),
    );
  });

  it('is one', () => {
    expect(() => writeModel(network, { x: { shape: ['batch', 'time'] } })).toThrow(/"batch" and "time" are both free/);
  });
});

describe('storage in float16', () => {
  it('rounds arrays and nothing else, in half the space', async () => {
    const wide = drawn(6, 500);
    const fn: Fn = ({ x }) => ({ y: tf.matMul(x, tensor(wide)) });
    const whole = writeModel(fn, { x: { shape: ['batch', 6] } });
    const half = writeModel(fn, { x: { shape: ['batch', 6] } }, { storage: 'float16' });
    expect(whole.length - half.length).toBeGreaterThan(2 * 6 * 500 - 200);
    const x = drawn(4, 6);
    const rounded = wide.data.map((n) => float16ToFloat32(float32ToFloat16(n)));
    const { y } = await runModel(half, x);
    y.data.forEach((value, i) => {
      const [row, column] = [Math.floor(i / 500), i % 500];
      let sum = 0;
      for (let k = 0; k < 6; k++) sum += x.data[row * 6 + k]! * rounded[k * 500 + column]!;
      expect(value).toBeCloseTo(sum, 5);
    });
  });

  it('refuses what does not fit', () => {
    const large = { data: Float32Array.from({ length: 100 }, (_, i) => i * 1000), shape: [1, 100] };
    const write = (storage: 'float16' | 'float32'): Uint8Array =>
      writeModel(({ x }: Inputs) => ({ y: tf.matMul(x, tensor(large)) }), { x: { shape: ['batch', 1] } }, { storage });
    expect(() => write('float16')).toThrow(/66000 does not fit float16/);
    expect(write('float32').length).toBeGreaterThan(400);
  });
});
