// ONNX graphs written node by node, for what tracing cannot say: axes whose length is known only when the graph runs,
// and recurrences over them (Scan). Models that leave the house are made with it.
import { engineError } from './errors.js';
import type { onnxTypes } from './graph.js';
import {
  attributeProto,
  encodeModel,
  storedTensorProto,
  tensorProto,
  valueInfo,
  type AttributeValue,
  type OnnxShape,
} from './onnx.js';

export type OnnxType = keyof typeof onnxTypes;
/** A value of the graph, by name. */
export type Wire = string & { readonly wire: unique symbol };

/** Numbers in a file, little-endian and row-major. */
export interface StoredBytes {
  readonly file: string;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** Where a model's own file of numbers has what lies in `bytes`: name relative to the model, byte. */
export type Locate = (bytes: StoredBytes) => { readonly location: string; readonly offset: number };

interface StoredInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly bytes: StoredBytes;
}

export interface ScanOptions {
  /** Values at the start, by wire; the body gets and gives back as many. */
  readonly states: readonly Wire[];
  /** Sequences, first axis time. */
  readonly sequences: readonly Wire[];
  /** Types and shapes of one step of each: states first, then sequences. */
  readonly inputs: readonly (readonly [OnnxType, OnnxShape])[];
  readonly outputs: readonly (readonly [OnnxType, OnnxShape])[];
  /** From the last step to the first; what is collected comes out in order of time all the same. */
  readonly reverse?: boolean;
  /** States after the step, then what is collected of it. May use wires of the graph outside. */
  readonly body: (step: OnnxBuilder, states: readonly Wire[], current: readonly Wire[]) => readonly Wire[];
}

export class OnnxBuilder {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #stored: StoredInitializer[] = [];
  /** Shared with the graphs inside, so that no name is used twice. */
  readonly #counter: { next: number };
  #scope = '';

  constructor(counter = { next: 0 }) {
    this.#counter = counter;
  }

  #fresh(): Wire {
    return `${this.#scope}v${this.#counter.next++}` as Wire;
  }

  /** Names what `build` adds by where it stands, as exporters of models do: `/encoder/layers.0/…`. Scopes nest. */
  within<T>(scope: string, build: () => T): T {
    const before = this.#scope;
    this.#scope = `${before === '' ? '/' : before}${scope}/`;
    try {
      return build();
    } finally {
      this.#scope = before;
    }
  }

  input(name: string, type: OnnxType, shape: OnnxShape): Wire {
    this.#inputs.push(valueInfo(name, type, shape));
    return name as Wire;
  }

  output(name: string, wire: Wire, type: OnnxType, shape: OnnxShape): void {
    this.#nodes.push({ op_type: 'Identity', name: `Identity_${name}`, input: [wire], output: [name], attribute: [] });
    this.#outputs.push(valueInfo(name, type, shape));
  }

  constant(type: OnnxType, shape: readonly number[], numbers: ArrayLike<number>): Wire {
    const name = this.#fresh();
    this.#initializers.push(tensorProto(name, type, shape, numbers));
    return name;
  }

  /** Numbers that stay where they are: the model names their place, which `encode` is told. Not inside a scan. */
  stored(type: OnnxType, shape: readonly number[], bytes: StoredBytes): Wire {
    const name = this.#fresh();
    this.#stored.push({ name, type, shape, bytes });
    return name;
  }

  /** Places of all stored numbers, in the order they were added. */
  get storedBytes(): readonly StoredBytes[] {
    return this.#stored.map(({ bytes }) => bytes);
  }

  float(value: number): Wire {
    return this.constant('float32', [], [value]);
  }

  ints(...values: number[]): Wire {
    return this.constant('int64', [values.length], values);
  }

  /** A node with one output. */
  node(op: string, inputs: readonly Wire[], attributes: Readonly<Record<string, AttributeValue>> = {}): Wire {
    return this.nodes(op, inputs, 1, attributes)[0] as Wire;
  }

  nodes(
    op: string,
    inputs: readonly Wire[],
    outputs: number,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): Wire[] {
    const output = Array.from({ length: outputs }, () => this.#fresh());
    this.#nodes.push({
      op_type: op,
      name: `${this.#scope}${op}_${(output[0] ?? '').slice(this.#scope.length)}`,
      input: inputs,
      output,
      attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
    });
    return output;
  }

  /** A recurrence. @returns the states at the end, then the collected sequences, first axis time */
  scan({ states, sequences, inputs, outputs, reverse = false, body }: ScanOptions): Wire[] {
    const step = new OnnxBuilder(this.#counter);
    const wires = inputs.map(([type, shape]) => step.input(step.#fresh(), type, shape));
    const results = body(step, wires.slice(0, states.length), wires.slice(states.length));
    results.forEach((wire, i) => {
      const [type, shape] = outputs[i] as readonly [OnnxType, OnnxShape];
      step.output(step.#fresh(), wire, type, shape);
    });
    const direction = (length: number): number[] => new Array<number>(length).fill(reverse ? 1 : 0);
    return this.nodes('Scan', [...states, ...sequences], outputs.length, {
      body: { graph: step.graph('step') },
      num_scan_inputs: sequences.length,
      scan_input_directions: direction(sequences.length),
      scan_output_directions: direction(outputs.length - states.length),
    });
  }

  /** The GraphProto as a plain object. */
  graph(name: string): object {
    return { name, node: this.#nodes, initializer: this.#initializers, input: this.#inputs, output: this.#outputs };
  }

  /** The file. @param locate where it finds stored numbers; needed where there are any */
  encode(name: string, metadata: Readonly<Record<string, string>> = {}, locate?: Locate): Uint8Array {
    const graph = this.graph(name) as { initializer: object[] };
    if (this.#stored.length === 0) return encodeModel(graph, metadata);
    if (!locate) throw engineError('internal', `${name}: stored numbers, but nothing says where the model finds them`);
    const stored = this.#stored.map(({ name: tensor, type, shape, bytes }) =>
      storedTensorProto(tensor, type, shape, { length: bytes.length, ...locate(bytes) }),
    );
    return encodeModel({ ...graph, initializer: [...graph.initializer, ...stored] }, metadata);
  }
}
