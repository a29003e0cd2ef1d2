// Kernels that move numbers without computing: reshape, transpose, slice, pad, join, repeat, reverse.
// Each is its own derivative the other way round, so gradients of gradients stay in this file.
import { engineError } from '../errors.js';
import { tf } from '../tf.js';
import { dims, fillValue, sizeOf, type Value } from '../graph.js';
import { flat, positiveAxes, saved, type KernelCall, type KernelTable } from '../kernel.js';
import { join, pack, splitV, unpack } from './join-and-split.js';

function reshape(call: KernelCall): Value {
  const x = call.input('x');
  const shape = tf.util.inferFromImplicitShape([...call.numbers('shape')], sizeOf(x.shape));
  if (sizeOf(shape) !== sizeOf(x.shape))
    throw engineError(
      'internal',
      `reshape: [${x.shape.join()}] has ${sizeOf(x.shape)} numbers, [${shape.join()}] needs ${sizeOf(shape)}`,
    );
  return call.graph.reshape(x, shape);
}

function expandDims(call: KernelCall): Value {
  const x = call.input('input');
  const dim = call.number('dim');
  const at = dim < 0 ? x.shape.length + dim + 1 : dim;
  return call.graph.reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

interface Range {
  readonly begin: number[];
  readonly size: number[];
}

function sliceRange(shape: readonly number[], begin: unknown, size: unknown): Range {
  // The function only reads the shape; tfjs asks for a whole tensor info.
  const info = { shape: [...shape] } as unknown as tf.TensorInfo;
  const [from, count] = tf.slice_util.parseSliceParams(info, begin as number | number[], size as number | number[]) as [
    number[],
    number[],
  ];
  return { begin: from, size: count };
}

function slice(call: KernelCall): Value {
  const x = call.input('x');
  const { begin, size } = sliceRange(x.shape, call.raw('begin'), call.raw('size'));
  tf.slice_util.assertParamsValid({ shape: [...x.shape] } as unknown as tf.TensorInfo, begin, size);
  if (x.origin.kind === 'fill') return fillValue(x.origin.value, size, x.type);
  const axes = size.flatMap((n, axis) => (n === x.shape[axis] ? [] : [axis]));
  if (axes.length === 0) return x;
  const starts = axes.map((axis) => begin[axis] as number);
  const ends = axes.map((axis) => (begin[axis] as number) + (size[axis] as number));
  return call.graph.one('Slice', [x, dims(starts), dims(ends), dims(axes)], size, x.type);
}

const paddingsOf = (value: unknown): readonly (readonly [number, number])[] =>
  value as readonly (readonly [number, number])[];

function pad(call: KernelCall): Value {
  const x = call.input('x');
  const paddings = paddingsOf(call.raw('paddings'));
  const constant = call.number('constantValue');
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((n, i) => n + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  if (x.origin.kind === 'fill' && x.origin.value === constant) return fillValue(constant, shape, x.type);
  const amounts = dims([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  return call.graph.one('Pad', [x, amounts, call.scalar(constant, x.type)], shape, x.type, { mode: 'constant' });
}

function tile(call: KernelCall): Value {
  const x = call.input('x');
  const reps = call.numbers('reps');
  const shape = x.shape.map((n, i) => n * (reps[i] ?? 1));
  if (x.shape.every((n, i) => n === 1 || reps[i] === 1)) return call.graph.expand(x, shape);
  return call.graph.one('Tile', [x, dims(reps)], shape, x.type);
}

function reverse(call: KernelCall): Value {
  const x = call.input('x');
  const axes = positiveAxes(call.numbers('dims'), x.shape.length);
  const everything = -(2 ** 31) + 1;
  const each = (n: number): Value => dims(axes.map(() => n));
  return call.graph.one('Slice', [x, each(-1), each(everything), dims(axes), each(-1)], x.shape, x.type);
}

/** Sums the copies: [r0 n0, r1 n1, …] is [r0, n0, r1, n1, …] in memory. */
function untile(dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor {
  const split = shape.flatMap((n, i) => [reps[i] ?? 1, n]);
  return tf.reshape(
    tf.sum(
      tf.reshape(dy, split),
      shape.map((_, i) => 2 * i),
    ),
    [...shape],
  );
}

const reshapeBack = (name: string) => ({
  inputs: [name],
  of: (dy: tf.Tensor, tensors: readonly tf.Tensor[]) => ({ [name]: () => tf.reshape(dy, saved(tensors, 0).shape) }),
});

export const shape: KernelTable = {
  Identity: { onnx: (call) => call.input('x'), gradient: { of: (dy) => ({ x: () => tf.cast(dy, 'float32') }) } },
  Reshape: { onnx: reshape, gradient: reshapeBack('x') },
  ExpandDims: { onnx: expandDims, gradient: reshapeBack('input') },
  Transpose: {
    onnx: (call) => call.graph.transpose(call.input('x'), call.numbers('perm')),
    gradient: {
      of: (dy, _tensors, { perm }) => ({
        x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
      }),
    },
  },
  Slice: {
    onnx: slice,
    gradient: {
      inputs: ['x'],
      of: (dy, tensors, attributes) => {
        const { shape } = saved(tensors, 0);
        const { begin, size } = sliceRange(shape, attributes['begin'], attributes['size']);
        const paddings = shape.map((n, i): [number, number] => [
          begin[i] as number,
          n - (begin[i] as number) - (size[i] as number),
        ]);
        return { x: () => tf.pad(dy, paddings) };
      },
    },
  },
  PadV2: {
    onnx: pad,
    gradient: {
      inputs: ['x'],
      of: (dy, tensors, { paddings }) => ({
        x: () =>
          tf.slice(
            dy,
            paddingsOf(paddings).map(([before]) => before),
            saved(tensors, 0).shape,
          ),
      }),
    },
  },
  Concat: {
    onnx: (call) =>
      join(call, call.list, positiveAxes([call.number('axis')], (call.list[0] as Value).shape.length)[0] as number),
    gradient: {
      allInputs: true,
      of: (dy, tensors, { axis }) => {
        const [at = 0] = tf.util.parseAxisParam(axis as number, saved(tensors, 0).shape);
        const parts = tf.split(
          dy,
          tensors.map((tensor) => tensor.shape[at] as number),
          at,
        );
        return Object.fromEntries(parts.map((part, i) => [String(i), () => part]));
      },
    },
  },
  SplitV: {
    onnx: splitV,
    gradient: { of: (_dy, _tensors, { axis }, dys) => ({ x: () => tf.concat([...dys], axis as number) }) },
  },
  Pack: {
    onnx: pack,
    gradient: {
      allInputs: true,
      of: (dy, _tensors, { axis }) =>
        Object.fromEntries(tf.unstack(dy, axis as number).map((part, i) => [String(i), () => part])),
    },
  },
  Unpack: {
    onnx: unpack,
    gradient: { of: (_dy, _tensors, { axis }, dys) => ({ value: () => tf.stack([...dys], axis as number) }) },
  },
  Tile: {
    onnx: tile,
    gradient: {
      inputs: ['x'],
      of: (dy, tensors, { reps }) => ({ x: () => untile(dy, saved(tensors, 0).shape, reps as number[]) }),
    },
  },
  BroadcastTo: {
    onnx: (call) => call.graph.expand(call.input('x'), call.numbers('shape')),
    gradient: {
      inputs: ['x'],
      of: (dy, tensors) => {
        const { shape } = saved(tensors, 0);
        const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape);
        return { x: () => tf.reshape(tf.sum(dy, axes), shape) };
      },
    },
  },
  Reverse: {
    onnx: reverse,
    gradient: { of: (dy, _tensors, { dims: axes }) => ({ x: () => tf.reverse(dy, axes as number[]) }) },
  },
  ZerosLike: { onnx: (call) => fillValue(0, call.input('x').shape, call.input('x').type), gradient: flat('x') },
  OnesLike: { onnx: (call) => fillValue(1, call.input('x').shape, call.input('x').type), gradient: flat('x') },
  Fill: {
    onnx: (call) =>
      fillValue(
        call.number('value'),
        call.numbers('shape'),
        call.raw('dtype') === 'int32' ? 'int32' : call.raw('dtype') === 'bool' ? 'bool' : 'float32',
      ),
  },
};
