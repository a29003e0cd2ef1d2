// A pure function over tfjs tensors in, a session that computes it on flat arrays out.
// Shapes are static: one compilation per set of input shapes; sessions.ts keeps a few of them.
import { engineError } from './errors.js';
import { trace } from './backend.js';
import { sizeOf, type ElementType, type NamedValue, type Shape, type Value } from './graph.js';
import { writeOnnx, type WrittenGraph } from './onnx-writer.js';
import { EagerRunner, type EagerGraph } from './eager.js';
import { Session, wrap, type Buffer, type Engine, type Numbers, type Runner } from './session.js';
import type { tf } from './tf.js';

export type DType = 'float32' | 'int32';
export interface ValueSpec {
  readonly shape: readonly number[];
  /** Default float32. */
  readonly dtype?: DType;
}
/** Flat, row-major arrays; Int32Array for inputs of type int32. */
export type Feeds<K extends string> = Record<K, Float32Array | Int32Array>;

export interface CompileOptions {
  /** Shown in errors and stored in the ONNX file. */
  readonly name?: string;
  /** Threads of one run; 0 (the default) takes all cores. */
  readonly threads?: number;
  readonly engine?: Engine;
}

export interface OutputSpec {
  readonly shape: readonly number[];
  readonly dtype: 'float32';
}

export interface Compiled<I extends string, O extends string> extends WrittenGraph, AsyncDisposable {
  readonly inputs: Record<I, ValueSpec>;
  readonly outputs: Record<O, OutputSpec>;
  /**
   * Computes all outputs. Integer and bool outputs arrive as float32 (exact up to 2^24).
   * @param into arrays to write into instead of new ones
   * @throws EngineError internal naming graph and input when a feed is missing or has the wrong type or length
   */
  run(feeds: Feeds<I>, into?: Partial<Record<O, Float32Array>>): Promise<Record<O, Float32Array>>;
  dispose(): Promise<void>;
}

export const entries = <K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] =>
  Object.entries(record) as [K, V][];

/** A record with the same keys. */
export function mapRecord<K extends string, V, W>(
  record: Readonly<Record<K, V>>,
  map: (value: V, key: K) => W,
): Record<K, W> {
  return Object.fromEntries(entries(record).map(([key, value]) => [key, map(value, key)])) as Record<K, W>;
}

function checkSpec(graphName: string, name: string, spec: ValueSpec): void {
  const wrong = spec.shape.find((n) => !Number.isInteger(n) || n < 0);
  if (wrong !== undefined)
    throw engineError(
      'internal',
      `graph ${graphName}: input "${name}" has the shape [${spec.shape.join()}]`,
      'Sizes are whole numbers, known when compiling.',
    );
  if (name === '' || name.startsWith('%'))
    throw engineError(
      'internal',
      `graph ${graphName}: "${name}" cannot name an input`,
      'Names are not empty and do not start with %.',
    );
}

/** Wraps one array after checking it against the input it is for. */
export function feedBuffer(graphName: string, name: string, spec: ValueSpec, numbers: Numbers | undefined): Buffer {
  const size = sizeOf(spec.shape);
  const wanted = spec.dtype ?? 'float32';
  const found =
    numbers instanceof Float32Array
      ? 'float32'
      : numbers instanceof Int32Array
        ? 'int32'
        : numbers === undefined
          ? 'nothing'
          : 'another kind of array';
  if (numbers === undefined || found !== wanted || numbers.length !== size) {
    throw engineError(
      'internal',
      `graph ${graphName}: input "${name}" needs ${size} numbers of type ${wanted} (shape [${spec.shape.join()}]), ` +
        `given ${found}${numbers ? ` of length ${numbers.length}` : ''}`,
    );
  }
  return wrap(numbers, spec.shape);
}

export interface TracedOutput {
  readonly shape: Shape;
}

export interface TracedGraph extends WrittenGraph {
  readonly outputs: Readonly<Record<string, TracedOutput>>;
  /** The same graph for engines that do not read ONNX. */
  readonly eager: EagerGraph;
}

/** Makes what computes a traced graph on the engine asked for. */
export async function createRunner(
  graph: TracedGraph,
  { name, threads = 0, engine: wanted = 'cpu' }: CompileOptions & { readonly name: string },
): Promise<Runner> {
  // Loaded late: devices.ts compiles graphs itself.
  const engine = wanted === 'auto' ? await (await import('./devices.js')).resolveEngine(wanted) : wanted;
  return engine === 'tfjs'
    ? EagerRunner.create(name, graph.eager)
    : Session.create(graph.onnx, { name, threads, engine });
}

