// Gives a graph of ours the names that torch.onnx.export gives in its default form: nodes and values are numbered by
// operator, and the module that a node comes from stands in its metadata, a block's own sums with the class behind it.
import protobuf from 'protobufjs';

const root = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message Node {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated bytes attribute = 5; repeated Entry metadata_props = 9;
  }
  message ValueInfo { string name = 1; bytes type = 2; }
  message Graph {
    repeated Node node = 1; string name = 2; repeated bytes initializer = 5; repeated ValueInfo input = 11;
    repeated ValueInfo output = 12;
  }
  message Opset { string domain = 1; int64 version = 2; }
  message Model { int64 ir_version = 1; repeated Opset opset_import = 8; Graph graph = 7; }
`,
  { keepCase: true },
).root;

interface Node {
  input: string[];
  output: string[];
  name: string;
  op_type: string;
  metadata_props: { key: string; value: string }[];
}

/** @param keep which modules (`encoder.layers.1.attention`) are named at all */
export function withDynamoNames(onnx: Uint8Array, keep: (module: string) => boolean = () => true): Uint8Array {
  const type = root.lookupType('Model');
  const model = type.decode(onnx) as unknown as { graph: { node: Node[]; output: { name: string }[] } };
  const kept = new Set(model.graph.output.map(({ name }) => name));
  const renamed = new Map<string, string>();
  model.graph.node.forEach((node, i) => {
    const module = /\/((?:[a-z_]+[/.])*encoder\/layers\.\d+(?:\/[a-z_]+)*)\//
      .exec(node.name)?.[1]
      ?.replaceAll('/', '.');
    const op = node.op_type.toLowerCase();
    node.name = `node_${op}_${i}`;
    node.input = node.input.map((name) => renamed.get(name) ?? name);
    node.output = node.output.map((name, n) => {
      if (kept.has(name)) return name;
      renamed.set(name, `${op}_${i}_${n}`);
      return `${op}_${i}_${n}`;
    });
    if (module === undefined || !keep(module)) return;
    const layer = module.split('.').slice(0, 3).join('.');
    const inner = module === layer ? '' : `/${module}: torch.nn.modules.linear.Linear`;
    node.metadata_props = [
      {
        key: 'namespace',
        value: `: models.Model/encoder: models.Encoder/${layer}: models.Layer${inner}/${op}_${i}: aten.${op}.Tensor`,
      },
    ];
  });
  return type.encode(type.fromObject(model)).finish();
}
