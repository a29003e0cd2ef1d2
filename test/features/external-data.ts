// Moves the weights of an ONNX file into a file beside it, as exporters do above 2 GB: an
// independent reading of onnx.proto3.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

const root = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message Tensor {
    repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9;
    repeated Entry external_data = 13; int32 data_location = 14;
  }
  message Attribute {
    string name = 1; float f = 2; int64 i = 3; bytes s = 4; Tensor t = 5; repeated float floats = 7;
    repeated int64 ints = 8; int32 type = 20;
  }
  message Node {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated Attribute attribute = 5;
  }
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Type { TensorType tensor_type = 1; }
  message ValueInfo { string name = 1; Type type = 2; }
  message Graph {
    repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11;
    repeated ValueInfo output = 12;
  }
  message Opset { string domain = 1; int64 version = 2; }
  message Model { int64 ir_version = 1; repeated Opset opset_import = 8; Graph graph = 7; }
`,
  { keepCase: true },
).root;

interface Tensor {
  raw_data: Uint8Array;
  external_data: object[];
  data_location: number;
}

/** Writes model.onnx and model.onnx_data. */
export function writeWithExternalData(folder: string, onnx: Uint8Array): void {
  const type = root.lookupType('Model');
  const model = type.decode(onnx) as unknown as { graph: { initializer: Tensor[] } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph.initializer) {
    if (tensor.raw_data.length < 256) continue; // shapes stay: the runtime reads them while loading
    tensor.external_data = [
      ['location', 'model.onnx_data'],
      ['offset', String(offset)],
      ['length', String(tensor.raw_data.length)],
    ].map(([key, value]) => ({ key, value }));
    tensor.data_location = 1;
    parts.push(tensor.raw_data);
    offset += tensor.raw_data.length;
    tensor.raw_data = new Uint8Array(0);
  }
  writeFileSync(join(folder, 'model.onnx_data'), Buffer.concat(parts));
  writeFileSync(join(folder, 'model.onnx'), type.encode(model).finish());
}

/** The outputs of a model as it declares them. */
export function declaredOutputs(onnx: Uint8Array): object[] {
  const type = root.lookupType('Model');
  const { graph } = type.toObject(type.decode(onnx)) as { graph: { output: object[] } };
  return graph.output;
}
