// One training step of the network through the engine: AdamW on cross-entropy. A batch consists of parts (synthetic
// and real speech), each normalised by its own statistics, so that the network learns sounds and not domains.
import type { Compute } from '../core/stage.js';
import {
  adam,
  clipByGlobalNorm,
  compileStep,
  createState,
  logSoftmax,
  tf,
  type State,
  type StateSpec,
  type TrainingStep,
} from '../engine/index.js';
import { crossEntropy, forward, parameterShapes, strideOf, type NetworkShape } from './network.js';

export type NetworkState = State<string>;

const roles = { parameter: 'p:', first: 'm:', second: 'v:' } as const;
const betas = [0.9, 0.98] as const;
const largestNorm = 5;

export function createNetworkState(parameters: Readonly<Record<string, StateSpec>>): NetworkState {
  const specs: Record<string, StateSpec> = {};
  for (const [name, { shape, init }] of Object.entries(parameters)) {
    specs[roles.parameter + name] = { shape, init };
    for (const role of [roles.first, roles.second]) specs[role + name] = { shape, init: new Float32Array(init.length) };
  }
  return createState(specs);
}

/** Copies of the weights. */
export function parametersOf(state: NetworkState, shape: NetworkShape): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.keys(parameterShapes(shape)).map((name) => [name, state.values[roles.parameter + name]!.slice()]),
  );
}

export interface StepOptions {
  readonly shape: NetworkShape;
  /** Crops of each part of a batch. */
  readonly parts: readonly number[];
  readonly crop: number;
  readonly weightDecay: number;
  readonly compute: Compute;
  /** The step is fed what each convolution gave, by `compileListening` on the same batch and weights. */
  readonly heard?: boolean;
}

export type NetworkStep = TrainingStep<string, string, 'loss' | 'accuracy' | 'norm'>;

const convolvedNames = ({ layers }: NetworkShape): string[] =>
  Array.from({ length: layers }, (_, l) => `convolved${l}`);

type Tensors = Readonly<Record<string, tf.Tensor>>;

type Batch = Pick<StepOptions, 'shape' | 'parts' | 'crop' | 'heard'>;

/** Each part of a batch by its own statistics. @returns [B, crop / stride, classes], and each layer's convolution */
function forwardParts(
  given: Tensors,
  inputs: Tensors,
  { shape, parts, crop, heard }: Batch,
): { logits: tf.Tensor; convolved: tf.Tensor[] } {
  const { bands, channels, layers } = shape;
  let from = 0;
  const pieces = parts.map((count) => {
    const x = tf.slice(inputs['x'] as tf.Tensor, [from, 0, 0], [count, crop, bands]);
    const dropout = Array.from({ length: layers }, (_, l) =>
      tf.reshape(tf.slice(inputs['drop'] as tf.Tensor, [l, from, 0, 0], [1, count, 1, channels]), [count, 1, channels]),
    );
    const ofPart = (all: tf.Tensor): tf.Tensor =>
      parts.length === 1 ? all : tf.slice(all, [from, 0, 0], [count, ...all.shape.slice(1)]);
    const convolved = heard ? convolvedNames(shape).map((name) => ofPart(inputs[name] as tf.Tensor)) : undefined;
    from += count;
    return forward(given, x, shape, { dropout, convolved });
  });
  const joined = (of: (piece: (typeof pieces)[number]) => tf.Tensor): tf.Tensor =>
    pieces.length === 1 ? of(pieces[0]!) : tf.concat(pieces.map(of), 0);
  return {
    logits: joined(({ logits }) => logits),
    convolved: Array.from({ length: layers }, (_, l) => joined(({ convolved }) => convolved[l]!)),
  };
}

export type ListeningStep = TrainingStep<string, 'x' | 'drop', string>;

/**
 * What the network says of a batch before it learns from it. Inputs: x and drop as below; outputs: logProbs [B, crop /
 * stride, V], and for a step that is `heard` convolved0 … [B, crop / stride, C].
 */