/**
 * Traces fn and writes the graph; outputs keep their keys as ONNX names, and are float32.
 * @param drops says of an output that is an input, unchanged, whether to leave it out of the graph
 */
export function traceToOnnx(
  name: string,
  inputs: Readonly<Record<string, ValueSpec>>,
  fn: (tensors: Record<string, tf.Tensor>) => Readonly<Record<string, tf.Tensor>>,
  drops: (output: string, input: string) => boolean = () => false,
): TracedGraph {
  for (const [key, spec] of Object.entries(inputs)) checkSpec(name, key, spec);
  return trace((graph, tensorOf, valueOf) => {
    const inputValues: NamedValue[] = Object.entries(inputs).map(([key, spec]) => ({
      name: key,
      value: graph.input(key, spec.shape, (spec.dtype ?? 'float32') as ElementType),
    }));
    const results = fn(Object.fromEntries(inputValues.map(({ name: key, value }) => [key, tensorOf(value)])));
    const outputs: Record<string, TracedOutput> = {};
    const outputValues = Object.entries(results).flatMap(([key, tensor]): NamedValue[] => {
      if (tensor instanceof Promise || typeof tensor?.dataId !== 'object')
        throw engineError(
          'internal',
          `graph ${name}: output "${key}" is not a tensor`,
          'Return tensors, not numbers, arrays or promises.',
        );
      const value: Value = graph.cast(valueOf(tensor), 'float32');
      if (value.origin.kind === 'input' && drops(key, value.origin.name)) return [];
      outputs[key] = { shape: value.shape };
      return [{ name: key, value }];
    });
    return {
      ...writeOnnx(name, inputValues, outputValues),
      outputs,
      eager: { inputs: inputValues, outputs: outputValues },
    };
  });
}

/**
 * Compiles a pure function of tensors, gradients included, into one graph.
 * @param fn is called once, with stand-ins: it must not read numbers out of tensors, and what it
 *   creates (tf.scalar, tf.zeros …) becomes part of the graph
 * @throws EngineError internal when fn uses something that cannot be traced; dependency when the engine is missing
 */
export async function compile<I extends string, O extends string>(
  fn: (inputs: Record<I, tf.Tensor>) => Record<O, tf.Tensor>,
  inputs: Record<I, ValueSpec>,
  options: CompileOptions = {},
): Promise<Compiled<I, O>> {
  const name = options.name ?? (fn.name || 'graph');
  // ONNX names are shared by inputs and outputs; the prefix lets both sides use the same keys.
  const prefix = 'out:';
  const traced = traceToOnnx(name, inputs, (tensors) => {
    const results = fn(tensors);
    return Object.fromEntries(
      Object.entries<tf.Tensor>(results).map(([key, tensor]) => [
        Object.hasOwn(inputs, key) ? prefix + key : key,
        tensor,
      ]),
    );
  });
  const onnxName = new Map<O, string>();
  const outputs = {} as Record<O, OutputSpec>;
  for (const [outputName, { shape }] of Object.entries(traced.outputs)) {
    const key = (outputName.startsWith(prefix) ? outputName.slice(prefix.length) : outputName) as O;
    onnxName.set(key, outputName);
    outputs[key] = { shape, dtype: 'float32' };
  }
  const session = await createRunner(traced, { ...options, name });
  return {
    inputs,
    outputs,
    onnx: traced.onnx,
    matrixFlop: traced.matrixFlop,
    async run(feeds, into) {
      const fed = mapRecord(inputs, (spec, key) => feedBuffer(name, key, spec, feeds[key]));
      const results = mapRecord(outputs, ({ shape }, key) => into?.[key] ?? new Float32Array(sizeOf(shape)));
      const fetched = Object.fromEntries(
        entries(results).map(([key, numbers]) => {
          const { shape } = outputs[key];
          if (numbers.length !== sizeOf(shape))
            throw engineError(
              'internal',
              `graph ${name}: output "${key}" has ${sizeOf(shape)} numbers, the array to write into has ` +
                numbers.length,
            );
          return [onnxName.get(key) as string, wrap(numbers, shape)];
        }),
      );
      await session.run(fed, fetched);
      return results;
    },
    dispose: () => session.dispose(),
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}
