// The tfjs backend that computes nothing: each kernel call adds nodes to the graph being traced, and
// a tensor's data is its value in that graph. Registered once under its own name; active only inside trace().
import { engineError } from './errors.js';
import { mendTape } from './tape.js';
import { tf } from './tf.js';
import { dataValue, Graph, type ElementType, type Value } from './graph.js';
import { KernelCall, type KernelGradient } from './kernel.js';
import { kernels } from './kernels/index.js';

export const backendName = 'jit-trace';

interface Entry {
  readonly value: Value;
  references: number;
}

const tfTypes = { float32: 'float32', int32: 'int32', bool: 'bool', int64: 'int32' } as const;

function elementType(dtype: tf.DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw engineError('internal', `a traced tensor cannot have the type ${dtype}`, 'Use float32, int32 or bool.');
}

class TracingBackend extends tf.KernelBackend {
  graph: Graph | undefined;
  readonly #entries = new Map<object, Entry>();

  /** A tensor for a value of the graph. */
  hold(value: Value): tf.TensorInfo {
    const dataId = {};
    this.#entries.set(dataId, { value, references: 1 });
    return { dataId, shape: [...value.shape], dtype: tfTypes[value.type] };
  }

  lookUp(info: tf.TensorInfo): Value {
    const entry = this.#entries.get(info.dataId);
    if (!entry)
      throw engineError(
        'internal',
        'a traced function uses a tensor that was disposed or that belongs to another backend',
        'Pass it in as an input.',
      );
    return entry.value;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType, refCount: number): void {
    const type = elementType(dtype);
    this.#entries.set(dataId, { value: dataValue(values as ArrayLike<number>, shape, type), references: refCount });
  }

  override readSync(dataId: object): tf.BackendValues {
    const value = this.#entries.get(dataId)?.value;
    const { origin } = value ?? {};
    if (value && origin?.kind === 'data') return origin.data.slice();
    if (value && origin?.kind === 'fill') {
      const size = value.shape.reduce((product, n) => product * n, 1);
      return value.type === 'float32'
        ? new Float32Array(size).fill(origin.value)
        : new Int32Array(size).fill(origin.value);
    }
    throw engineError(
      'internal',
      `the numbers of a traced tensor of shape [${value?.shape.join() ?? '?'}] were read (data, dataSync, array, ` +
        'print): they are not known while tracing',
      'Return the tensor as an output and read it after run(); choose with tf.where instead of if.',
    );
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  override incRef(dataId: object): void {
    const entry = this.#entries.get(dataId);
    if (entry) entry.references++;
  }

  override refCount(dataId: object): number {
    return this.#entries.get(dataId)?.references ?? 0;
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.#entries.get(dataId);
    if (!entry) return true;
    entry.references--;
    if (!force && entry.references > 0) return false;
    this.#entries.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.#entries.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {
    this.#entries.clear();
  }
}

const backend = new TracingBackend();

function runKernel(name: string, inputs: unknown, attributes: unknown): tf.TensorInfo | tf.TensorInfo[] {
  const kernel = kernels[name];
  if (!kernel || !backend.graph)
    throw engineError(
      'internal',
      `kernel ${name} was called outside of compile()`,
      'Put the computation into the compiled function.',
    );
  const infos = inputs as Record<string, tf.TensorInfo | undefined>;
  const named: Record<string, Value> = {};
  for (const [key, info] of Object.entries(infos)) if (info) named[key] = backend.lookUp(info);
  const call = new KernelCall(
    name,
    backend.graph,
    Object.values(named),
    named,
    (attributes ?? {}) as Record<string, unknown>,
  );
  const result = kernel.onnx(call);
  return 'origin' in result ? backend.hold(result) : result.map((value) => backend.hold(value));
}

function gradientConfig(kernelName: string, gradient: KernelGradient): tf.GradConfig {
  return {
    kernelName,
    ...(gradient.inputs ? { inputsToSave: [...gradient.inputs] } : {}),
    ...(gradient.allInputs ? { saveAllInputs: true } : {}),
    gradFunc: (dy, tensors, attributes) => {
      const dys = Array.isArray(dy) ? dy : [dy];
      return gradient.of(dys[0] as tf.Tensor, tensors, attributes ?? {}, dys);
    },
  };
}

let registered = false;

function register(): void {
  // Every time: a tfjs package loaded later brings gradients of its own under the same names.
  for (const [name, { gradient }] of Object.entries(kernels))
    if (gradient) tf.registerGradient(gradientConfig(name, gradient));
  if (registered) return;
  registered = true;
  tf.registerBackend(backendName, () => backend, 0);
  for (const kernelName of Object.keys(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => runKernel(kernelName, inputs, attrs),
    });
  }
}

/** The parts of tfjs's engine that have to be put back after a trace, which its types hide. */
interface EngineInternals {
  backendName: string | null;
  backendInstance: unknown;
  state: { gradientDepth: number; kernelDepth: number; activeTape: { saved?: tf.Tensor[] }[] | null };
}

function explain(thrown: unknown): unknown {
  const unknownKernel =
    thrown instanceof Error ? /Kernel '(\w+)' not registered for backend 'jit-trace'/.exec(thrown.message) : null;
  if (unknownKernel) {
    const name = unknownKernel[1] ?? '';
    return engineError(
      'internal',
      `the traced function uses the tfjs kernel ${name}, which the engine does not know`,
      `Write it with known operations, or add an entry "${name}" to a table in src/kernels and a case to ` +
        'test/kernels (README.md says how).',
      thrown,
    );
  }
  const noGradient = thrown instanceof Error ? /gradient function not found for (\w+)/.exec(thrown.message) : null;
  if (noGradient) {
    return engineError(
      'internal',
      `the kernel ${noGradient[1] ?? ''} has no derivative in src/kernels`,
      'Keep it out of the differentiated path (stopGradient), or add a gradient to its entry.',
      thrown,
    );
  }
  return thrown;
}

/**
 * Calls fn with tensors that stand for the inputs and returns the values it computes.
 * tfjs is left as it was found, its previous backend and tensor count included, also when fn throws.
 * @throws EngineError internal for an unknown kernel, a read of traced numbers or a nested trace
 */
export function trace<T>(
  fn: (graph: Graph, tensorOf: (value: Value) => tf.Tensor, valueOf: (tensor: tf.Tensor) => Value) => T,
): T {
  if (backend.graph)
    throw engineError(
      'internal',
      'compile() was called inside a compiled function',
      'Call the inner function directly: it becomes part of the graph.',
    );
  register();
  const engine = tf.engine() as unknown as EngineInternals;
  const { backendName: previousName, backendInstance: previousInstance } = engine;
  const graph = new Graph();
  // setBackend is asynchronous only for backends that start asynchronously; this one does not.
  void tf.setBackend(backendName);
  backend.graph = graph;
  const restoreTape = mendTape();
  tf.engine().startScope(backendName);
  try {
    return fn(
      graph,
      (value) => tf.engine().makeTensorFromTensorInfo(backend.hold(value)),
      (tensor) => backend.lookUp(tensor),
    );
  } catch (thrown) {
    throw explain(thrown);
  } finally {
    restoreTape();
    const { state } = engine;
    for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose();
    state.activeTape = null;
    state.gradientDepth = 0;
    tf.engine().endScope();
    backend.graph = undefined;
    engine.backendName = previousName;
    engine.backendInstance = previousInstance;
  }
}
