// The messages of an ONNX file (opset 17) that this package writes, by a small schema: plain objects in, bytes out.
import { createRequire } from 'node:module';
import { engineError } from './errors.js';
import { float32ToFloat16 } from './float16.js';
import { onnxTypes, type Attribute } from './graph.js';

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
export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, ints: 7 } as const;

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

/** A name stands for a length that is known only when the graph runs. */
export type OnnxShape = readonly (number | string)[];
export type AttributeValue = Attribute | { readonly graph: object };

export function attributeProto(name: string, value: AttributeValue): object {
  if (typeof value === 'number') return { name, i: value, type: attributeTypes.int };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ('float' in value) return { name, f: value.float, type: attributeTypes.float };
  if ('graph' in value) return { name, g: value.graph, type: attributeTypes.graph };
  return { name, ints: value, type: attributeTypes.ints };
}

export const valueInfo = (name: string, type: keyof typeof onnxTypes, shape: OnnxShape): object => ({
  name,
  type: {
    tensor_type: {
      elem_type: onnxTypes[type],
      shape: { dim: shape.map((n) => (typeof n === 'number' ? { dim_value: n } : { dim_param: n })) },
    },
  },
});

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
