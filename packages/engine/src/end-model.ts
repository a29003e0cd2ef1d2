// A model in, the same model ended at one of the values inside out: what only later values need is left out. Works on
// the protobuf fields as they lie in the file, so that weights of gigabytes are neither decoded nor encoded again.
import protobuf from 'protobufjs';
import { engineError } from './errors.js';
import { fieldsOf } from './onnx-fields.js';
import {
  decode,
  graphFields,
  graphOf,
  messageTypes,
  modelFields,
  reading,
  readOnnxFile,
  type FileNode,
  type OnnxFile,
  type TensorMessage,
  type ValueMessage,
} from './onnx-file.js';

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
 * @throws EngineError 'model' when the graph has no such value
 */
export function endAt(bytes: Uint8Array, output: string, where: string): Buffer {
  const file = readOnnxFile(bytes, where);
  if (!file.inputs.includes(output) && !file.nodes.some(({ outputs }) => outputs.includes(output))) {
    throw engineError(
      'model',
      `${where}: the graph computes no value "${output}"`,
      `It has ${file.nodes.length} nodes; its outputs are ${file.outputs.join(', ')}.`,
    );
  }
  return reading(where, () => withOutput(bytes, file, output, where));
}

function withOutput(bytes: Uint8Array, file: OnnxFile, output: string, where: string): Buffer {
  const graph = graphOf(bytes, where);
  const { nodes, values } = neededFor(file, output);
  const kept: Uint8Array[] = [];
  let node = 0;
  for (const field of fieldsOf(graph)) {
    if (field.number === graphFields.output) continue;
    if (field.number === graphFields.valueInfo) {
      const { name } = decode<ValueMessage>(messageTypes.Value, graph, field);
      if (name === output || !values.has(name)) continue;
    }
    if (field.number === graphFields.node && !nodes.has(node++)) continue;
    if (
      field.number === graphFields.initializer &&
      !values.has(decode<TensorMessage>(messageTypes.Tensor, graph, field).name)
    )
      continue;
    kept.push(graph.subarray(field.start, field.end));
  }
  kept.push(lengthDelimited(graphFields.output, [declared(file, graph, output)]));
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

/** float32 of onnx.proto3: what is taken where a file does not tell. */
const float32 = 1;

/**
 * The declaration of a value as an output: the file's own where it has one, else its type with as many free dimensions
 * as frames have. ONNX asks for both; runtimes can do without.
 */
function declared(file: OnnxFile, graph: Uint8Array, output: string): Uint8Array {
  const known = new Map<string, number>();
  for (const field of fieldsOf(graph)) {
    if (field.number === graphFields.initializer) {
      const { name, data_type } = decode<TensorMessage>(messageTypes.Tensor, graph, field);
      known.set(name, data_type);
    } else if (([graphFields.input, graphFields.output, graphFields.valueInfo] as number[]).includes(field.number)) {
      const { name, type } = decode<ValueMessage>(messageTypes.Value, graph, field);
      const element = type?.tensor_type?.elem_type ?? 0;
      if (element === 0) continue;
      known.set(name, element);
      if (name === output) return graph.subarray(field.content, field.end);
    }
  }
  const element = elementType(file, known, output) ?? float32;
  const shape = { dim: [{}, {}, {}] };
  return messageTypes.Value.encode({ name: output, type: { tensor_type: { elem_type: element, shape } } }).finish();
}

/** Follows a value to something whose type the file says: arithmetic keeps the type of its inputs, casts say theirs. */
function elementType(file: OnnxFile, known: ReadonlyMap<string, number>, output: string): number | undefined {
  const makers = new Map(file.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  let value: string | undefined = output;
  while (value !== undefined && !known.has(value)) {
    const maker: FileNode | undefined = makers.get(value);
    if (maker?.castTo !== undefined) return maker.castTo;
    const like = maker !== undefined && typedBySecond.has(maker.op) ? 1 : 0;
    value = maker?.inputs.find((name) => known.has(name) && like === 0 && weighed.has(maker.op)) ?? maker?.inputs[like];
  }
  return value === undefined ? undefined : known.get(value);
}

/** Operators whose result has the type of their second input. */
const typedBySecond = new Set(['CastLike', 'DequantizeLinear', 'Where']);

/** Operators whose inputs all have the type of the result, so that a weight tells it. */
const weighed = new Set(['Add', 'Mul', 'LayerNormalization', 'SkipLayerNormalization', 'MatMul', 'Gemm']);
