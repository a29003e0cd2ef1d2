// A traced graph in, ONNX protobuf bytes out (opset 17), by a small schema of the messages needed.
// Names and order depend on the graph alone, so the same function gives the same bytes every time.
import { createRequire } from 'node:module';
import { engineError } from './errors.js';
import { float32ToFloat16 } from './float16.js';
import { dims, onnxTypes, sizeOf, type Attribute, type GraphNode, type Value } from './graph.js';

// Required rather than imported: see tf.ts.
const protobuf = createRequire(import.meta.url)('protobufjs') as typeof import('protobufjs');

// Field numbers from onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
const schema = protobuf.parse(
  `
  syntax = "proto3";
  message AttributeProto {
    string name = 1; float f = 2; int64 i = 3; bytes s = 4; TensorProto t = 5; GraphProto g = 6;
    repeated float floats = 7; repeated int64 ints = 8; int32 type = 20;
  }
  message NodeProto {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message TensorProto {
    repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9;
    repeated StringStringEntryProto external_data = 13; int32 data_location = 14;
  }
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
  message TensorShapeProto { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; TensorShapeProto shape = 2; }
  message TypeProto { TensorType tensor_type = 1; }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
  }
  message OperatorSetIdProto { string domain = 1; int64 version = 2; }
  message StringStringEntryProto { string key = 1; string value = 2; }
  message ModelProto {
    int64 ir_version = 1; repeated OperatorSetIdProto opset_import = 8; string producer_name = 2; string doc_string = 6;
    GraphProto graph = 7; repeated StringStringEntryProto metadata_props = 14;
  }
`,
  { keepCase: true },
).root;
const modelType = schema.lookupType('ModelProto');

const opset = 17;
const irVersion = 8;
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, ints: 7 } as const;
const largestInlineFill = 64; // numbers; above that ConstantOfShape keeps the file small

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

function bytesOf(type: keyof typeof onnxTypes, numbers: ArrayLike<number>): Uint8Array {
  if (type === 'float32') return new Uint8Array(Float32Array.from(numbers).buffer);
  if (type === 'int32') return new Uint8Array(Int32Array.from(numbers).buffer);
  if (type === 'bool' || type === 'uint8') return Uint8Array.from(numbers);
  if (type === 'int8') return new Uint8Array(Int8Array.from(numbers).buffer);
  if (type === 'float16') return new Uint8Array(Uint16Array.from(numbers, float32ToFloat16).buffer);
  if (type === 'bfloat16') throw engineError('internal', 'bfloat16 is only read from files');
  return new Uint8Array(BigInt64Array.from(Array.from(numbers, BigInt)).buffer);
}

/** A tensor whose numbers lie in a file beside the model; `location` is relative to the model's folder. */
export const storedTensorProto = (
  name: string,
  type: keyof typeof onnxTypes,
  shape: readonly number[],
  { location, offset, length }: { readonly location: string; readonly offset: number; readonly length: number },
): object => ({
  name,
  dims: shape,
  data_type: onnxTypes[type],
  data_location: 1,
  external_data: Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value: String(value) })),
});

export const tensorProto = (
  name: string,
  type: keyof typeof onnxTypes,
  shape: readonly number[],
  numbers: ArrayLike<number>,
): object => ({ name, dims: shape, data_type: onnxTypes[type], raw_data: bytesOf(type, numbers) });

function attributeProto(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: attributeTypes.int };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ('float' in value) return { name, f: value.float, type: attributeTypes.float };
  return { name, ints: value, type: attributeTypes.ints };
}

const valueInfo = (name: string, value: Value): object => ({
  name,
  type: {
    tensor_type: { elem_type: onnxTypes[value.type], shape: { dim: value.shape.map((n) => ({ dim_value: n })) } },
  },
});

const matrixOps = new Set(['MatMul', 'Gemm']);

/** Length of the axis that a matrix product sums over. */
function summedLength({ inputs, attributes }: GraphNode): number {
  const { shape } = inputs[0] as Value;
  return shape.at(attributes['transA'] === 1 ? -2 : -1) as number;
}

export interface WrittenGraph {
  /** The file. */
  readonly onnx: Uint8Array;
  /** Multiplications and additions of all matrix products of one run. */
  readonly matrixFlop: number;
}

/** Collects the nodes that outputs depend on, inputs before users, and gives every value a name. */
class Writer {
  readonly nodes: object[] = [];
  readonly initializers: object[] = [];
  matrixFlop = 0;
  readonly #names = new Map<number, string>();
  readonly #constants = new Map<string, string>();
  readonly #placed = new Set<GraphNode>();

