// A traced graph in, an ONNX file out. Names and order depend on the graph alone, so the same function gives the same
// bytes every time. What is known only when the graph runs (free-axis.ts) is computed by nodes of their own.
import { engineError } from './errors.js';
import { dims, onnxTypes, sizeOf, type GraphNode, type NamedValue, type Value } from './graph.js';
import { triedSizes, type FreeAxis, type SizeNumbers } from './free-axis.js';
import { attributeProto, attributeTypes, encodeModel, tensorProto, valueInfo, type OnnxShape } from './onnx.js';

const largestInlineFill = 64; // numbers; above that ConstantOfShape keeps the file small

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

export interface WriterOptions {
  readonly storage?: 'float32' | 'float16';
  readonly free?: FreeAxis;
}

/** The largest number of half precision. */
const largestHalf = 65504;

type Constant = Extract<Value['origin'], { kind: 'data' | 'fill' }>;

/** Collects the nodes that outputs depend on, inputs before users, and gives every value a name. */
class Writer {
  readonly nodes: object[] = [];
  readonly initializers: object[] = [];
  matrixFlop = 0;
  readonly #names = new Map<number, string>();
  readonly #constants = new Map<string, string>();
  /** The size of the free axis, once it was asked for. */
  #size: string | undefined;
  #grownCount = 0;
  readonly #placed = new Set<GraphNode>();

  constructor(
    private readonly graphName: string,
    private readonly options: WriterOptions,
  ) {}

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

  #constant(value: Value, origin: Constant): string {
    const { free } = this.options;
    const { shapes, numbers } = free?.growing ?? {};
    const line = (origin.kind === 'fill' ? shapes : numbers)?.get(value.id);
    if (free && line) return this.#grown(value, origin, free, line);
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
    if (origin.kind === 'fill' && size > largestInlineFill)
      this.#repeated(name, value, origin.value, this.name(dims(value.shape)));
    else if (origin.kind === 'data' && size > largestInlineFill && value.type === 'float32' && this.#halves)
      this.#half(name, value, origin.data);
    else {
      const numbers = origin.kind === 'fill' ? new Array<number>(size).fill(origin.value) : origin.data;
      this.initializers.push(tensorProto(name, value.type, value.shape, numbers));
    }
    return name;
  }

  get #halves(): boolean {
    return this.options.storage === 'float16';
  }

  #add(op: string, input: readonly string[], output: string, attribute: readonly object[] = []): string {
    this.nodes.push({ op_type: op, name: output, input, output: [output], attribute });
    return output;
  }

  #repeated(name: string, { type }: Value, number: number, shape: string): string {
    const one = tensorProto('', type, [1], [number]);
    return this.#add('ConstantOfShape', [shape], name, [{ name: 'value', t: one, type: attributeTypes.tensor }]);
  }

  /** The runtime widens such an array once, when it loads the graph. */
  #half(name: string, { shape }: Value, numbers: ArrayLike<number>): void {
    const large = Array.from(numbers).find((n) => Math.abs(n) > largestHalf && Number.isFinite(n));
    if (large !== undefined)
      throw engineError('internal', `graph ${this.graphName}: ${large} does not fit float16`, 'Store it as float32.');
    this.initializers.push(tensorProto(`${name}.half`, 'float16', shape, numbers));
    this.#add('Cast', [`${name}.half`], name, [attributeProto('to', onnxTypes.float32)]);
  }

  /** A constant whose numbers, or whose shape, grow with the free axis: computed when the graph runs. */
  #grown(value: Value, origin: Constant, free: FreeAxis, line: SizeNumbers): string {
    const ints = (numbers: readonly number[]): string => this.name(dims(numbers));
    const name = `%g${this.#grownCount++}`;
    this.#size ??= this.#add('Gather', [this.#add('Shape', [free.input], '%shape'), ints([free.axis])], '%size');
    const grown = this.#add('Mul', [this.#size, ints(line.factor)], `${name}.grown`);
    const sum = this.#add('Add', [grown, ints(line.offset)], origin.kind === 'fill' ? `${name}.shape` : name);
    return origin.kind === 'fill' ? this.#repeated(name, value, origin.value, sum) : sum;
  }

  /** Sizes as they are declared: what grows with the free axis by its name. */
  shapeOf({ id, shape, origin }: Value): OnnxShape {
    const { free } = this.options;
    if (!free) return shape;
    const line = free.growing.shapes.get(id);
    return shape.map((n, i) => {
      if (!line) return origin.kind === 'input' && n === triedSizes[0] ? free.name : n;
      const { [i]: factor = 0 } = line.factor;
      const { [i]: offset = 0 } = line.offset;
      if (factor === 0) return n;
      return factor === 1 && offset === 0 ? free.name : `${factor}*${free.name}+${offset}`;
    });
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
  options: WriterOptions = {},
): WrittenGraph {
  const names = [...inputs, ...outputs].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw engineError('internal', `${graphName}: "${twice}" names two inputs or outputs`, 'Rename one of them.');
  const writer = new Writer(graphName, options);
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
    input: inputs.map(({ name, value }) => valueInfo(name, value.type, writer.shapeOf(value))),
    output: outputs.map(({ name, value }) => valueInfo(name, value.type, writer.shapeOf(value))),
  };
  return { onnx: encodeModel(graph), matrixFlop: writer.matrixFlop };
}
