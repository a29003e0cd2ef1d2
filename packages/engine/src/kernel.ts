// What one entry of the kernel table is: how a tfjs kernel is written in ONNX and how it is derived.
// A KernelCall hands the entry its traced inputs and attributes with the checks a table entry needs.
import { engineError } from './errors.js';
import { tf } from './tf.js';
import { dataValue, dims, fillValue, type ElementType, type Graph, type Shape, type Value } from './graph.js';

/** One call of a kernel while tracing. */
export class KernelCall {
  constructor(
    readonly kernel: string,
    readonly graph: Graph,
    /** In the order tfjs gives them; kernels on lists (Concat, Pack, AddN) have only this. */
    readonly list: readonly Value[],
    readonly named: Readonly<Record<string, Value>>,
    private readonly attributes: Readonly<Record<string, unknown>>,
  ) {}

  input(name: string): Value {
    const value = this.named[name];
    if (!value) throw engineError('internal', `kernel ${this.kernel} was called without its input "${name}"`);
    return value;
  }

  number(name: string): number {
    const value = this.attributes[name];
    if (typeof value !== 'number')
      throw engineError('internal', `kernel ${this.kernel}: attribute "${name}" is not a number but ${String(value)}`);
    return value;
  }

  numbers(name: string): readonly number[] {
    const value = this.attributes[name];
    if (typeof value === 'number') return [value];
    if (!Array.isArray(value))
      throw engineError('internal', `kernel ${this.kernel}: attribute "${name}" is not a list but ${String(value)}`);
    return value as readonly number[];
  }

  flag(name: string): boolean {
    return this.attributes[name] === true;
  }

  raw(name: string): unknown {
    return this.attributes[name];
  }

  /** A constant scalar. */
  scalar(value: number, type: ElementType = 'float32'): Value {
    return fillValue(value, [], type);
  }

  constant(numbers: ArrayLike<number>, shape: Shape, type: ElementType): Value {
    return dataValue(numbers, shape, type);
  }

  /** A constant int64 vector of axes, sizes or positions. */
  dims(numbers: readonly number[]): Value {
    return dims(numbers);
  }

  /** tfjs computes these kernels in float whatever it is given. */
  float(name: string): Value {
    return this.graph.cast(this.input(name), 'float32');
  }
}

export interface KernelGradient {
  /**
   * Names of inputs kept for the backward pass, in this order. A gradient that needs the output computes
   * it again from the input: the graph shares equal nodes, so that costs nothing.
   */
  readonly inputs?: readonly string[];
  /** For kernels on lists: keep them all. */
  readonly allInputs?: boolean;
  /**
   * For each input that may need it, a function from the incoming gradient to its own; in tfjs
   * ops, so that it can be derived again.
   */
  readonly of: (
    dy: tf.Tensor,
    saved: readonly tf.Tensor[],
    attributes: Readonly<Record<string, unknown>>,
    dys: readonly tf.Tensor[],
  ) => Readonly<Record<string, () => tf.Tensor>>;
}

export interface Kernel {
  readonly onnx: (call: KernelCall) => Value | readonly Value[];
  /** Absent where no derivative exists; zero derivatives are stated as such. */
  readonly gradient?: KernelGradient;
}

export type KernelTable = Readonly<Record<string, Kernel>>;

/** The entry of a list of saved tensors, which tfjs guarantees to be there. */
export function saved(tensors: readonly tf.Tensor[], index: number): tf.Tensor {
  const tensor = tensors[index];
  if (!tensor) throw engineError('internal', `a gradient asks for saved tensor ${index} of ${tensors.length}`);
  return tensor;
}

/** Sums a gradient over the axes along which an operand of this shape was broadcast. */
export function reduceTo(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

/** A gradient of zeros for a kernel that is flat wherever it can be derived. */
export const flat = (name: string): KernelGradient => ({ of: (dy) => ({ [name]: () => tf.zerosLike(dy) }) });

/** Zeros for each of these inputs: what comparisons and positions pass back when they lie on a differentiated path. */
export const zeroFor = (...names: readonly string[]): KernelGradient => ({
  inputs: names,
  of: (_dy, tensors) => Object.fromEntries(names.map((name, i) => [name, () => tf.zeros(saved(tensors, i).shape)])),
});

/** Axes as non-negative numbers in ascending order. */
export function positiveAxes(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}
