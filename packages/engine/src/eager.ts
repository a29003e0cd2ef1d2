// The lane beside onnxruntime: a traced graph computed node by node on a tfjs backend. TensorFlow's native library
// where the user installed it (on a GPU with tfjs-node-gpu), else tfjs's WebAssembly backend.
import { engineError, messageOf } from './errors.js';
import { eagerOps } from './eager-ops.js';
import type { GraphNode, NamedValue, Value } from './graph.js';
import type { Buffer, Numbers, Runner } from './session.js';
import { tf } from './tf.js';

export interface EagerGraph {
  readonly inputs: readonly NamedValue[];
  readonly outputs: readonly NamedValue[];
}

/** Packages in the order of preference, and the tfjs backend that each registers. */
const lanes = [
  ['@tensorflow/tfjs-node-gpu', 'tensorflow'],
  ['@tensorflow/tfjs-node', 'tensorflow'],
  ['@tensorflow/tfjs-backend-wasm', 'wasm'],
] as const;

let found: Promise<{ backend: string; package: string }> | undefined;

/**
 * Loads the best tfjs backend that is installed, once.
 * @throws EngineError 'dependency' when there is none
 */
export function tfjsLane(): Promise<{ backend: string; package: string }> {
  found ??= (async () => {
    const reasons: string[] = [];
    for (const [name, backend] of lanes) {
      try {
        await import(name);
        await startBackend(backend);
        return { backend, package: name };
      } catch (thrown) {
        reasons.push(`${name}: ${messageOf(thrown).split('\n')[0] ?? ''}`);
      }
    }
    throw engineError(
      'dependency',
      `engine "tfjs": no backend (${reasons.join('; ')})`,
      'npm install @tensorflow/tfjs-node-gpu, or @tensorflow/tfjs-node, or @tensorflow/tfjs-backend-wasm.',
    );
  })();
  return found;
}

/**
 * Starts a backend without making it the current one: a trace may run while WebAssembly is being compiled, and must
 * not find a backend that is half there. Afterwards switching to it takes no waiting.
 */
async function startBackend(name: string): Promise<void> {
  if (name in tf.engine().registry) return;
  const instance = await tf.findBackendFactory(name)();
  tf.removeBackend(name);
  tf.registerBackend(name, () => instance);
}

/** Nodes that the outputs depend on, inputs before users. */
function ordered(outputs: readonly NamedValue[]): GraphNode[] {
  const order: GraphNode[] = [];
  const placed = new Set<GraphNode>();
  const pending = outputs.flatMap(({ value: { origin } }) => (origin.kind === 'node' ? [origin.node] : [])).reverse();
  for (let node = pending.at(-1); node; node = pending.at(-1)) {
    const missing = placed.has(node)
      ? []
      : node.inputs.flatMap(({ origin }) => (origin.kind === 'node' && !placed.has(origin.node) ? [origin.node] : []));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    pending.pop();
    if (!placed.has(node)) {
      placed.add(node);
      order.push(node);
    }
  }
  return order;
}

const tfType = (value: Value): 'float32' | 'int32' | 'bool' => (value.type === 'int64' ? 'int32' : value.type);

export class EagerRunner implements Runner {
  readonly #graph: EagerGraph;
  readonly #order: readonly GraphNode[];
  /** How many nodes and outputs read a value: its tensor goes when the last one has. */
  readonly #uses = new Map<number, number>();
  readonly #constants = new Map<number, tf.Tensor>();

  private constructor(
    private readonly name: string,
    private readonly backend: string,
    graph: EagerGraph,
  ) {
    this.#graph = graph;
    this.#order = ordered(graph.outputs);
    for (const value of [
      ...this.#order.flatMap((node) => [...node.inputs]),
      ...graph.outputs.map(({ value }) => value),
    ])
      this.#uses.set(value.id, (this.#uses.get(value.id) ?? 0) + 1);
    const unknown = this.#order.find((node) => !eagerOps[node.op]);
    if (unknown)
      throw engineError(
        'internal',
        `graph ${name}: engine "tfjs" does not know the operator ${unknown.op}`,
        'Add it to src/eager-ops.ts.',
      );
  }

  static async create(name: string, graph: EagerGraph): Promise<EagerRunner> {
    return new EagerRunner(name, (await tfjsLane()).backend, graph);
  }

  /** Nothing in here waits: another graph's run or trace in between would find its own backend gone. */
  async run(feeds: Readonly<Record<string, Buffer>>, fetches: Readonly<Record<string, Buffer>>): Promise<void> {
    const before = tf.engine().backendName;
    void tf.setBackend(this.backend);
    tf.engine().startScope();
    try {
      const values = new Map<number, tf.Tensor>();
      for (const { name, value } of this.#graph.inputs) {
        const feed = feeds[name];
        if (feed) values.set(value.id, tf.tensor(feed.data as Numbers, [...value.shape], tfType(value)));
      }
      const left = new Map(this.#uses);
      for (const node of this.#order) {
        const made = (eagerOps[node.op] as (typeof eagerOps)[string])(
          node.inputs.map((value) => this.#tensor(value, values)),
          node,
        );
        (Array.isArray(made) ? made : [made]).forEach((tensor, i) => {
          values.set((node.outputs[i] as Value).id, tensor);
        });
        for (const { id, origin } of node.inputs) {
          const remaining = (left.get(id) as number) - 1;
          left.set(id, remaining);
          if (remaining === 0 && (origin.kind === 'node' || origin.kind === 'input')) values.get(id)?.dispose();
        }
      }
      for (const { name, value } of this.#graph.outputs) {
        const fetch = fetches[name];
        if (fetch) (fetch.data as Numbers).set(this.#tensor(value, values).dataSync());
      }
    } catch (thrown) {
      throw engineError(
        'internal',
        `graph ${this.name}: tfjs (${this.backend}) failed: ${messageOf(thrown)}`,
        'Take the engine cpu.',
        thrown,
      );
    } finally {
      tf.engine().endScope();
      if (before) void tf.setBackend(before);
    }
  }

  #tensor(value: Value, values: Map<number, tf.Tensor>): tf.Tensor {
    const known = values.get(value.id) ?? this.#constants.get(value.id);
    if (known) return known;
    const { origin } = value;
    if (origin.kind !== 'data' && origin.kind !== 'fill')
      throw engineError('internal', `graph ${this.name}: a value is used before it is computed`);
    const constant = tf.keep(
      origin.kind === 'fill'
        ? tf.fill([...value.shape], origin.value, tfType(value))
        : tf.tensor(origin.data, [...value.shape], tfType(value)),
    );
    this.#constants.set(value.id, constant);
    return constant;
  }

  async dispose(): Promise<void> {
    for (const tensor of this.#constants.values()) tensor.dispose();
    this.#constants.clear();
  }
}
