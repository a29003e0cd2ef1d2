// Kernels that sum, average, compare or accumulate along axes: input x, output with those axes gone or of length 1.
import { tf } from '../tf.js';
import { fillValue, sizeOf, type Value } from '../graph.js';
import { positiveAxes, saved, zeroFor, type KernelCall, type KernelGradient, type KernelTable } from '../kernel.js';

interface Reduced {
  readonly axes: number[];
  readonly shape: number[];
  readonly keep: 0 | 1;
}

function reduced(call: KernelCall, x: Value, axisName: string): Reduced {
  const given = call.raw(axisName);
  const axes = given == null ? x.shape.map((_, i) => i) : positiveAxes(call.numbers(axisName), x.shape.length);
  const keep = call.flag('keepDims') ? 1 : 0;
  const shape = keep ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n)) : x.shape.filter((_, i) => !axes.includes(i));
  return { axes, shape, keep };
}

function sum(call: KernelCall): Value {
  const x = call.input('x').type === 'bool' ? call.graph.cast(call.input('x'), 'int32') : call.input('x');
  const { axes, shape, keep } = reduced(call, x, 'axis');
  if (sizeOf(shape) === sizeOf(x.shape)) return call.graph.reshape(x, shape);
  if (x.origin.kind === 'fill') return fillValue(x.origin.value * (sizeOf(x.shape) / sizeOf(shape)), shape, x.type);
  return call.graph.one('ReduceSum', [x, call.dims(axes)], shape, x.type, { keepdims: keep });
}

function mean(call: KernelCall): Value {
  const x = call.float('x');
  const { axes, shape, keep } = reduced(call, x, 'axis');
  if (sizeOf(shape) === sizeOf(x.shape)) return call.graph.reshape(x, shape);
  return call.graph.one('ReduceMean', [x], shape, 'float32', { axes, keepdims: keep });
}

/** tfjs names the axes of Max and of Min differently. */
const extreme =
  (op: string, axisName: string) =>
  (call: KernelCall): Value => {
    const x = call.input('x');
    const { axes, shape, keep } = reduced(call, x, axisName);
    if (sizeOf(shape) === sizeOf(x.shape)) return call.graph.reshape(x, shape);
    return call.graph.one(op, [x], shape, x.type, { axes, keepdims: keep });
  };

const position =
  (op: string) =>
  (call: KernelCall): Value => {
    const x = call.input('x');
    const axis = call.numbers('axis')[0] ?? 0;
    const [at = 0] = positiveAxes([axis], x.shape.length);
    const shape = x.shape.filter((_, i) => i !== at);
    return call.graph.cast(call.graph.one(op, [x], shape, 'int64', { axis: at, keepdims: 0 }), 'int32');
  };

/** A reduced tensor with the reduced axes put back as length 1. */
function withAxes(y: tf.Tensor, x: tf.Tensor, axis: unknown): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis as number | number[], x.shape);
  return tf.reshape(
    y,
    x.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
  );
}

/** As in tfjs, each of several equal extremes receives the whole gradient. */
const extremeGradient = (axisName: string, extremeOf: (x: tf.Tensor, axis: number[]) => tf.Tensor): KernelGradient => ({
  inputs: ['x'],
  of: (dy, tensors, attributes) => {
    const x = saved(tensors, 0);
    const axis = attributes[axisName];
    const isExtreme = tf.equal(x, withAxes(extremeOf(x, axis as number[]), x, axis));
    return { x: () => tf.mul(withAxes(dy, x, axis), tf.cast(isExtreme, 'float32')) };
  },
});

function cumsum(call: KernelCall): Value {
  const x = call.input('x');
  const [axis = 0] = positiveAxes([call.number('axis')], x.shape.length);
  return call.graph.one('CumSum', [x, call.scalar(axis, 'int32')], x.shape, x.type, {
    exclusive: call.flag('exclusive') ? 1 : 0,
    reverse: call.flag('reverse') ? 1 : 0,
  });
}

/** @param axisName the attribute that names the axis */
const normalised =
  (op: string, axisName: string) =>
  (call: KernelCall): Value => {
    const logits = call.float('logits');
    const [axis = 0] = positiveAxes([call.number(axisName)], logits.shape.length);
    return call.graph.one(op, [logits], logits.shape, 'float32', { axis });
  };

export const reduction: KernelTable = {
  Sum: {
    onnx: sum,
    gradient: {
      inputs: ['x'],
      of: (dy, tensors, { axis }) => ({
        x: () => tf.broadcastTo(withAxes(dy, saved(tensors, 0), axis), saved(tensors, 0).shape),
      }),
    },
  },
  Mean: {
    onnx: mean,
    gradient: {
      inputs: ['x'],
      of: (dy, tensors, { axis }) => ({
        x: () => {
          const x = saved(tensors, 0);
          const each = tf.div(withAxes(dy, x, axis), x.size / dy.size);
          return tf.broadcastTo(each, x.shape);
        },
      }),
    },
  },
  Max: {
    onnx: extreme('ReduceMax', 'reductionIndices'),
    gradient: extremeGradient('reductionIndices', (x, axis) => tf.max(x, axis)),
  },
  Min: { onnx: extreme('ReduceMin', 'axis'), gradient: extremeGradient('axis', (x, axis) => tf.min(x, axis)) },
  ArgMax: { onnx: position('ArgMax'), gradient: zeroFor('x') },
  ArgMin: { onnx: position('ArgMin'), gradient: zeroFor('x') },
  All: { onnx: (call) => allOf(call, 'ReduceMin'), gradient: zeroFor('x') },
  Any: { onnx: (call) => allOf(call, 'ReduceMax'), gradient: zeroFor('x') },
  Cumsum: {
    onnx: cumsum,
    gradient: {
      of: (dy, _tensors, { axis, exclusive, reverse }) => ({
        x: () => tf.cumsum(dy, axis as number, exclusive as boolean, !(reverse as boolean)),
      }),
    },
  },
  Softmax: {
    onnx: normalised('Softmax', 'dim'),
    gradient: {
      inputs: ['logits'],
      of: (dy, tensors, { dim }) => {
        const y = tf.softmax(saved(tensors, 0), dim as number);
        const weighted = tf.mul(dy, y);
        return { logits: () => tf.sub(weighted, tf.mul(tf.sum(weighted, dim as number, true), y)) };
      },
    },
  },
  LogSoftmax: {
    onnx: normalised('LogSoftmax', 'axis'),
    gradient: {
      inputs: ['logits'],
      of: (dy, tensors, { axis }) => ({
        logits: () =>
          tf.sub(dy, tf.mul(tf.sum(dy, axis as number, true), tf.softmax(saved(tensors, 0), axis as number))),
      }),
    },
  },
};

/** ONNX has no boolean reduction: the smallest or largest of 0 and 1 is the same. */
function allOf(call: KernelCall, op: string): Value {
  const x = call.graph.cast(call.input('x'), 'int32');
  const { axes, shape, keep } = reduced(call, x, 'axis');
  return call.graph.cast(call.graph.one(op, [x], shape, 'int32', { axes, keepdims: keep }), 'bool');
}