export function compileListening(
  state: NetworkState,
  options: Omit<StepOptions, 'weightDecay' | 'heard'>,
): Promise<ListeningStep> {
  const { shape, parts, crop, compute } = options;
  const batch = parts.reduce((a, b) => a + b, 0);
  const names = Object.keys(parameterShapes(shape));
  return compileStep(
    (held, inputs) => {
      const given = Object.fromEntries(names.map((name) => [name, held[roles.parameter + name] as tf.Tensor]));
      const { logits, convolved } = forwardParts(given, inputs, options);
      return {
        state: {},
        outputs: {
          logProbs: logSoftmax(logits),
          ...Object.fromEntries(convolvedNames(shape).map((name, l) => [name, convolved[l]!])),
        },
      };
    },
    state,
    { x: { shape: [batch, crop, shape.bands] }, drop: { shape: [shape.layers, batch, 1, shape.channels] } },
    { name: 'listening', threads: compute.threads, engine: compute.engine },
  );
}

/**
 * Inputs: x [B, crop, bands], targets [B, crop / stride, V], drop [layers, B, 1, C], lr, step, and where it is `heard`
 * what listening gave of the same x and drop.
 */
export function compileNetworkStep(state: NetworkState, options: StepOptions): Promise<NetworkStep> {
  const { shape, parts, crop, weightDecay, compute, heard } = options;
  const names = Object.keys(parameterShapes(shape));
  const batch = parts.reduce((a, b) => a + b, 0);
  const { bands, channels, layers, classes } = shape;
  return compileStep(
    (held, inputs) => {
      const of = (role: string): Record<string, tf.Tensor> =>
        Object.fromEntries(names.map((name) => [name, held[role + name] as tf.Tensor]));
      const parameters = of(roles.parameter);
      const logitsOf = (list: readonly tf.Tensor[]): tf.Tensor =>
        forwardParts(Object.fromEntries(names.map((name, i) => [name, list[i] as tf.Tensor])), inputs, options).logits;
      const loss = (...list: tf.Tensor[]): tf.Scalar => crossEntropy(logitsOf(list), inputs['targets']) as tf.Scalar;
      const ordered = names.map((name) => parameters[name] as tf.Tensor);
      const { grads, norm } = clipByGlobalNorm(tf.grads(loss)(ordered), largestNorm);
      const next = adam(
        parameters,
        Object.fromEntries(names.map((name, i) => [name, grads[i] as tf.Tensor])),
        { m: of(roles.first), v: of(roles.second) },
        { lr: inputs['lr'], betas, eps: 1e-8, weightDecay, step: inputs['step'] },
      );
      const logits = logitsOf(ordered);
      const targets = inputs['targets'];
      const labelled = tf.cast(tf.greater(tf.sum(targets, 2), 0), 'float32');
      const hit = tf.cast(tf.equal(tf.argMax(logits, 2), tf.argMax(targets, 2)), 'float32');
      return {
        state: Object.fromEntries(
          names.flatMap((name) => [
            [roles.parameter + name, next.params[name] as tf.Tensor],
            [roles.first + name, next.moments.m[name] as tf.Tensor],
            [roles.second + name, next.moments.v[name] as tf.Tensor],
          ]),
        ),
        outputs: {
          loss: loss(...ordered),
          norm,
          accuracy: tf.div(tf.sum(tf.mul(hit, labelled)), tf.maximum(tf.sum(labelled), 1)),
        },
      };
    },
    state,
    {
      x: { shape: [batch, crop, bands] },
      targets: { shape: [batch, crop / strideOf(shape), classes] },
      drop: { shape: [layers, batch, 1, channels] },
      lr: { shape: [] },
      step: { shape: [] },
      ...(heard
        ? Object.fromEntries(
            convolvedNames(shape).map((name) => [name, { shape: [batch, crop / strideOf(shape), channels] }]),
          )
        : {}),
    },
    { name: 'bootstrap', threads: compute.threads, engine: compute.engine },
  );
}

/**
 * Peak after 30 % of the steps, from a 25th of it, down to nothing along a cosine (Smith and Topin, 2018).
 * @param step from 0
 */
export function oneCycle(step: number, steps: number, peak: number): number {
  const top = 0.3 * steps;
  const cosine = (part: number): number => (1 - Math.cos(Math.PI * part)) / 2;
  return step < top ? peak * (0.04 + 0.96 * cosine(step / top)) : peak * (1 - cosine((step - top) / (steps - top)));
}
