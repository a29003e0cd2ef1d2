// The operators of a traced graph as calls of tfjs, for backends that compute at once: one function an operator.
// Inputs arrive as tensors; what ONNX passes as constant tensors (axes, sizes) is read from the graph.
import { engineError } from './errors.js';
import { sizeOf, type GraphNode, type Value } from './graph.js';
import { tf } from './tf.js';

/** Computes the outputs of one node. */
export type EagerOp = (inputs: readonly tf.Tensor[], node: GraphNode) => tf.Tensor | tf.Tensor[];

/** The numbers of a constant input. */
function numbersOf(node: GraphNode, index: number): number[] {
  const value = node.inputs[index] as Value;
  const { origin } = value;
  if (origin.kind === 'data') return Array.from(origin.data);
  if (origin.kind === 'fill') return new Array<number>(sizeOf(value.shape)).fill(origin.value);
  throw engineError('internal', `${node.op}: input ${index} is not a constant`);
}

const number = (node: GraphNode, name: string): number => node.attributes[name] as number;
const list = (node: GraphNode, name: string): number[] => [...(node.attributes[name] as readonly number[])];
const shapeOf = (node: GraphNode): number[] => [...(node.outputs[0] as Value).shape];

const unary =
  (fn: (x: tf.Tensor) => tf.Tensor): EagerOp =>
  ([x]) =>
    fn(x as tf.Tensor);
const binary =
  (fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): EagerOp =>
  ([a, b]) =>
    fn(a as tf.Tensor, b as tf.Tensor);
const reduce =
  (fn: (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor): EagerOp =>
  ([x], node) =>
    fn(x as tf.Tensor, list(node, 'axes'), number(node, 'keepdims') === 1);
const position =
  (fn: (x: tf.Tensor, axis: number) => tf.Tensor): EagerOp =>
  ([x], node) =>
    fn(x as tf.Tensor, number(node, 'axis'));

const castTypes = { 1: 'float32', 6: 'int32', 7: 'int32', 9: 'bool' } as const;

/** Not every backend makes 1 of everything that is not 0, or rounds towards it. */
function cast(x: tf.Tensor, type: 'float32' | 'int32' | 'bool'): tf.Tensor {
  if (type === 'bool') return tf.notEqual(x, tf.scalar(0, x.dtype));
  return tf.cast(type === 'int32' && x.dtype === 'float32' ? tf.mul(tf.sign(x), tf.floor(tf.abs(x))) : x, type);
}

function slice([x]: readonly tf.Tensor[], node: GraphNode): tf.Tensor {
  const tensor = x as tf.Tensor;
  const [starts, axes] = [numbersOf(node, 1), numbersOf(node, 3)];
  if (node.inputs.length > 4) return tf.reverse(tensor, axes); // the only use of steps
  const begin = tensor.shape.map(() => 0);
  axes.forEach((axis, i) => {
    begin[axis] = starts[i] as number;
  });
  return tf.slice(tensor, begin, shapeOf(node));
}

function pad([x, , value]: readonly tf.Tensor[], node: GraphNode): tf.Tensor {
  const amounts = numbersOf(node, 1);
  const rank = amounts.length / 2;
  const fill = value ? (numbersOf(node, 2)[0] as number) : 0;
  return tf.pad(
    x as tf.Tensor,
    Array.from({ length: rank }, (_, i): [number, number] => [amounts[i] as number, amounts[rank + i] as number]),
    fill,
  );
}

/** Sums of rows by index: a product with their one-hot matrix, since not every backend can add at indices. */
function scatter([start, indices, updates]: readonly tf.Tensor[]): tf.Tensor {
  const rows = (indices as tf.Tensor).shape[0];
  const ids = tf.reshape<tf.Rank.R1>(tf.slice(indices as tf.Tensor, [0, 0], [rows, 1]), [rows]);
  const hits = tf.cast(tf.oneHot(ids, (start as tf.Tensor).shape[0]), 'float32'); // wasm makes no one-hot of floats
  return tf.add(start as tf.Tensor, tf.matMul(hits as tf.Tensor2D, updates as tf.Tensor2D, true, false));
}

function logSoftmax([x]: readonly tf.Tensor[], node: GraphNode): tf.Tensor {
  const tensor = x as tf.Tensor;
  const axis = number(node, 'axis');
  const shifted = tf.sub(tensor, tf.max(tensor, axis, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), axis, true)));
}

