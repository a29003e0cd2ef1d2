// Cases of the kernels that reduce, move, join, multiply or look up: their references are position by position.
import { fold, logSoftmax, tf, unfold, type WindowOptions } from '../../src/index.js';
import { along, at, lines, over, total, type KernelCase } from './plain.js';

const shape = [2, 3, 4];
const input = { shape, low: -1.4, high: 1.4 };
type N = number[];

const one = (fn: (x: tf.Tensor) => tf.Tensor, reference: (x: N) => N, derivatives: 0 | 2 = 2): KernelCase => ({
  inputs: [input],
  fn: (x) => fn(x),
  reference: (x) => reference(x),
  derivatives,
});

const constant = (fn: () => tf.Tensor, expected: N): KernelCase => ({
  inputs: [{ shape: [] }],
  fn: () => fn(),
  reference: () => expected,
  derivatives: 0,
});

const softmax = (line: N): N => line.map((x) => Math.exp(x) / total(line.map(Math.exp)));
const running = (line: N): N => line.map((_, i) => total(line.slice(0, i + 1)));
const argmax = (line: N): number => line.indexOf(Math.max(...line));
const argmin = (line: N): number => line.indexOf(Math.min(...line));

function product(a: N, b: N, shapeA: N, shapeB: N, batch: N, transposeA = false, transposeB = false): N {
  const [n, k] = (transposeA ? [...shapeA].reverse() : shapeA.slice(-2)) as [number, number];
  const m = (transposeB ? shapeB.at(-2) : shapeB.at(-1)) as number;
  return over([...batch, n, m], (p) => {
    const [row, column] = p.slice(-2) as [number, number];
    const lead = p.slice(0, -2);
    return total(
      Array.from(
        { length: k },
        (_, i) =>
          at(a, shapeA, [...lead, ...(transposeA ? [i, row] : [row, i])]) *
          at(b, shapeB, [...lead, ...(transposeB ? [column, i] : [i, column])]),
      ),
    );
  });
}

const matMul = (shapeA: N, shapeB: N, batch: N = [], transposeA = false, transposeB = false): KernelCase => ({
  inputs: [{ shape: shapeA }, { shape: shapeB }],
  fn: (a, b) => tf.matMul(a, b, transposeA, transposeB),
  reference: (a, b) => product(a, b, shapeA, shapeB, batch, transposeA, transposeB),
});

/** Every (window, tap, frame) of `frames` frames by the definition of a window; frame is undefined on padding. */
function places(
  frames: number,
  kernel: number,
  { stride = 1, padLeft = 0, padRight = 0 }: WindowOptions,
): { t: number; m: number; frame: number }[] {
  const all: { t: number; m: number; frame: number }[] = [];
  for (let t = 0; t * stride + kernel <= frames + padLeft + padRight; t++)
    for (let m = 0; m < kernel; m++) all.push({ t, m, frame: t * stride + m - padLeft });
  return all;
}
const windowFrames = 5;
const windowChannels = 2;
const count = (kernel: number, options: WindowOptions): number => places(windowFrames, kernel, options).length / kernel;

const windows = (kernel: number, options: WindowOptions): KernelCase => {
  const from = [2, windowFrames, windowChannels];
  return {
    inputs: [{ shape: from }],
    fn: (x) => unfold(x, kernel, options),
    reference: (x) =>
      over([2, count(kernel, options), kernel, windowChannels], ([b, t, m, c]) => {
        const { frame } = places(windowFrames, kernel, options).find((place) => place.t === t && place.m === m) as {
          frame: number;
        };
        return frame >= 0 && frame < windowFrames ? at(x, from, [b, frame, c] as N) : 0;
      }),
  };
};

const overlap = (kernel: number, options: WindowOptions): KernelCase => {
  const from = [2, count(kernel, options), kernel * windowChannels];
  return {
    inputs: [{ shape: from }],
    fn: (y) => fold(y, kernel, windowFrames, options),
    reference: (y) =>
      over([2, windowFrames, windowChannels], ([b, frame, c]) =>
        total(
          places(windowFrames, kernel, options).map((place) =>
            place.frame === frame ? at(y, from, [b, place.t, place.m * windowChannels + (c as number)] as N) : 0,
          ),
        ),
      ),
  };
};

