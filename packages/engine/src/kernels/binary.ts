// Kernels of two tensors with broadcasting: inputs a and b, output of their common shape.
// AddN stands here too: it adds a list of tensors of one shape.
import { tf } from '../tf.js';
import { fillValue, type Value } from '../graph.js';
import { reduceTo, saved, type Kernel, type KernelCall, type KernelTable } from '../kernel.js';

type Derivative = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

const isFill = (value: Value, number: number): boolean => value.origin.kind === 'fill' && value.origin.value === number;

/** x + 0, x - 0, x * 1, x / 1 and constants: what gradients of gradients are full of. */
function simplified(call: KernelCall, op: string, a: Value, b: Value): Value | undefined {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  const compute = arithmetic[op];
  if (a.origin.kind === 'fill' && b.origin.kind === 'fill' && compute && a.type === 'float32') {
    return fillValue(Math.fround(compute(a.origin.value, b.origin.value)), shape, a.type);
  }
  const neutral = op === 'Add' || op === 'Sub' ? 0 : op === 'Mul' || op === 'Div' ? 1 : undefined;
  if (neutral === undefined) return undefined;
  if (isFill(b, neutral)) return call.graph.expand(a, shape);
  if ((op === 'Add' || op === 'Mul') && isFill(a, neutral)) return call.graph.expand(b, shape);
  return undefined;
}

function operation(call: KernelCall, op: string, a: Value, b: Value): Value {
  return simplified(call, op, a, b) ?? call.graph.elementwise(op, [a, b], a.type);
}

const direct =
  (op: string) =>
  (call: KernelCall): Value =>
    operation(call, op, call.input('a'), call.input('b'));

/** Both derivatives are functions of the operands; each is summed over the axes its operand was broadcast along. */
const derived = (onnx: Kernel['onnx'], forA: Derivative, forB: Derivative): Kernel => ({
  onnx,
  gradient: {
    inputs: ['a', 'b'],
    of: (dy, tensors) => {
      const a = saved(tensors, 0);
      const b = saved(tensors, 1);
      return { a: () => reduceTo(forA(dy, a, b), a.shape), b: () => reduceTo(forB(dy, a, b), b.shape) };
    },
  },
});

const float = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32');

/** dy where the condition holds, else 0; a product would turn an infinite dy into NaN. */
const gate = (dy: tf.Tensor, condition: tf.Tensor): tf.Tensor => tf.where(condition, dy, tf.zerosLike(dy));

function realDiv(call: KernelCall): Value {
  return operation(call, 'Div', call.float('a'), call.float('b'));
}

function pow(call: KernelCall): Value {
  const a = call.input('a');
  const b = call.input('b');
  if (isFill(b, 1))
    return call.graph.expand(a, tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]));
  if (isFill(b, 2))
    return call.graph.elementwise(
      'Mul',
      [call.graph.expand(a, tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape])), a],
      a.type,
    );
  return call.graph.elementwise('Pow', [a, b], a.type);
}

function squaredDifference(call: KernelCall): Value {
  const difference = operation(call, 'Sub', call.input('a'), call.input('b'));
  return call.graph.elementwise('Mul', [difference, difference], difference.type);
}

/** Rounds towards minus infinity, in the type of the operands. */
function floorDiv(call: KernelCall): Value {
  const type = call.input('a').type;
  const quotient = operation(call, 'Div', call.float('a'), call.float('b'));
  return call.graph.cast(call.graph.one('Floor', [quotient], quotient.shape, 'float32'), type);
}

function addN(call: KernelCall): Value {
  return call.list.reduce((sum, value) => operation(call, 'Add', sum, value));
}

export const binary: KernelTable = {
  Add: derived(
    direct('Add'),
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: derived(
    direct('Sub'),
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  Multiply: derived(
    direct('Mul'),
    (dy, _a, b) => tf.mul(dy, float(b)),
    (dy, a) => tf.mul(dy, float(a)),
  ),
  RealDiv: derived(
    realDiv,
    (dy, _a, b) => tf.div(dy, float(b)),
    (dy, a, b) => tf.neg(tf.mul(dy, tf.div(tf.div(float(a), float(b)), float(b)))),
  ),
  FloorDiv: derived(
    floorDiv,
    (dy) => tf.zerosLike(dy),
    (dy) => tf.zerosLike(dy),
  ),
  Maximum: derived(
    direct('Max'),
    (dy, a, b) => gate(dy, tf.greaterEqual(a, b)),
    (dy, a, b) => gate(dy, tf.less(a, b)),
  ),
  Minimum: derived(
    direct('Min'),
    (dy, a, b) => gate(dy, tf.lessEqual(a, b)),
    (dy, a, b) => gate(dy, tf.greater(a, b)),
  ),
  Pow: derived(
    pow,
    (dy, a, b) => tf.mul(dy, tf.mul(float(b), tf.pow(float(a), tf.sub(float(b), 1)))),
    (dy, a, b) => {
      const positive = tf.greater(a, 0);
      const safe = tf.where(positive, float(a), tf.onesLike(float(a)));
      return tf.mul(dy, tf.mul(tf.pow(float(a), float(b)), tf.log(safe)));
    },
  ),
  SquaredDifference: derived(
    squaredDifference,
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(float(a), float(b)))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(float(b), float(a)))),
  ),
  AddN: {
    onnx: addN,
    gradient: {
      allInputs: true,
      of: (dy, tensors) => Object.fromEntries(tensors.map((_, i) => [String(i), () => dy])),
    },
  },
};
