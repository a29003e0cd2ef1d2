// ONNX files that others wrote: bytes in, a table of nodes out, and a smaller file that ends at one of the values inside.
// Works on the protobuf fields as they lie in the file: weights of gigabytes are neither decoded nor encoded again.
import protobuf from 'protobufjs';
import { AsrError } from '../core/errors.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { externalLocations, fieldsOf, type Field } from './onnx-fields.js';

// Field numbers of onnx.proto3; only what tells nodes apart is decoded.
const schema = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message Tensor { string name = 8; }
  message Attribute { string name = 1; Graph g = 6; repeated Graph graphs = 11; }
  message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; repeated Entry metadata_props = 9; }
  message Value { string name = 1; }
  message Graph { repeated Node node = 1; repeated Tensor initializer = 5; repeated Value input = 11; repeated Value output = 12; }
`,
  { keepCase: true },
).root;
const lookup = (name: string): protobuf.Type => schema.lookupType(name);
const types = { Node: lookup('Node'), Tensor: lookup('Tensor'), Value: lookup('Value') };

interface Entry {
  readonly key: string;
  readonly value: string;
}
interface TensorMessage {
  readonly name: string;
}
interface GraphMessage {
  readonly node: readonly NodeMessage[];
}
interface AttributeMessage {
  readonly g?: GraphMessage | null;
  readonly graphs: readonly GraphMessage[];
}
interface NodeMessage {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly op_type: string;
  readonly attribute: readonly AttributeMessage[];
  readonly metadata_props: readonly Entry[];
}

const modelFields = { graph: 7 } as const;
const graphFields = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const;

export interface FileNode {
  readonly name: string;
  readonly op: string;
  /** What it reads, values used by graphs inside it (If, Loop, Scan) included. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Where the exporter says it comes from (`encoder.layers.3.attention`), for exporters that keep it beside the name. */
  readonly origin: string;
}

export interface OnnxFile {
  /** In the order in which they can be computed. */
  readonly nodes: readonly FileNode[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Every file that a tensor names as the place of its weights, as it is named: to be followed by insideFolder alone. */
  readonly dataFiles: readonly string[];
}

function graphOf(bytes: Uint8Array, where: string): Uint8Array {
  for (const field of fieldsOf(bytes))
    if (field.number === modelFields.graph) return bytes.subarray(field.content, field.end);
  throw new AsrError(
    'model',
    `${where}: not an ONNX file (it holds no graph)`,
    'Expected a file that Optimum or torch.onnx.export wrote. Export or download it again.',
  );
}

/** Whatever a damaged file makes the protobuf reader throw becomes one error. */
function reading<T>(bytes: Uint8Array, where: string, read: () => T): T {
  refuseLfsPointer(bytes, where);
  try {
    return read();
  } catch (error) {
    if (error instanceof AsrError) throw error;
    throw new AsrError('model', `${where}: not an ONNX file, or cut short or damaged`, again, error);
  }
}

const again =
  "Export it again, or download it again from the model's page and compare its size or sha256 with what the page says.";

function decode<T>(type: protobuf.Type, graph: Uint8Array, field: Field): T {
  return type.decode(graph.subarray(field.content, field.end)) as unknown as T;
}

function toNode(message: NodeMessage): FileNode {
  const inner = message.attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs]).flatMap(innerInputs);
  const origin =
    message.metadata_props.find(({ key }) => key === 'pkg.torch.onnx.name_scopes' || key === 'namespace')?.value ?? '';
  return {
    name: message.name,
    op: message.op_type,
    inputs: [...message.input, ...inner].filter((name) => name !== ''),
    outputs: message.output.filter((name) => name !== ''),
    origin,
  };
}

function innerInputs(graph: GraphMessage): string[] {
  return graph.node.flatMap((node) => toNode(node).inputs);
}

/**
 * @param where named in errors
 * @throws AsrError 'model' when the bytes are no ONNX model
 */
export function readOnnxFile(bytes: Uint8Array, where: string): OnnxFile {
  return reading(bytes, where, () => {
    const graph = graphOf(bytes, where);
    const nodes: FileNode[] = [];
    const inputs: string[] = [];
    const outputs: string[] = [];
    const weights = new Set<string>();
    for (const field of fieldsOf(graph)) {
      if (field.number === graphFields.node) nodes.push(toNode(decode<NodeMessage>(types.Node, graph, field)));
      else if (field.number === graphFields.initializer)
        weights.add(decode<TensorMessage>(types.Tensor, graph, field).name);
      else if (field.number === graphFields.input)
        inputs.push(decode<{ name: string }>(types.Value, graph, field).name);
      else if (field.number === graphFields.output)
        outputs.push(decode<{ name: string }>(types.Value, graph, field).name);
    }
    const dataFiles = externalLocations(bytes);
    return { nodes, inputs: inputs.filter((name) => !weights.has(name)), outputs, dataFiles };
  });
}

/** What has to be computed, and read, for one value. */
function neededFor(file: OnnxFile, output: string): { nodes: Set<number>; values: Set<string> } {
  const values = new Set([output]);
  const nodes = new Set<number>();
  for (let i = file.nodes.length - 1; i >= 0; i--) {
    const node = file.nodes[i] as FileNode;
    if (!node.outputs.some((name) => values.has(name))) continue;
    nodes.add(i);
    for (const name of node.inputs) values.add(name);
  }
  return { nodes, values };
}

/**
 * The same model, ended at one value, which becomes its only output; nodes and weights that only later values need are
 * left out, so that they cost neither time nor memory. Inputs stay declared.
 * @throws AsrError 'model' when the graph has no such value
 */
export function endAt(bytes: Uint8Array, output: string, where: string): Buffer {
  const file = readOnnxFile(bytes, where);
  if (!file.inputs.includes(output) && !file.nodes.some(({ outputs }) => outputs.includes(output))) {
    throw new AsrError(
      'model',
      `${where}: the graph computes no value "${output}"`,
      `It has ${file.nodes.length} nodes; its outputs are ${file.outputs.join(', ')}.`,
    );
  }
  return reading(bytes, where, () => withOutput(bytes, file, output, where));
}

function withOutput(bytes: Uint8Array, file: OnnxFile, output: string, where: string): Buffer {
  const graph = graphOf(bytes, where);
  const { nodes, values } = neededFor(file, output);
  const kept: Uint8Array[] = [];
  let node = 0;
  for (const field of fieldsOf(graph)) {
    if (field.number === graphFields.output) continue;
    if (field.number === graphFields.node && !nodes.has(node++)) continue;
    if (field.number === graphFields.initializer && !values.has(decode<TensorMessage>(types.Tensor, graph, field).name))
      continue;
    kept.push(graph.subarray(field.start, field.end));
  }
  // Without a type: the runtime infers it.
  kept.push(lengthDelimited(graphFields.output, [types.Value.encode({ name: output }).finish()]));
  const rest = [...fieldsOf(bytes)]
    .filter(({ number }) => number !== modelFields.graph)
    .map(({ start, end }) => bytes.subarray(start, end));
  return Buffer.concat([...rest, lengthDelimited(modelFields.graph, kept)]);
}

function lengthDelimited(number: number, content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = protobuf.Writer.create()
    .uint32((number << 3) | 2)
    .uint32(length)
    .finish();
  return Buffer.concat([head, ...content]);
}
