// Supervised training through the engine: weights and their Adam moments as one state, and a step made of any loss:
// gradients, clipping by their common norm, AdamW. Every network of the project but the adversary's learns by it.
import type { Compute } from '../core/stage.js';
import {
  adam,
  clipByGlobalNorm,
  compileStep,
  createState,
  tf,
  type State,
  type StateSpec,
  type TrainingStep,
  type ValueSpec,
} from '../engine/index.js';

export type NamedTensors = Readonly<Record<string, tf.Tensor>>;
/** Weights by their own names, and the moments of each. */
export type TrainedState = State<string>;

const moments = { m: 'm:', v: 'v:' } as const;
const isMoment = (name: string): boolean => /^[mv]:/.test(name);

/** Entries of a state: the weights, and behind them moments of zero. */
export function trainedEntries(weights: Readonly<Record<string, StateSpec>>): Record<string, StateSpec> {
  const entries: Record<string, StateSpec> = { ...weights };
  for (const [name, { shape, init }] of Object.entries(weights))
    for (const prefix of Object.values(moments))
      entries[prefix + name] = { shape, init: new Float32Array(init.length) };
  return entries;
}

export const createTrainedState = (weights: Readonly<Record<string, StateSpec>>): TrainedState =>
  createState(trainedEntries(weights));

const weightNames = (state: TrainedState): string[] => Object.keys(state.values).filter((name) => !isMoment(name));

/** Copies of the weights, or of those named. */
export const weightsOf = (
  state: TrainedState,
  names: readonly string[] = weightNames(state),
): Record<string, Float32Array> => Object.fromEntries(names.map((name) => [name, state.values[name]!.slice()]));

/** Sets all moments back to 0: for another loss, of which they say nothing. */
export function forgetMoments(state: TrainedState): void {
  const names = Object.keys(state.values).filter(isMoment);
  state.set(Object.fromEntries(names.map((name) => [name, new Float32Array(state.values[name]!.length)])));
}

/** One Adam update of the weights that have gradients. @returns the entries of the state that it changes */
export function moved(
  state: NamedTensors,
  gradients: Readonly<Record<string, tf.Tensor>>,
  options: Parameters<typeof adam>[3],
): Record<string, tf.Tensor> {
  const of = (prefix: string): Record<string, tf.Tensor> =>
    Object.fromEntries(Object.keys(gradients).map((name) => [name, state[prefix + name] as tf.Tensor]));
  const next = adam(of(''), gradients, { m: of(moments.m), v: of(moments.v) }, options);
  const named = (prefix: string, tensors: NamedTensors): [string, tf.Tensor][] =>
    Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]);
  return {
    ...next.params,
    ...Object.fromEntries([...named(moments.m, next.moments.m), ...named(moments.v, next.moments.v)]),
  };
}

export interface SupervisedOptions<I extends string, O extends string> {
  /** Of the graph. */
  readonly name: string;
  /** Beside `lr` and `step`, which is 1 in the first step. */
  readonly inputs: Readonly<Record<I, ValueSpec>>;
  /** What is minimised, a scalar, and figures to watch. */
  readonly terms: (weights: NamedTensors, inputs: Readonly<Record<I, tf.Tensor>>) => Record<O | 'loss', tf.Tensor>;
  readonly betas: readonly [number, number];
  readonly weightDecay?: number;
  /** Of all gradients together; absent: they are not clipped. */
  readonly largestNorm?: number;
  readonly compute: Compute;
}

/** Outputs: the terms, and the norm of the gradients before they were clipped (0 where they are not). */
export type SupervisedStep<I extends string, O extends string> = TrainingStep<
  string,
  I | 'lr' | 'step',
  O | 'loss' | 'norm'
>;

export function compileSupervisedStep<I extends string, O extends string>(
  state: TrainedState,
  { name, inputs, terms, betas, weightDecay, largestNorm, compute }: SupervisedOptions<I, O>,
): Promise<SupervisedStep<I, O>> {
  const names = weightNames(state);
  const named = (tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> =>
    Object.fromEntries(names.map((key, i) => [key, tensors[i] as tf.Tensor]));
  return compileStep(
    (entries, fed: Record<I | 'lr' | 'step', tf.Tensor>) => {
      const weights = names.map((key) => entries[key] as tf.Tensor);
      const found = tf.grads((...list: tf.Tensor[]) => terms(named(list), fed).loss)(weights);
      const { grads, norm } =
        largestNorm === undefined ? { grads: found, norm: tf.scalar(0) } : clipByGlobalNorm(found, largestNorm);
      const options = { lr: fed.lr, betas, eps: 1e-8, step: fed.step, ...(weightDecay && { weightDecay }) };
      return {
        state: moved(entries, named(grads), options),
        // Equal operations are traced once, so asking for the terms again costs nothing in the graph.
        outputs: { ...terms(entries, fed), norm },
      };
    },
    state,
    { ...inputs, lr: { shape: [] }, step: { shape: [] } },
    { name, threads: compute.threads, engine: compute.engine },
  );
}
