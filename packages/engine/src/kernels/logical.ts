// Comparisons and choices: outputs are bool, except Select, which picks from two tensors by a condition.
// The derivative with respect to what is compared is zero; Select passes dy to the chosen side.
import { tf } from '../tf.js';
import type { Value } from '../graph.js';
import { saved, zeroFor, type Kernel, type KernelCall, type KernelTable } from '../kernel.js';

const compare = (op: string): Kernel => ({
  onnx: (call) => call.graph.elementwise(op, [call.input('a'), call.input('b')], 'bool'),
  gradient: zeroFor('a', 'b'),
});

const combine = (op: string): Kernel => ({
  onnx: (call) =>
    call.graph.elementwise(
      op,
      [call.graph.cast(call.input('a'), 'bool'), call.graph.cast(call.input('b'), 'bool')],
      'bool',
    ),
  gradient: zeroFor('a', 'b'),
});

const not = (call: KernelCall, x: Value): Value => call.graph.one('Not', [x], x.shape, 'bool');

function select(call: KernelCall): Value {
  const t = call.input('t');
  return call.graph.elementwise(
    'Where',
    [call.graph.cast(call.input('condition'), 'bool'), t, call.input('e')],
    t.type,
  );
}

export const logical: KernelTable = {
  Equal: compare('Equal'),
  NotEqual: {
    onnx: (call) => not(call, call.graph.elementwise('Equal', [call.input('a'), call.input('b')], 'bool')),
    gradient: zeroFor('a', 'b'),
  },
  Less: compare('Less'),
  LessEqual: compare('LessOrEqual'),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterOrEqual'),
  LogicalAnd: combine('And'),
  LogicalOr: combine('Or'),
  LogicalNot: { onnx: (call) => not(call, call.graph.cast(call.input('x'), 'bool')), gradient: zeroFor('x') },
  IsNan: {
    onnx: (call) => call.graph.one('IsNaN', [call.float('x')], call.input('x').shape, 'bool'),
    gradient: zeroFor('x'),
  },
  Select: {
    onnx: select,
    gradient: {
      inputs: ['condition'],
      of: (dy, tensors) => {
        const condition = saved(tensors, 0);
        return {
          condition: () => tf.zerosLike(dy),
          t: () => tf.where(condition, dy, tf.zerosLike(dy)),
          e: () => tf.where(condition, tf.zerosLike(dy), dy),
        };
      },
    },
  },
};
