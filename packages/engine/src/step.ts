// Training steps on a shared state: weights and optimiser moments live in two sets of buffers, one read
// and one written by a step, which swaps the entries it returned. Nothing is copied between steps.
import { engineError } from './errors.js';
import {
  createRunner,
  entries,
  feedBuffer,
  mapRecord,
  traceToOnnx,
  type CompileOptions,
  type Feeds,
  type ValueSpec,
} from './compile.js';
import { sameShape, sizeOf } from './graph.js';
import type { WrittenGraph } from './onnx-writer.js';
import { wrap, type Buffer } from './session.js';
import type { tf } from './tf.js';

export interface StateSpec {
  readonly shape: readonly number[];
  /** Flat start values, copied. */
  readonly init: Float32Array;
}

interface Slot {
  readonly shape: readonly number[];
  current: Buffer;
  next: Buffer;
}

const numbersOf = (buffer: Buffer): Float32Array => buffer.data as Float32Array;

/** Named float32 tensors that training steps read and replace; several steps may share one state. */
export class State<S extends string> {
  /** For steps only: the buffers behind each entry. */
  readonly slots: Record<S, Slot>;
  /** Current values. Each array is overwritten by the second step after it was read here: copy what must last. */
  readonly values: Readonly<Record<S, Float32Array>>;
  /** The step that is running, if one is. */
  busy: string | undefined;

  /** @throws EngineError internal when init does not fit the shape */
  constructor(specs: Readonly<Record<S, StateSpec>>) {
    this.slots = mapRecord(specs, ({ shape, init }, key) => {
      const size = sizeOf(shape);
      if (init.length !== size)
        throw engineError(
          'internal',
          `state "${key}": shape [${shape.join()}] needs ${size} numbers, init has ${init.length}`,
        );
      return { shape: [...shape], current: wrap(init.slice(), shape), next: wrap(new Float32Array(size), shape) };
    });
    const values = {};
    for (const [key, slot] of entries(this.slots))
      Object.defineProperty(values, key, { enumerable: true, get: () => numbersOf(slot.current) });
    this.values = values as Record<S, Float32Array>;
  }

  /**
   * Replaces values, from a checkpoint for example; copies.
   * @throws EngineError internal for an unknown name, a wrong length, or while a step runs
   */
  set(values: Partial<Record<S, Float32Array>>): void {
    if (this.busy !== undefined)
      throw engineError('internal', `the state was set while step ${this.busy} ran`, 'Await the step first.');
    for (const [key, numbers] of Object.entries<Float32Array | undefined>(values)) {
      if (!numbers) continue;
      const slot = (this.slots as Record<string, Slot | undefined>)[key];
      const target = slot && numbersOf(slot.current);
      if (target?.length !== numbers.length) {
        throw engineError(
          'internal',
          `state "${key}": ${target ? `holds ${target.length} numbers, given ${numbers.length}` : 'no such entry'}`,
          'The checkpoint belongs to another model or configuration.',
        );
      }
      target.set(numbers);
    }
  }
}

export function createState<S extends string>(specs: Readonly<Record<S, StateSpec>>): State<S> {
  return new State(specs);
}

export interface TrainingStep<S extends string, I extends string, O extends string>
  extends WrittenGraph, AsyncDisposable {
  /** Current values: a live view, see State.values. */
  readonly state: Readonly<Record<S, Float32Array>>;
  /**
   * Runs once and swaps in the new state. The arrays of the result are new each time.
   * @throws EngineError internal when a feed does not fit or another step on the same state is still running
   */
  step(feeds: Feeds<I>): Promise<Record<O, Float32Array>>;
  setState(values: Partial<Record<S, Float32Array>>): void;
  /** Releases the session; the state lives on. */
  dispose(): Promise<void>;
}

const kinds = { state: 'state:', output: 'out:', next: 'next:' } as const;

