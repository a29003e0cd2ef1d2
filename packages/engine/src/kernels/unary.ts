// Kernels of one float tensor, element by element: input x of any shape, output of the same shape.
import { tf } from '../tf.js';
import type { Value } from '../graph.js';
import { flat, saved, type Kernel, type KernelCall, type KernelTable } from '../kernel.js';

/** An ONNX operator of the same meaning. */
const direct =
  (op: string) =>
  (call: KernelCall): Value => {
    const x = call.float('x');
    return call.graph.one(op, [x], x.shape, 'float32');
  };

/** Derivative from the input: dy times slope(x). */
const fromInput = (onnx: Kernel['onnx'], slope: (x: tf.Tensor) => tf.Tensor): Kernel => ({
  onnx,
  gradient: { inputs: ['x'], of: (dy, tensors) => ({ x: () => tf.mul(dy, slope(saved(tensors, 0))) }) },
});

/** An operator that ONNX has for int32 as well. */
const keepsInt =
  (op: string) =>
  (call: KernelCall): Value => {
    const x = call.input('x');
    return call.graph.one(op, [x], x.shape, x.type);
  };

const step = (x: tf.Tensor): tf.Tensor => tf.cast(tf.greater(x, 0), 'float32');

/** log(1 + x) exact for small x: log(u) x / (u - 1) with u = 1 + x rounded (Higham, 2002, section 1.14). */
function log1p(call: KernelCall): Value {
  const { graph } = call;
  const x = call.float('x');
  const one = call.scalar(1);
  const u = graph.elementwise('Add', [x, one], 'float32');
  const difference = graph.elementwise('Sub', [u, one], 'float32');
  const unchanged = graph.elementwise('Equal', [difference, call.scalar(0)], 'bool');
  // Where u is 1 or infinite the quotient is not a number; log(u) or x take its place.
  const infinite = graph.elementwise('Greater', [x, call.scalar(3e38)], 'bool');
  const log = graph.one('Log', [u], x.shape, 'float32');
  const quotient = graph.elementwise('Mul', [log, graph.elementwise('Div', [x, difference], 'float32')], 'float32');
  return graph.elementwise(
    'Where',
    [unchanged, x, graph.elementwise('Where', [infinite, log, quotient], 'float32')],
    'float32',
  );
}

/** exp(x) - 1, for small x as 2 t / (1 - t) with t = tanh(x / 2), which loses no digits. */
function expm1(call: KernelCall): Value {
  const { graph } = call;
  const x = call.float('x');
  const t = graph.one('Tanh', [graph.elementwise('Mul', [x, call.scalar(0.5)], 'float32')], x.shape, 'float32');
  const twice = graph.elementwise('Mul', [t, call.scalar(2)], 'float32');
  const small = graph.elementwise('Div', [twice, graph.elementwise('Sub', [call.scalar(1), t], 'float32')], 'float32');
  const large = graph.elementwise('Sub', [graph.one('Exp', [x], x.shape, 'float32'), call.scalar(1)], 'float32');
  const isSmall = graph.elementwise('Less', [graph.one('Abs', [x], x.shape, 'float32'), call.scalar(0.5)], 'bool');
  return graph.elementwise('Where', [isSmall, small, large], 'float32');
}

function rsqrt(call: KernelCall): Value {
  const x = call.float('x');
  return call.graph.one('Reciprocal', [call.graph.one('Sqrt', [x], x.shape, 'float32')], x.shape, 'float32');
}

function square(call: KernelCall): Value {
  const x = call.input('x');
  return call.graph.elementwise('Mul', [x, x], x.type);
}

/** 1 where x > 0, else the attribute alpha. */
function stepKernel(call: KernelCall): Value {
  const positive = call.graph.elementwise('Greater', [call.float('x'), call.scalar(0)], 'bool');
  return call.graph.elementwise('Where', [positive, call.scalar(1), call.scalar(call.number('alpha'))], 'float32');
}

function clip(call: KernelCall): Value {
  const x = call.input('x');
  const low = call.scalar(call.number('clipValueMin'), x.type);
  return call.graph.one('Clip', [x, low, call.scalar(call.number('clipValueMax'), x.type)], x.shape, x.type);
}

function leakyRelu(call: KernelCall): Value {
  const x = call.float('x');
  return call.graph.one('LeakyRelu', [x], x.shape, 'float32', { alpha: { float: call.number('alpha') } });
}

/** Φ(x), the normal distribution function. */
function normalShare(call: KernelCall): Value {
  const { graph } = call;
  const x = call.float('x');
  const erf = graph.one(
    'Erf',
    [graph.elementwise('Mul', [x, call.scalar(Math.SQRT1_2)], 'float32')],
    x.shape,
    'float32',
  );
  return graph.elementwise(
    'Mul',
    [graph.elementwise('Add', [erf, call.scalar(1)], 'float32'), call.scalar(0.5)],
    'float32',
  );
}

