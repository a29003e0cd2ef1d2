// ONNX files that others wrote: bytes in, a table of nodes out. Works on the protobuf fields as they lie in the file:
// weights of gigabytes are not decoded.
import protobuf from 'protobufjs';
import { engineError, isEngineError } from './errors.js';
import { externalLocations, fieldsOf, type Field } from './onnx-fields.js';

// Field numbers of onnx.proto3; only what tells nodes apart is decoded.
const schema = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message Tensor { int32 data_type = 2; string name = 8; }
  message Attribute { string name = 1; int64 i = 3; Graph g = 6; repeated Graph graphs = 11; }
  message Node {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated Attribute attribute = 5; repeated Entry metadata_props = 9;
  }
  message Empty { }
  message Shape { repeated Empty dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Type { TensorType tensor_type = 1; }
  message Value { string name = 1; Type type = 2; }
  message Graph {
    repeated Node node = 1; repeated Tensor initializer = 5; repeated Value input = 11; repeated Value output = 12;
  }
`,
  { keepCase: true },
).root;
const lookup = (name: string): protobuf.Type => schema.lookupType(name);
export const messageTypes = { Node: lookup('Node'), Tensor: lookup('Tensor'), Value: lookup('Value') };

interface Entry {
  readonly key: string;
  readonly value: string;
}
export interface TensorMessage {
  readonly data_type: number;
  readonly name: string;
}
interface GraphMessage {
  readonly node: readonly NodeMessage[];
}
interface AttributeMessage {
  readonly name: string;
  readonly i?: unknown;
  readonly g?: GraphMessage | null;
  readonly graphs: readonly GraphMessage[];
}
export interface ValueMessage {
  readonly name: string;
  readonly type?: { readonly tensor_type?: { readonly elem_type: number } | null } | null;
}
interface NodeMessage {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly op_type: string;
  readonly attribute: readonly AttributeMessage[];
  readonly metadata_props: readonly Entry[];
}

export const modelFields = { graph: 7 } as const;
export const graphFields = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;

export interface FileNode {
  readonly name: string;
  readonly op: string;
  /** What it reads, values used by graphs inside it (If, Loop, Scan) included. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Where the exporter says it comes from (`encoder.layers.3.attention`), for exporters that keep it beside the name.
   */
  readonly origin: string;
  /** Of a Cast: the type that it makes, as a number of onnx.proto3. */
  readonly castTo?: number;
}

export interface OnnxFile {
  /** In the order in which they can be computed. */
  readonly nodes: readonly FileNode[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Every file that a tensor names as the place of its weights, as it is named: to be followed by insideFolder alone.
   */
  readonly dataFiles: readonly string[];
}

export function graphOf(bytes: Uint8Array, where: string): Uint8Array {
  for (const field of fieldsOf(bytes))
    if (field.number === modelFields.graph) return bytes.subarray(field.content, field.end);
  throw engineError(
    'model',
    `${where}: not an ONNX file (it holds no graph)`,
    'Expected a file that Optimum or torch.onnx.export wrote. Export or download it again.',
  );
}

/** Whatever a damaged file makes the protobuf reader throw becomes one error. */
export function reading<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isEngineError(error)) throw error;
    throw engineError('model', `${where}: not an ONNX file, or cut short or damaged`, again, error);
  }
}

const again =
  "Export it again, or download it again from the model's page and compare its size or sha256 with what the page says.";

export function decode<T>(type: protobuf.Type, graph: Uint8Array, field: Field): T {
  return type.decode(graph.subarray(field.content, field.end)) as unknown as T;
}

function toNode(message: NodeMessage): FileNode {
  const inner = message.attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs]).flatMap(innerInputs);
  const origin =
    message.metadata_props.find(({ key }) => key === 'pkg.torch.onnx.name_scopes' || key === 'namespace')?.value ?? '';
  const to = message.op_type === 'Cast' ? message.attribute.find(({ name }) => name === 'to')?.i : undefined;
  return {
    name: message.name,
    op: message.op_type,
    inputs: [...message.input, ...inner].filter((name) => name !== ''),
    outputs: message.output.filter((name) => name !== ''),
    origin,
    ...(to === undefined ? {} : { castTo: Number(to) }),
  };
}

function innerInputs(graph: GraphMessage): string[] {
  return graph.node.flatMap((node) => toNode(node).inputs);
}

/**
 * @param where named in errors
 * @throws EngineError 'model' when the bytes are no ONNX model
 */
export function readOnnxFile(bytes: Uint8Array, where: string): OnnxFile {
  return reading(where, () => {
    const graph = graphOf(bytes, where);
    const nodes: FileNode[] = [];
    const inputs: string[] = [];
    const outputs: string[] = [];
    const weights = new Set<string>();
    for (const field of fieldsOf(graph)) {
      if (field.number === graphFields.node) nodes.push(toNode(decode<NodeMessage>(messageTypes.Node, graph, field)));
      else if (field.number === graphFields.initializer)
        weights.add(decode<TensorMessage>(messageTypes.Tensor, graph, field).name);
      else if (field.number === graphFields.input)
        inputs.push(decode<ValueMessage>(messageTypes.Value, graph, field).name);
      else if (field.number === graphFields.output)
        outputs.push(decode<ValueMessage>(messageTypes.Value, graph, field).name);
    }
    const dataFiles = externalLocations(bytes);
    return { nodes, inputs: inputs.filter((name) => !weights.has(name)), outputs, dataFiles };
  });
}