function softmax([x]: readonly tf.Tensor[], node: GraphNode): tf.Tensor {
  const tensor = x as tf.Tensor;
  const exps = tf.exp(tf.sub(tensor, tf.max(tensor, number(node, 'axis'), true)));
  return tf.div(exps, tf.sum(exps, number(node, 'axis'), true));
}

const matMul = (a: tf.Tensor, b: tf.Tensor, node: GraphNode): tf.Tensor =>
  tf.matMul(a, b, node.attributes['transA'] === 1, node.attributes['transB'] === 1);

const both =
  (fn: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): EagerOp =>
  ([a, b]) =>
    fn(cast(a as tf.Tensor, 'bool'), cast(b as tf.Tensor, 'bool'));

export const eagerOps: Readonly<Record<string, EagerOp>> = {
  Exp: unary(tf.exp),
  Log: unary(tf.log),
  Sqrt: unary(tf.sqrt),
  Reciprocal: unary(tf.reciprocal),
  Abs: unary(tf.abs),
  Neg: unary(tf.neg),
  Sign: unary(tf.sign),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Tanh: unary(tf.tanh),
  Sigmoid: unary(tf.sigmoid),
  Softplus: unary(tf.softplus),
  Relu: unary(tf.relu),
  Elu: unary(tf.elu),
  Erf: unary(tf.erf),
  Floor: unary(tf.floor),
  Ceil: unary(tf.ceil),
  Round: unary(tf.round),
  IsNaN: unary(tf.isNaN),
  Not: unary((x) => tf.logicalNot(cast(x, 'bool'))),
  LeakyRelu: ([x], node) => tf.leakyRelu(x as tf.Tensor, (node.attributes['alpha'] as { float: number }).float),
  Clip: ([x], node) => tf.clipByValue(x as tf.Tensor, numbersOf(node, 1)[0] as number, numbersOf(node, 2)[0] as number),
  Cast: ([x], node) => cast(x as tf.Tensor, castTypes[number(node, 'to') as keyof typeof castTypes]),
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  Div: binary(tf.div),
  Max: binary(tf.maximum),
  Min: binary(tf.minimum),
  Pow: binary(tf.pow),
  Equal: binary(tf.equal),
  Less: binary(tf.less),
  LessOrEqual: binary(tf.lessEqual),
  Greater: binary(tf.greater),
  GreaterOrEqual: binary(tf.greaterEqual),
  And: both(tf.logicalAnd),
  Or: both(tf.logicalOr),
  Where: ([condition, a, b]) => tf.where(cast(condition as tf.Tensor, 'bool'), a as tf.Tensor, b as tf.Tensor),
  ReduceSum: ([x], node) => tf.sum(x as tf.Tensor, numbersOf(node, 1), number(node, 'keepdims') === 1),
  ReduceMean: reduce(tf.mean),
  ReduceMax: reduce(tf.max),
  ReduceMin: reduce(tf.min),
  ArgMax: position(tf.argMax),
  ArgMin: position(tf.argMin),
  CumSum: ([x], node) =>
    tf.cumsum(x as tf.Tensor, numbersOf(node, 1)[0], number(node, 'exclusive') === 1, number(node, 'reverse') === 1),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  Reshape: ([x], node) => tf.reshape(x as tf.Tensor, shapeOf(node)),
  Transpose: ([x], node) => tf.transpose(x as tf.Tensor, list(node, 'perm')),
  Expand: ([x], node) => tf.broadcastTo(x as tf.Tensor, shapeOf(node)),
  Tile: ([x], node) => tf.tile(x as tf.Tensor, numbersOf(node, 1)),
  Concat: (inputs, node) => tf.concat([...inputs], number(node, 'axis')),
  Split: ([x], node) => tf.split(x as tf.Tensor, numbersOf(node, 1), number(node, 'axis')),
  Slice: slice,
  Pad: pad,
  ScatterElements: scatter,
  Gather: ([x, indices], node) =>
    tf.gather(x as tf.Tensor, tf.cast(indices as tf.Tensor, 'int32'), number(node, 'axis')),
  MatMul: ([a, b], node) => matMul(a as tf.Tensor, b as tf.Tensor, node),
  Gemm: ([a, b], node) => matMul(a as tf.Tensor, b as tf.Tensor, node),
};
