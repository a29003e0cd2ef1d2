// The protobuf fields of an ONNX file as they lie in it, without decoding what is in them; and, from these, every file
// beside the model that any tensor of it names, wherever in the model the tensor stands.
import protobuf from 'protobufjs';

/** One field of a message: its number, and where it lies, tag included. */
export interface Field {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  /** Where the content of a length-delimited field begins. */
  readonly content: number;
}

/** @throws RangeError or Error where the bytes are no message */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    const wire = tag & 7;
    let content = reader.pos;
    if (wire === 2) {
      const length = reader.uint32();
      content = reader.pos;
      reader.skip(length);
    } else {
      reader.skipType(wire);
    }
    yield { number: tag >>> 3, start, end: reader.pos, content };
  }
}

type Message = 'model' | 'training' | 'graph' | 'function' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Which fields of onnx.proto3 lead to a tensor. */
const leads: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};
const externalData = 13;
/** A graph in an If in a Loop in … deeper than any exporter goes; the runtime gives up earlier. */
const mostLevels = 100;

/**
 * Locations of weights outside the file, in the order in which they stand. What `data_location` says is not asked:
 * readers differ in what they make of it.
 * @throws RangeError or Error where the bytes are no message
 */
export function externalLocations(bytes: Uint8Array): string[] {
  const found = new Set<string>();
  const visit = (message: Uint8Array, kind: Message, level: number): void => {
    if (level > mostLevels) throw new RangeError('graphs in graphs without end');
    for (const { number, content, end } of fieldsOf(message)) {
      if (kind === 'tensor') {
        if (number !== externalData) continue;
        const { keys, values } = entryOf(message.subarray(content, end));
        if (keys.includes('location')) for (const value of values) found.add(value);
      } else {
        const next = leads[kind][number];
        if (next !== undefined) visit(message.subarray(content, end), next, level + 1);
      }
    }
  };
  visit(bytes, 'model', 0);
  return [...found];
}

/** Of a field that stands twice, one reader takes the first and another the last: both count. */
function entryOf(bytes: Uint8Array): { keys: string[]; values: string[] } {
  const keys: string[] = [];
  const values: string[] = [];
  for (const { number, content, end } of fieldsOf(bytes)) {
    const text = Buffer.from(bytes.subarray(content, end)).toString('utf8');
    if (number === 1) keys.push(text);
    else if (number === 2) values.push(text);
  }
  return { keys, values };
}
