// One training step of the network through the engine: AdamW on cross-entropy. A batch consists of parts (synthetic
// and real speech), each normalised by its own statistics, so that the network learns sounds and not domains.
import type { Compute } from '../core/stage.js';
import { compileStep, logSoftmax, tf, type TrainingStep, type ValueSpec } from '../engine/index.js';
import {
  compileSupervisedStep,
  type SupervisedStep,
  type NamedTensors,
  type TrainedState,
} from '../training/supervised.js';
import { crossEntropy, forward, strideOf, type NetworkShape } from './network.js';

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

export type NetworkStep = SupervisedStep<string, 'accuracy'>;

const convolvedNames = ({ layers }: NetworkShape): string[] =>
  Array.from({ length: layers }, (_, l) => `convolved${l}`);

type Batch = Pick<StepOptions, 'shape' | 'parts' | 'crop' | 'heard'>;

/** Each part of a batch by its own statistics. @returns [B, crop / stride, classes], and each layer's convolution */
function forwardParts(
  given: NamedTensors,
  inputs: NamedTensors,
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
  state: TrainedState,
  options: Omit<StepOptions, 'weightDecay' | 'heard'>,
): Promise<ListeningStep> {
  const { shape, compute } = options;
  const { x, drop } = batchInputs(options);
  return compileStep(
    (weights, inputs) => {
      const { logits, convolved } = forwardParts(weights, inputs, options);
      return {
        state: {},
        outputs: {
          logProbs: logSoftmax(logits),
          ...Object.fromEntries(convolvedNames(shape).map((name, l) => [name, convolved[l]!])),
        },
      };
    },
    state,
    { x, drop },
    { name: 'listening', threads: compute.threads, engine: compute.engine },
  );
}

function batchInputs({ shape, parts, crop, heard }: Batch) {
  const batch = parts.reduce((a, b) => a + b, 0);
  const rows = [batch, crop / strideOf(shape)];
  const convolved: Record<string, ValueSpec> = Object.fromEntries(
    (heard ? convolvedNames(shape) : []).map((name) => [name, { shape: [...rows, shape.channels] }]),
  );
  return {
    x: { shape: [batch, crop, shape.bands] },
    drop: { shape: [shape.layers, batch, 1, shape.channels] },
    targets: { shape: [...rows, shape.classes] },
    ...convolved,
  };
}

/**
 * Inputs: x [B, crop, bands], targets [B, crop / stride, V], drop [layers, B, 1, C], lr, step, and where it is `heard`
 * what listening gave of the same x and drop.
 */
export function compileNetworkStep(state: TrainedState, options: StepOptions): Promise<NetworkStep> {
  const { weightDecay, compute } = options;
  return compileSupervisedStep(state, {
    name: 'bootstrap',
    inputs: batchInputs(options),
    terms: (weights, inputs) => {
      const { targets } = inputs;
      const { logits } = forwardParts(weights, inputs, options);
      const labelled = tf.cast(tf.greater(tf.sum(targets, 2), 0), 'float32');
      const hit = tf.cast(tf.equal(tf.argMax(logits, 2), tf.argMax(targets, 2)), 'float32');
      return {
        loss: crossEntropy(logits, targets),
        accuracy: tf.div(tf.sum(tf.mul(hit, labelled)), tf.maximum(tf.sum(labelled), 1)),
      };
    },
    betas: [0.9, 0.98],
    weightDecay,
    largestNorm: 5,
    compute,
  });
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