const gelu = (call: KernelCall): Value =>
  call.graph.elementwise('Mul', [call.float('x'), normalShare(call)], 'float32');

/** Φ(x) + x φ(x), with φ(x) = exp(-x² / 2) / √(2 π) and the root inside the exponent. */
function geluSlope(call: KernelCall): Value {
  const { graph } = call;
  const x = call.float('x');
  const halfSquare = graph.elementwise(
    'Mul',
    [graph.elementwise('Mul', [x, x], 'float32'), call.scalar(-0.5)],
    'float32',
  );
  const density = graph.one(
    'Exp',
    [graph.elementwise('Sub', [halfSquare, call.scalar(logRoot)], 'float32')],
    x.shape,
    'float32',
  );
  return graph.elementwise('Add', [normalShare(call), graph.elementwise('Mul', [x, density], 'float32')], 'float32');
}

const logRoot = 0.5 * Math.log(2 * Math.PI);

/** The second derivative, φ(x) (2 - x²); its parts are those of the first. */
function geluCurve(x: tf.Tensor): tf.Tensor {
  const square = tf.mul(x, x);
  return tf.mul(tf.exp(tf.sub(tf.mul(square, -0.5), logRoot)), tf.sub(2, square));
}

export const unary: KernelTable = {
  Exp: fromInput(direct('Exp'), (x) => tf.exp(x)),
  Expm1: fromInput(expm1, (x) => tf.exp(x)),
  Log: fromInput(direct('Log'), (x) => tf.reciprocal(x)),
  Log1p: fromInput(log1p, (x) => tf.reciprocal(tf.add(x, 1))),
  Sqrt: fromInput(direct('Sqrt'), (x) => tf.div(0.5, tf.sqrt(x))),
  Rsqrt: fromInput(rsqrt, (x) => tf.mul(-0.5, tf.div(tf.rsqrt(x), x))),
  Square: fromInput(square, (x) => tf.mul(2, tf.cast(x, 'float32'))),
  Reciprocal: fromInput(direct('Reciprocal'), (x) => tf.neg(tf.square(tf.reciprocal(x)))),
  Abs: fromInput(keepsInt('Abs'), (x) => tf.sign(tf.cast(x, 'float32'))),
  Neg: { onnx: keepsInt('Neg'), gradient: { of: (dy) => ({ x: () => tf.neg(dy) }) } },
  Sign: { onnx: keepsInt('Sign'), gradient: flat('x') },
  Sin: fromInput(direct('Sin'), (x) => tf.cos(x)),
  Cos: fromInput(direct('Cos'), (x) => tf.neg(tf.sin(x))),
  Tanh: fromInput(direct('Tanh'), (x) => tf.sub(1, tf.square(tf.tanh(x)))),
  Sigmoid: fromInput(direct('Sigmoid'), (x) => tf.mul(tf.sigmoid(x), tf.sub(1, tf.sigmoid(x)))),
  Softplus: fromInput(direct('Softplus'), (x) => tf.sigmoid(x)),
  Relu: fromInput(keepsInt('Relu'), step),
  LeakyRelu: {
    onnx: leakyRelu,
    gradient: {
      inputs: ['x'],
      of: (dy, tensors, attributes) => ({
        x: () => tf.mul(dy, tf.step(saved(tensors, 0), attributes['alpha'] as number)),
      }),
    },
  },
  Elu: fromInput(direct('Elu'), (x) => tf.exp(tf.minimum(x, 0))),
  Erf: fromInput(direct('Erf'), (x) => tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x))))),
  Gelu: fromInput(gelu, (x) => tf.engine().runKernel<tf.Tensor>('GeluSlope', { x })),
  GeluSlope: fromInput(geluSlope, geluCurve),
  Step: { onnx: stepKernel, gradient: flat('x') },
  Floor: { onnx: direct('Floor'), gradient: flat('x') },
  Ceil: { onnx: direct('Ceil'), gradient: flat('x') },
  Round: { onnx: direct('Round'), gradient: flat('x') },
  ClipByValue: {
    onnx: clip,
    gradient: {
      inputs: ['x'],
      of: (dy, tensors, attributes) => ({
        x: () => {
          const x = saved(tensors, 0);
          const inside = tf.logicalAnd(
            tf.greaterEqual(x, attributes['clipValueMin'] as number),
            tf.lessEqual(x, attributes['clipValueMax'] as number),
          );
          return tf.where(inside, dy, tf.zerosLike(dy));
        },
      }),
    },
  },
  Cast: {
    onnx: (call) => call.graph.cast(call.input('x'), call.raw('dtype') as 'float32' | 'int32' | 'bool'),
    gradient: { of: (dy) => ({ x: () => dy }) },
  },
};
