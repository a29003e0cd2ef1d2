// Cases of the kernels that work element by element: unary, binary with broadcasting, comparisons.
import { gelu, geluSlope, tf } from '../../src/index.js';
import { at, erf, over, type KernelCase, type KernelInput } from './plain.js';

const phi = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

const smooth: KernelInput = { shape: [2, 3], low: -1.4, high: 1.4 };
const positive: KernelInput = { shape: [2, 3], low: 0.4, high: 2.4 };
const awayFromIntegers: KernelInput = { shape: [6], values: [-1.3, -0.7, -0.2, 0.3, 0.6, 1.8] };

const unary = (
  fn: (x: tf.Tensor) => tf.Tensor,
  reference: (x: number) => number,
  input: KernelInput = smooth,
): KernelCase => ({ inputs: [input], fn: (x) => fn(x), reference: (x) => x.map(reference) });

const constant = (
  fn: (x: tf.Tensor) => tf.Tensor,
  reference: (x: number) => number,
  input: KernelInput = awayFromIntegers,
): KernelCase => ({ ...unary(fn, reference, input), derivatives: 0 });

type Pair = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Once with a row and once with a column broadcast, and once with equal shapes. */
function binary(
  fn: Pair,
  reference: (a: number, b: number) => number,
  low = -1.4,
  high = 1.4,
  derivatives: 0 | 2 = 2,
): KernelCase[] {
  const shapes = [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [2, 3],
    ],
    [[], [2, 3]],
  ] as const;
  return shapes.map(([first, second]) => ({
    inputs: [
      { shape: first, low, high },
      { shape: second, low, high },
    ],
    fn: (a, b) => fn(a, b),
    reference: (a, b) => over([2, 3], (p) => reference(at(a, first, p), at(b, second, p))),
    derivatives,
  }));
}

const bool = (fn: Pair, reference: (a: number, b: number) => boolean): KernelCase[] => [
  {
    inputs: [
      { shape: [5], values: [1, 2, 3, -1, 0] },
      { shape: [5], values: [1, 3, 2, -1, 0.5] },
    ],
    fn: (a, b) => tf.cast(fn(a, b), 'float32'),
    reference: (a, b) => a.map((x, i) => Number(reference(x, b[i] as number))),
    derivatives: 0,
  },
  {
    inputs: [{ shape: [5], values: [1, 2, 3, -1, 0] }],
    fn: (a) => tf.cast(fn(tf.cast(a, 'int32'), tf.scalar(2, 'int32')), 'int32'),
    reference: (a) => a.map((x) => Number(reference(x, 2))),
    derivatives: 0,
  },
];

const truth = (fn: Pair, reference: (a: boolean, b: boolean) => boolean): KernelCase[] => [
  {
    inputs: [
      { shape: [4], values: [1, 1, 0, 0] },
      { shape: [4], values: [1, 0, 1, 0] },
    ],
    fn: (a, b) => fn(tf.cast(a, 'bool'), tf.cast(b, 'bool')),
    reference: (a, b) => a.map((x, i) => Number(reference(x === 1, b[i] === 1))),
    derivatives: 0,
  },
];

const halfEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