  /** Inputs keep their names; internal names start with a character that input names may not. */
  name(value: Value): string {
    const known = this.#names.get(value.id);
    if (known !== undefined) return known;
    const { origin } = value;
    let name: string;
    if (origin.kind === 'input') name = origin.name;
    else if (origin.kind === 'node') throw engineError('internal', `${origin.node.op} is used before it is written`);
    else name = this.#constant(value, origin);
    this.#names.set(value.id, name);
    return name;
  }

  #constant(value: Value, origin: { kind: 'data'; data: ArrayLike<number> } | { kind: 'fill'; value: number }): string {
    const size = sizeOf(value.shape);
    const content =
      origin.kind === 'fill'
        ? `*${Object.is(origin.value, -0) ? '-0' : origin.value}`
        : size <= largestInlineFill
          ? Array.from(origin.data).join()
          : `#${value.id}`;
    const key = `${value.type}[${value.shape.join()}]${content}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `%c${this.#constants.size}`;
    this.#constants.set(key, name);
    if (origin.kind === 'fill' && size > largestInlineFill) {
      const one = tensorProto('', value.type, [1], [origin.value]);
      this.nodes.push({
        op_type: 'ConstantOfShape',
        name,
        input: [this.name(dims(value.shape))],
        output: [name],
        attribute: [{ name: 'value', t: one, type: attributeTypes.tensor }],
      });
    } else {
      const numbers = origin.kind === 'fill' ? new Array<number>(size).fill(origin.value) : origin.data;
      this.initializers.push(tensorProto(name, value.type, value.shape, numbers));
    }
    return name;
  }

  /** Depth first without recursion: graphs of long chains would overflow the stack. */
  place(root: Value): void {
    if (root.origin.kind !== 'node') return;
    const pending: GraphNode[] = [root.origin.node];
    for (let node = pending.at(-1); node; node = pending.at(-1)) {
      if (this.#placed.has(node)) {
        pending.pop();
        continue;
      }
      const missing = node.inputs.flatMap(({ origin }) =>
        origin.kind === 'node' && !this.#placed.has(origin.node) ? [origin.node] : [],
      );
      if (missing.length > 0) {
        pending.push(...missing.reverse());
        continue;
      }
      pending.pop();
      this.#placed.add(node);
      this.#write(node);
    }
  }

  #write(node: GraphNode): void {
    if (matrixOps.has(node.op)) this.matrixFlop += 2 * sizeOf((node.outputs[0] as Value).shape) * summedLength(node);
    const input = node.inputs.map((value) => this.name(value));
    const index = this.#placed.size;
    const output = node.outputs.map((value, i) => {
      const name = `%${index}${i === 0 ? '' : `.${i}`}`;
      this.#names.set(value.id, name);
      return name;
    });
    const attribute = Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value));
    this.nodes.push({ op_type: node.op, name: `${node.op}%${index}`, input, output, attribute });
  }
}

/**
 * Writes what the outputs depend on. Inputs that nothing depends on stay declared.
 * @throws EngineError internal when two inputs or outputs share a name
 */
export function writeOnnx(
  graphName: string,
  inputs: readonly NamedValue[],
  outputs: readonly NamedValue[],
): WrittenGraph {
  const names = [...inputs, ...outputs].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw engineError('internal', `${graphName}: "${twice}" names two inputs or outputs`, 'Rename one of them.');
  const writer = new Writer();
  for (const { name, value } of outputs) {
    writer.place(value);
    // An Identity per output: the value may be an input, a constant or another output as well.
    writer.nodes.push({
      op_type: 'Identity',
      name: `Identity%${name}`,
      input: [writer.name(value)],
      output: [name],
      attribute: [],
    });
  }
  const graph = {
    name: graphName,
    node: writer.nodes,
    initializer: writer.initializers,
    input: inputs.map(({ name, value }) => valueInfo(name, value)),
    output: outputs.map(({ name, value }) => valueInfo(name, value)),
  };
  return { onnx: encodeModel(graph), matrixFlop: writer.matrixFlop };
}

/** @param graph a GraphProto as a plain object. @param metadata shown by tools, readable by programs */
export function encodeModel(graph: object, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const model = {
    ir_version: irVersion,
    producer_name: 'asr',
    opset_import: [{ domain: '', version: opset }],
    graph,
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  };
  return modelType.encode(modelType.fromObject(model)).finish();
}