export const structure: Record<string, KernelCase[]> = {
  Sum: [
    one(
      (x) => tf.sum(x),
      (x) => [total(x)],
    ),
    one(
      (x) => tf.sum(x, 1),
      (x) => along(x, shape, 1, total),
    ),
    one(
      (x) => tf.sum(x, [0, -1], true),
      (x) => along(along(x, shape, 2, total), [2, 3], 0, total),
    ),
    one(
      (x) => tf.sum(tf.greater(x, 0), -1),
      (x) => along(x, shape, 2, (line) => line.filter((n) => n > 0).length),
      0,
    ),
  ],
  Mean: [
    one(
      (x) => tf.mean(x),
      (x) => [total(x) / 24],
    ),
    one(
      (x) => tf.mean(x, [1], true),
      (x) => along(x, shape, 1, (line) => total(line) / 3),
    ),
  ],
  Max: [
    one(
      (x) => tf.max(x),
      (x) => [Math.max(...x)],
    ),
    one(
      (x) => tf.max(x, -1),
      (x) => along(x, shape, 2, (line) => Math.max(...line)),
    ),
    one(
      (x) => tf.max(x, 0, true),
      (x) => along(x, shape, 0, (line) => Math.max(...line)),
    ),
  ],
  Min: [
    one(
      (x) => tf.min(x, 1),
      (x) => along(x, shape, 1, (line) => Math.min(...line)),
    ),
  ],
  ArgMax: [
    one(
      (x) => tf.argMax(x, 2),
      (x) => along(x, shape, 2, argmax),
      0,
    ),
    one(
      (x) => tf.argMax(x, 0),
      (x) => along(x, shape, 0, argmax),
      0,
    ),
  ],
  ArgMin: [
    one(
      (x) => tf.argMin(x, -1),
      (x) => along(x, shape, 2, argmin),
      0,
    ),
  ],
  All: [
    one(
      (x) => tf.all(tf.greater(x, -1), 2),
      (x) => along(x, shape, 2, (line) => Number(line.every((n) => n > -1))),
      0,
    ),
  ],
  Any: [
    one(
      (x) => tf.any(tf.greater(x, 1), [1], true),
      (x) => along(x, shape, 1, (line) => Number(line.some((n) => n > 1))),
      0,
    ),
  ],
  Cumsum: [
    one(
      (x) => tf.cumsum(x, 1),
      (x) => lines(x, shape, 1, running),
    ),
    one(
      (x) => tf.cumsum(x, -1, true, true),
      (x) => lines(x, shape, 2, (line) => line.map((_, i) => total(line.slice(i + 1)))),
    ),
  ],
  Softmax: [
    one(
      (x) => tf.softmax(x),
      (x) => lines(x, shape, 2, softmax),
    ),
  ],
  LogSoftmax: [
    one(
      (x) => logSoftmax(x),
      (x) => lines(x, shape, 2, (line) => softmax(line).map(Math.log)),
    ),
  ],
  BatchMatMul: [
    matMul([2, 3], [3, 4]),
    matMul([3, 2], [3, 4], [], true),
    matMul([2, 3], [4, 3], [], false, true),
    matMul([3, 2], [4, 3], [], true, true),
    matMul([2, 2, 3], [2, 3, 2], [2]),
    matMul([2, 3, 2], [2, 2, 3], [2], true, true),
    matMul([2, 2, 3], [1, 3, 2], [2]),
    matMul([2, 2, 3], [1, 2, 3], [2], false, true),
  ],
  Identity: [
    one(
      (x) => tf.clone(x),
      (x) => x,
    ),
  ],
  Reshape: [
    one(
      (x) => tf.reshape(x, [4, -1]),
      (x) => x,
    ),
  ],
  ExpandDims: [
    one(
      (x) => tf.expandDims(x, -2),
      (x) => x,
    ),
  ],
  Transpose: [
    one(
      (x) => tf.transpose(x, [2, 0, 1]),
      (x) => over([4, 2, 3], ([c, a, b]) => at(x, shape, [a, b, c] as N)),
    ),
  ],
  Slice: [
    one(
      (x) => tf.slice(x, [0, 1, 1], [2, 2, 2]),
      (x) => over([2, 2, 2], ([a, b, c]) => at(x, shape, [a as number, (b as number) + 1, (c as number) + 1])),
    ),
    one(
      (x) => tf.slice(x, 1),
      (x) => x.slice(12),
    ),
  ],
  PadV2: [
    one(
      (x) =>
        tf.pad(
          x,
          [
            [1, 0],
            [0, 2],
            [0, 0],
          ],
          0.5,
        ),
      (x) =>
        over([3, 5, 4], ([a, b, c]) =>
          (a as number) < 1 || (b as number) > 2 ? 0.5 : at(x, shape, [(a as number) - 1, b as number, c as number]),
        ),
    ),
  ],
  Concat: [
    {
      inputs: [{ shape: [2, 1] }, { shape: [2, 3] }],
      fn: (a, b) => tf.concat([a, b, a], 1),
      reference: (a, b) =>
        over([2, 5], ([r, c]) =>
          c === 0 || c === 4 ? at(a, [2, 1], [r as number, 0]) : at(b, [2, 3], [r as number, (c as number) - 1]),
        ),
    },
  ],
  SplitV: [
    one(
      (x) => {
        const [first, second] = tf.split(x, [1, 3], 2);
        return tf.mul(first as tf.Tensor, second as tf.Tensor);
      },
      (x) =>
        over([2, 3, 3], ([a, b, c]) => at(x, shape, [a, b, 0] as N) * at(x, shape, [a, b, (c as number) + 1] as N)),
    ),
  ],
  Pack: [
    {
      inputs: [{ shape: [2, 2] }, { shape: [2, 2] }],
      fn: (a, b) => tf.stack([a, b], 1),
      reference: (a, b) => over([2, 2, 2], ([r, which, c]) => at(which === 0 ? a : b, [2, 2], [r, c] as N)),
    },
  ],
  Unpack: [
    one(
      (x) => tf.mul(tf.unstack(x, 1)[0] as tf.Tensor, tf.unstack(x, 1)[2] as tf.Tensor),
      (x) => over([2, 4], ([a, c]) => at(x, shape, [a, 0, c] as N) * at(x, shape, [a, 2, c] as N)),
    ),
  ],
  Tile: [
    one(
      (x) => tf.tile(x, [1, 2, 2]),
      (x) => over([2, 6, 8], ([a, b, c]) => at(x, shape, [a as number, (b as number) % 3, (c as number) % 4])),
    ),
    {
      inputs: [{ shape: [2, 1] }],
      fn: (x) => tf.mul(tf.tile(x, [1, 3]), tf.tensor2d([[1, 2, 3]])),
      reference: (x) => over([2, 3], ([r, c]) => (x[r as number] as number) * ((c as number) + 1)),
    },
  ],
  BroadcastTo: [
    {
      inputs: [{ shape: [2, 1] }],
      fn: (x) => tf.engine().runKernel<tf.Tensor>('BroadcastTo', { x: x }, { shape: [3, 2, 2], inputShape: [2, 1] }),
      reference: (x) => over([3, 2, 2], ([, r]) => x[r as number] as number),
    },
  ],
  Reverse: [
    one(
      (x) => tf.reverse(x, [0, 2]),
      (x) => over(shape, ([a, b, c]) => at(x, shape, [1 - (a as number), b as number, 3 - (c as number)])),
    ),
  ],
  ZerosLike: [
    one(
      (x) => tf.zerosLike(x),
      (x) => x.map(() => 0),
    ),
  ],
  OnesLike: [
    one(
      (x) => tf.onesLike(x),
      (x) => x.map(() => 1),
    ),
  ],
  Fill: [constant(() => tf.fill([2, 2], 1.5), [1.5, 1.5, 1.5, 1.5]), constant(() => tf.fill([2], 7, 'int32'), [7, 7])],
  GatherV2: [
    one(
      (x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32'), 1),
      (x) => over([2, 3, 4], ([a, i, c]) => at(x, shape, [a, [2, 0, 2][i as number], c] as N)),
    ),
    one(
      (x) =>
        tf.gather(
          x,
          tf.tensor2d(
            [
              [1, 1],
              [0, 1],
            ],
            [2, 2],
            'int32',
          ),
        ),
      (x) =>
        over([2, 2, 3, 4], ([i, j, b, c]) =>
          at(x, shape, [
            (
              [
                [1, 1],
                [0, 1],
              ][i as number] as N
            )[j as number],
            b,
            c,
          ] as N),
        ),
    ),
  ],
  UnsortedSegmentSum: [
    {
      inputs: [{ shape: [4, 2] }],
      fn: (x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 2], 'int32'), 4),
      reference: (x) =>
        over([4, 2], ([segment, c]) =>
          total([2, 0, 2, 2].map((s, row) => (s === segment ? at(x, [4, 2], [row, c] as N) : 0))),
        ),
    },
  ],
  OneHot: [
    {
      inputs: [{ shape: [3], values: [2, 0, 1] }],
      fn: (x) => tf.oneHot(tf.cast(x, 'int32'), 4, 2, -1, 'float32'),
      reference: (x) => over([3, 4], ([r, c]) => (x[r as number] === c ? 2 : -1)),
      derivatives: 0,
    },
    {
      inputs: [{ shape: [2], values: [1, 5] }],
      fn: (x) => tf.oneHot(tf.cast(x, 'int32'), 2),
      reference: () => [0, 1, 0, 0],
      derivatives: 0,
    },
  ],
  Unfold: [
    windows(3, {}),
    windows(2, { stride: 2 }),
    windows(3, { padLeft: 2 }),
    windows(4, { stride: 3, padLeft: 1, padRight: 2 }),
    windows(1, {}),
    windows(1, { stride: 2 }),
  ],
  Fold: [
    overlap(3, {}),
    overlap(2, { stride: 2 }),
    overlap(3, { padLeft: 2 }),
    overlap(4, { stride: 3, padLeft: 1, padRight: 2 }),
    overlap(1, {}),
    overlap(1, { stride: 2 }),
  ],
  Range: [constant(() => tf.range(1, 8, 2), [1, 3, 5, 7]), constant(() => tf.range(3, 0, -1, 'int32'), [3, 2, 1])],
  LinSpace: [constant(() => tf.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1])],
};