/**
 * Compiles a training step.
 * @param fn returns the new values of the state entries it changes (any subset, same shapes) and outputs
 *   such as losses; entries it leaves out, or returns unchanged, keep their buffers
 * @param state start values, or a State shared with other steps
 * @throws EngineError internal when fn returns an entry that the state lacks or of another shape
 */
export async function compileStep<S extends string, I extends string, O extends string>(
  fn: (
    state: Record<S, tf.Tensor>,
    inputs: Record<I, tf.Tensor>,
  ) => { readonly state: Partial<Record<S, tf.Tensor>>; readonly outputs: Record<O, tf.Tensor> },
  state: State<S> | Readonly<Record<S, StateSpec>>,
  inputs: Record<I, ValueSpec>,
  options: CompileOptions = {},
): Promise<TrainingStep<S, I, O>> {
  const name = options.name ?? (fn.name || 'step');
  const held = state instanceof State ? state : new State(state);
  const prefixed = <V>(prefix: string, record: Readonly<Record<string, V>>): Record<string, V> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [prefix + key, value]));

  const traced = traceToOnnx(
    name,
    {
      ...inputs,
      ...prefixed(
        kinds.state,
        mapRecord(held.slots, ({ shape }): ValueSpec => ({ shape })),
      ),
    },
    (tensors) => {
      const result = fn(
        mapRecord(held.slots, (_, key) => tensors[kinds.state + key] as tf.Tensor),
        mapRecord(inputs, (_, key) => tensors[key] as tf.Tensor),
      );
      return {
        ...prefixed(kinds.next, result.state as Record<string, tf.Tensor>),
        ...prefixed(kinds.output, result.outputs as Record<string, tf.Tensor>),
      };
    },
    (output, input) => input.startsWith(kinds.state) && output === kinds.next + input.slice(kinds.state.length),
  );

  const changed: S[] = [];
  const shapes = {} as Record<O, readonly number[]>;
  for (const [outputName, { shape }] of Object.entries(traced.outputs)) {
    if (outputName.startsWith(kinds.output)) {
      shapes[outputName.slice(kinds.output.length) as O] = shape;
      continue;
    }
    const key = outputName.slice(kinds.next.length) as S;
    const slot = held.slots[key] as Slot | undefined;
    if (!slot || !sameShape(slot.shape, shape)) {
      throw engineError(
        'internal',
        `step ${name}: returns state "${key}" of shape [${shape.join()}], ` +
          (slot ? `which holds [${slot.shape.join()}]` : 'which the state does not have'),
      );
    }
    changed.push(key);
  }
  const session = await createRunner(traced, { ...options, name });

  return {
    state: held.values,
    onnx: traced.onnx,
    matrixFlop: traced.matrixFlop,
    setState: (values) => held.set(values),
    dispose: () => session.dispose(),
    [Symbol.asyncDispose]: () => session.dispose(),
    async step(feeds) {
      if (held.busy !== undefined)
        throw engineError(
          'internal',
          `step ${name} was started while step ${held.busy} still ran on the same state`,
          'Await each step before the next.',
        );
      held.busy = name;
      try {
        const fed: Record<string, Buffer> = mapRecord(inputs, (spec, key) => feedBuffer(name, key, spec, feeds[key]));
        for (const [key, slot] of entries(held.slots)) fed[kinds.state + key] = slot.current;
        const results = mapRecord(shapes, (shape) => new Float32Array(sizeOf(shape)));
        const fetched: Record<string, Buffer> = {};
        for (const [key, numbers] of entries(results)) fetched[kinds.output + key] = wrap(numbers, shapes[key]);
        for (const key of changed) fetched[kinds.next + key] = held.slots[key].next;
        await session.run(fed, fetched);
        for (const key of changed) {
          const slot = held.slots[key];
          [slot.current, slot.next] = [slot.next, slot.current];
        }
        return results;
      } finally {
        held.busy = undefined;
      }
    },
  };
}