export const elementwise: Record<string, KernelCase[]> = {
  Exp: [unary(tf.exp, Math.exp)],
  Expm1: [unary(tf.expm1, Math.expm1), unary(tf.expm1, Math.expm1, { shape: [4], values: [1e-6, -1e-4, 5, -20] })],
  Log: [unary(tf.log, Math.log, positive)],
  Log1p: [
    unary(tf.log1p, Math.log1p, { shape: [5], low: -0.6, high: 2 }),
    unary(tf.log1p, Math.log1p, { shape: [4], values: [1e-7, -1e-5, 3e-3, 50] }),
  ],
  Sqrt: [unary(tf.sqrt, Math.sqrt, positive)],
  Rsqrt: [unary(tf.rsqrt, (x) => 1 / Math.sqrt(x), positive)],
  Square: [unary(tf.square, (x) => x * x)],
  Reciprocal: [unary(tf.reciprocal, (x) => 1 / x, positive)],
  Abs: [unary(tf.abs, Math.abs, awayFromIntegers)],
  Neg: [unary(tf.neg, (x) => -x)],
  Sign: [unary(tf.sign, Math.sign, awayFromIntegers)],
  Sin: [unary(tf.sin, Math.sin)],
  Cos: [unary(tf.cos, Math.cos)],
  Tanh: [unary(tf.tanh, Math.tanh)],
  Sigmoid: [unary(tf.sigmoid, (x) => 1 / (1 + Math.exp(-x)))],
  Softplus: [
    unary(tf.softplus, (x) => Math.log1p(Math.exp(x))),
    constant(tf.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), {
      shape: [4],
      values: [-100, -20, 30, 200],
    }),
  ],
  Relu: [unary(tf.relu, (x) => Math.max(x, 0), awayFromIntegers)],
  LeakyRelu: [
    unary(
      (x) => tf.leakyRelu(x, 0.2),
      (x) => (x > 0 ? x : 0.2 * x),
      awayFromIntegers,
    ),
  ],
  Elu: [unary(tf.elu, (x) => (x > 0 ? x : Math.expm1(x)), awayFromIntegers)],
  Erf: [unary(tf.erf, erf)],
  Gelu: [unary(gelu, (x) => x * phi(x))],
  GeluSlope: [unary(geluSlope, (x) => phi(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI))],
  Step: [
    unary(
      (x) => tf.step(x, 0.25),
      (x) => (x > 0 ? 1 : 0.25),
      awayFromIntegers,
    ),
  ],
  Floor: [unary(tf.floor, Math.floor, awayFromIntegers)],
  Ceil: [unary(tf.ceil, Math.ceil, awayFromIntegers)],
  Round: [
    unary(tf.round, halfEven, awayFromIntegers),
    constant(tf.round, halfEven, { shape: [4], values: [0.5, 1.5, 2.5, -0.5] }),
  ],
  ClipByValue: [
    unary(
      (x) => tf.clipByValue(x, -0.5, 0.5),
      (x) => Math.min(0.5, Math.max(-0.5, x)),
      awayFromIntegers,
    ),
  ],
  Cast: [
    constant((x) => tf.cast(x, 'int32'), Math.trunc),
    constant(
      (x) => tf.cast(tf.cast(x, 'bool'), 'float32'),
      (x) => Number(x !== 0),
      { shape: [3], values: [0, 0.4, -2] },
    ),
  ],
  Add: binary(tf.add, (a, b) => a + b),
  Sub: binary(tf.sub, (a, b) => a - b),
  Multiply: binary(tf.mul, (a, b) => a * b),
  RealDiv: binary(tf.div, (a, b) => a / b, 0.5, 2),
  FloorDiv: binary(tf.floorDiv, (a, b) => Math.floor(a / b), 0.6, 4, 0),
  Maximum: binary(tf.maximum, Math.max),
  Minimum: binary(tf.minimum, Math.min),
  Pow: [
    ...binary(tf.pow, Math.pow, 0.5, 2),
    unary(
      (x) => tf.pow(x, 2),
      (x) => x * x,
    ),
    unary(
      (x) => tf.pow(x, 3),
      (x) => x ** 3,
    ),
  ],
  SquaredDifference: binary(tf.squaredDifference, (a, b) => (a - b) ** 2),
  AddN: [
    {
      inputs: [smooth, smooth, smooth],
      fn: (...tensors) => tf.addN(tensors),
      reference: (a, b, c) => a.map((x, i) => x + (b[i] as number) + (c[i] as number)),
    },
  ],
  Equal: bool(tf.equal, (a, b) => a === b),
  NotEqual: bool(tf.notEqual, (a, b) => a !== b),
  Less: bool(tf.less, (a, b) => a < b),
  LessEqual: bool(tf.lessEqual, (a, b) => a <= b),
  Greater: bool(tf.greater, (a, b) => a > b),
  GreaterEqual: bool(tf.greaterEqual, (a, b) => a >= b),
  LogicalAnd: truth(tf.logicalAnd, (a, b) => a && b),
  LogicalOr: truth(tf.logicalOr, (a, b) => a || b),
  LogicalNot: truth(
    (a) => tf.logicalNot(a),
    (a) => !a,
  ),
  IsNan: [
    constant(
      (x) => tf.isNaN(tf.log(x)),
      (x) => Number(x < 0),
      { shape: [3], values: [-1, 2, 3] },
    ),
  ],
  Select: [
    {
      inputs: [
        { shape: [2, 3], values: [-1, 1, -0.5, 0.7, 2, -2] },
        { shape: [3], low: -1, high: 1 },
      ],
      fn: (a, b) => tf.where(tf.greater(a, 0), tf.square(a), b),
      reference: (a, b) => a.map((x, i) => (x > 0 ? x * x : (b[i % 3] as number))),
    },
  ],
};
