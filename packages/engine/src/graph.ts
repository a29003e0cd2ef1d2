// Values and nodes of a traced computation. Kernels add nodes; equal nodes are shared, constants that
// repeat one number stay a single number, and broadcasts are left to the operator that reads them.
// Nothing is removed here: whoever writes the graph starts from its outputs, so dead code drops out.
import { engineError } from './errors.js';

/** Element types a graph can hold; int64 only for axes and indices that ONNX wants so. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';
export type Shape = readonly number[];
export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  outputs: readonly Value[];
}

export type Origin =
  | { readonly kind: 'input'; readonly name: string; readonly graph: Graph }
  | { readonly kind: 'node'; readonly node: GraphNode; readonly graph: Graph }
  | { readonly kind: 'data'; readonly data: Float32Array | Int32Array } // bool and int64 are held as Int32Array
  | { readonly kind: 'fill'; readonly value: number };

export interface Value {
  readonly id: number;
  readonly shape: Shape;
  readonly type: ElementType;
  readonly origin: Origin;
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/** The shape that tfjs and ONNX broadcast these to, or undefined where they do not fit. */
export function broadcastShape(shapes: readonly Shape[]): number[] | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      const n = shape[i] as number;
      if (n === 1) continue;
      if (out[at] !== 1 && out[at] !== n) return undefined;
      out[at] = n;
    }
  }
  return out;
}

let nextId = 0;

/** A number repeated over a shape; belongs to no graph. */
export function fillValue(value: number, shape: Shape, type: ElementType): Value {
  return { id: nextId++, shape: [...shape], type, origin: { kind: 'fill', value } };
}

/** Numbers known while tracing; copied. One that repeats a single number becomes a fill. */
export function dataValue(numbers: ArrayLike<number>, shape: Shape, type: ElementType): Value {
  const first = numbers[0];
  let uniform = first !== undefined;
  for (let i = 1; uniform && i < numbers.length; i++) uniform = Object.is(numbers[i], first);
  if (uniform) return fillValue(first as number, shape, type);
  const data = type === 'float32' ? Float32Array.from(numbers) : Int32Array.from(numbers);
  return { id: nextId++, shape: [...shape], type, origin: { kind: 'data', data } };
}

const maxSharedConstant = 16384; // numbers; larger constants are rarely equal and cost more to compare

function keyOf(value: Value): string {
  const { origin } = value;
  if (origin.kind === 'fill')
    return `f${value.type}${Object.is(origin.value, -0) ? '-0' : origin.value}[${value.shape.join()}]`;
  if (origin.kind === 'data' && origin.data.length <= maxSharedConstant)
    return `d${value.type}${origin.data.join()}[${value.shape.join()}]`;
  return `v${value.id}`;
}

export class Graph {
  readonly #shared = new Map<string, GraphNode>();

  input(name: string, shape: Shape, type: ElementType): Value {
    return { id: nextId++, shape: [...shape], type, origin: { kind: 'input', name, graph: this } };
  }

  /** Adds a node, or returns an equal one that is there already: every operator here is a pure function. */
  node(
    op: string,
    inputs: readonly Value[],
    outputs: readonly { readonly shape: Shape; readonly type: ElementType }[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): readonly Value[] {
    for (const input of inputs) {
      if ('graph' in input.origin && input.origin.graph !== this) {
        throw engineError(
          'internal',
          `${op}: one of its tensors was made in another traced function`,
          'Pass it in as an input; a traced function may only use its inputs and constants.',
        );
      }
    }
    const types = outputs.map((output) => output.type).join();
    const key = `${op}(${inputs.map(keyOf).join(';')})${JSON.stringify(attributes)}${types}`;
    const known = this.#shared.get(key);
    if (known) return known.outputs;
    const node: GraphNode = { op, inputs, attributes, outputs: [] };
    node.outputs = outputs.map(({ shape, type }) => ({
      id: nextId++,
      shape: [...shape],
      type,
      origin: { kind: 'node', node, graph: this },
    }));
    this.#shared.set(key, node);
    return node.outputs;
  }

  /** A node with one output. */
  one(
    op: string,
    inputs: readonly Value[],
    shape: Shape,
    type: ElementType,
    attributes?: Readonly<Record<string, Attribute>>,
  ): Value {
    return this.node(op, inputs, [{ shape, type }], attributes)[0] as Value;
  }

  /**
   * An elementwise operator: operands that were only expanded to the common shape are read unexpanded.
   * @param type of the result
   */
  elementwise(op: string, operands: readonly Value[], type: ElementType): Value {
    const shape = broadcastShape(operands.map((operand) => operand.shape));
    if (!shape)
      throw engineError(
        'internal',
        `${op}: shapes ${operands.map((v) => `[${v.shape.join()}]`).join(' and ')} do not broadcast`,
      );
    const read = [...operands];
    operands.forEach((operand, i) => {
      const narrow = unexpanded(operand);
      if (narrow === operand) return;
      const fits = broadcastShape(read.map((other, j) => (j === i ? narrow : other).shape));
      if (fits && sameShape(fits, shape)) read[i] = narrow;
    });
    return this.one(op, read, shape, type);
  }

  cast(value: Value, type: ElementType): Value {
    if (value.type === type) return value;
    const { origin } = value;
    const convert = (x: number): number =>
      type === 'bool' ? Number(x !== 0) : type === 'float32' ? Math.fround(x) : Math.trunc(x);
    if (origin.kind === 'fill') return fillValue(convert(origin.value), value.shape, type);
    if (origin.kind === 'data') return dataValue(Array.from(origin.data, convert), value.shape, type);
    return this.one('Cast', [value], value.shape, type, { to: onnxTypes[type] });
  }

  reshape(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    const { origin } = value;
    if (origin.kind === 'fill') return fillValue(origin.value, shape, value.type);
    if (origin.kind === 'data') return { id: nextId++, shape: [...shape], type: value.type, origin };
    if (origin.kind === 'node' && origin.node.op === 'Reshape')
      return this.reshape(origin.node.inputs[0] as Value, shape);
    return this.one('Reshape', [value, dims(shape)], shape, value.type);
  }

  transpose(value: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return value;
    const shape = perm.map((axis) => value.shape[axis] as number);
    const { origin } = value;
    if (origin.kind === 'fill') return fillValue(origin.value, shape, value.type);
    if (origin.kind === 'node' && origin.node.op === 'Transpose') {
      const inner = origin.node.attributes['perm'] as readonly number[];
      return this.transpose(
        origin.node.inputs[0] as Value,
        perm.map((axis) => inner[axis] as number),
      );
    }
    return this.one('Transpose', [value], shape, value.type, { perm: [...perm] });
  }

  expand(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    if (value.origin.kind === 'fill') return fillValue(value.origin.value, shape, value.type);
    return this.one('Expand', [value, dims(shape)], shape, value.type);
  }
}

/** What an operator that broadcasts may read instead of this value. */
function unexpanded(value: Value): Value {
  const { origin } = value;
  if (origin.kind === 'fill') return value.shape.length === 0 ? value : fillValue(origin.value, [], value.type);
  if (origin.kind === 'node' && origin.node.op === 'Expand') return origin.node.inputs[0] as Value;
  return value;
}

/** A one-dimensional int64 constant: axes, shapes, sizes. */
export function dims(numbers: readonly number[]): Value {
  return {
    id: nextId++,
    shape: [numbers.length],
    type: 'int64',
    origin: { kind: 'data', data: Int32Array.from(numbers) },
  };
}

/** TensorProto.DataType of onnx.proto3. */
export const onnxTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const;
