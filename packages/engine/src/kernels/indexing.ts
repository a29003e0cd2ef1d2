// Kernels that read or add rows by index, and the constants made of counting: indices are int32, counted from 0.
// An index outside its table is an error of the run, not of the trace.
import { engineError } from '../errors.js';
import { tf } from '../tf.js';
import { fillValue, sizeOf, type Value } from '../graph.js';
import { saved, zeroFor, type KernelCall, type KernelTable } from '../kernel.js';

function gather(call: KernelCall): Value {
  const x = call.input('x');
  const indices = call.graph.cast(call.input('indices'), 'int32');
  const axis = call.number('axis') < 0 ? call.number('axis') + x.shape.length : call.number('axis');
  const batch = call.number('batchDims');
  if (batch !== 0) {
    throw engineError(
      'internal',
      'gather with batchDims is not traced',
      'Flatten the batch into the gathered axis and add row offsets to the indices.',
    );
  }
  return call.graph.one(
    'Gather',
    [x, indices],
    [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    x.type,
    { axis },
  );
}

/** Rows that share an index are added in their order, so the sum does not depend on threads. */
function segmentSum(call: KernelCall): Value {
  const { graph } = call;
  const x = call.input('x');
  const ids = graph.cast(call.input('segmentIds'), 'int64');
  const rows = sizeOf(ids.shape);
  const rest = x.shape.slice(ids.shape.length);
  const width = sizeOf(rest);
  const count = call.number('numSegments');
  const updates = graph.reshape(x, [rows, width]);
  const indices = graph.expand(graph.reshape(ids, [rows, 1]), [rows, width]);
  const sums = graph.one(
    'ScatterElements',
    [fillValue(0, [count, width], x.type), indices, updates],
    [count, width],
    x.type,
    { axis: 0, reduction: 'add' },
  );
  return graph.reshape(sums, [count, ...rest]);
}

/** Not ONNX's OneHot, whose supported type combinations differ between devices. */
function oneHot(call: KernelCall): Value {
  const { graph } = call;
  const indices = call.input('indices');
  const depth = call.number('depth');
  const given = call.raw('dtype');
  const type = given === 'float32' || given === 'bool' ? given : 'int32';
  const column = graph.reshape(indices, [...indices.shape, 1]);
  const hit = graph.elementwise(
    'Equal',
    [
      column,
      call.constant(
        Array.from({ length: depth }, (_, i) => i),
        [depth],
        indices.type,
      ),
    ],
    'bool',
  );
  const on = call.number('onValue');
  const off = call.number('offValue');
  if (type === 'bool' && on === 1 && off === 0) return hit;
  const chosen = type === 'bool' ? 'int32' : type;
  return graph.cast(graph.elementwise('Where', [hit, call.scalar(on, chosen), call.scalar(off, chosen)], chosen), type);
}

function range(call: KernelCall): Value {
  const start = call.number('start');
  const step = call.number('step');
  const count = Math.max(0, Math.ceil((call.number('stop') - start) / step));
  const type = call.raw('dtype') === 'int32' ? 'int32' : 'float32';
  return call.constant(
    Array.from({ length: count }, (_, i) => start + i * step),
    [count],
    type,
  );
}

function linSpace(call: KernelCall): Value {
  const start = call.number('start');
  const count = call.number('num');
  const step = count > 1 ? (call.number('stop') - start) / (count - 1) : 0;
  return call.constant(
    Array.from({ length: count }, (_, i) => start + i * step),
    [count],
    'float32',
  );
}

/** The gradient of gather: rows of dy added back to where they were read. */
function ungather(dy: tf.Tensor, x: tf.Tensor, indices: tf.Tensor, axis: number): tf.Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  const outer = x.shape.slice(0, at);
  const inner = x.shape.slice(at + 1);
  const values = tf.reshape(dy, [...outer, indices.size, ...inner]); // the gathered axis as one
  const forward = [outer.length, ...outer.keys(), ...[...inner.keys()].map((i) => i + outer.length + 1)];
  const rows = tf.transpose(values, forward); // [indices, …outer, …inner]
  const sums = tf.unsortedSegmentSum(rows, tf.reshape<tf.Rank.R1>(indices, [indices.size]), x.shape[at] as number);
  return tf.transpose(sums, tf.backend_util.getUndoAxesPermutation(forward));
}

export const indexing: KernelTable = {
  GatherV2: {
    onnx: gather,
    gradient: {
      inputs: ['x', 'indices'],
      of: (dy, tensors, { axis }) => ({
        x: () => ungather(dy, saved(tensors, 0), saved(tensors, 1), axis as number),
        indices: () => tf.zeros(saved(tensors, 1).shape),
      }),
    },
  },
  UnsortedSegmentSum: {
    onnx: segmentSum,
    gradient: {
      inputs: ['segmentIds'],
      of: (dy, tensors) => ({
        x: () => tf.gather(dy, saved(tensors, 0)),
        segmentIds: () => tf.zeros(saved(tensors, 0).shape),
      }),
    },
  },
  OneHot: { onnx: oneHot, gradient: zeroFor('indices') },
  Range: { onnx: range },
  LinSpace: { onnx: linSpace },
};
