// One training step of masked prediction through the engine: cross-entropy of every codebook at hidden frames, with a
// little of the open ones, then AdamW.
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
import { classify, encode, trainingShapes, type EncoderShape } from './network.js';

export type PretrainState = State<string>;

const roles = { parameter: 'p:', first: 'm:', second: 'v:' } as const;
const betas = [0.9, 0.98] as const;
const largestNorm = 2;

export function createPretrainState(parameters: Readonly<Record<string, StateSpec>>): PretrainState {
  const specs: Record<string, StateSpec> = {};
  for (const [name, { shape, init }] of Object.entries(parameters)) {
    specs[roles.parameter + name] = { shape, init };
    for (const role of [roles.first, roles.second]) specs[role + name] = { shape, init: new Float32Array(init.length) };
  }
  return createState(specs);
}

/** Copies of the weights named. */
export function parametersOf(state: PretrainState, names: readonly string[]): Record<string, Float32Array> {
  return Object.fromEntries(names.map((name) => [name, state.values[roles.parameter + name]!.slice()]));
}

export interface PretrainStepOptions {
  readonly shape: EncoderShape;
  readonly codebooks: readonly number[];
  readonly batch: number;
  /** Frames of 10 ms. */
  readonly crop: number;
  readonly weightDecay: number;
  readonly compute: Compute;
}

export type PretrainStep = TrainingStep<string, string, 'loss' | 'accuracy' | 'norm'>;

/**
 * Inputs: x [B, crop, bands], hide [B, crop / 2, 1], weight [B, crop / 2] of each row in the loss, targets
 * [codebooks, B, crop / 2] (int32), lr, step. Accuracy is that of hidden rows, a mean over codebooks.
 */
export function compilePretrainStep(
  state: PretrainState,
  { shape, codebooks, batch, crop, weightDecay, compute }: PretrainStepOptions,
): Promise<PretrainStep> {
  const names = Object.keys(trainingShapes(shape, codebooks));
  const rows = crop >> 1;
  return compileStep(
    (held, inputs) => {
      const of = (role: string): Record<string, tf.Tensor> =>
        Object.fromEntries(names.map((name) => [name, held[role + name] as tf.Tensor]));
      const parameters = of(roles.parameter);
      const targetsOf = (n: number): tf.Tensor =>
        tf.reshape(tf.slice(inputs['targets'], [n, 0, 0], [1, batch, rows]), [batch, rows]);
      const logitsOf = (list: readonly tf.Tensor[]): tf.Tensor[] => {
        const given = Object.fromEntries(names.map((name, i) => [name, list[i] as tf.Tensor]));
        const all = classify(given, encode(given, inputs['x'], shape, inputs['hide']).at(-1) as tf.Tensor);
        let from = 0;
        return codebooks.map((size) => {
          from += size;
          return tf.slice(all, [0, 0, from - size], [batch, rows, size]);
        });
      };
      const total = tf.maximum(tf.sum(inputs['weight']), 1);
      const loss = (...list: tf.Tensor[]): tf.Scalar => {
        const parts = logitsOf(list).map((logits, n) => {
          // [B, T', K] -> [B, T']
          const own = tf.sum(tf.mul(logSoftmax(logits), tf.oneHot(targetsOf(n), codebooks[n]!)), 2);
          return tf.div(tf.sum(tf.mul(own, inputs['weight'])), total);
        });
        return tf.mul(
          parts.reduce((sum, part) => tf.add(sum, part)),
          -1 / codebooks.length,
        );
      };
      const ordered = names.map((name) => parameters[name] as tf.Tensor);
      const { grads, norm } = clipByGlobalNorm(tf.grads(loss)(ordered), largestNorm);
      const next = adam(
        parameters,
        Object.fromEntries(names.map((name, i) => [name, grads[i] as tf.Tensor])),
        { m: of(roles.first), v: of(roles.second) },
        { lr: inputs['lr'], betas, eps: 1e-8, weightDecay, step: inputs['step'] },
      );
      const hidden = tf.reshape(inputs['hide'], [batch, rows]);
      const hits = logitsOf(ordered).map((logits, n) =>
        tf.sum(tf.mul(hidden, tf.cast(tf.equal(tf.argMax(logits, 2), targetsOf(n)), 'float32'))),
      );
      const accuracy = tf.div(
        hits.reduce((sum, hit) => tf.add(sum, hit)),
        tf.mul(tf.maximum(tf.sum(hidden), 1), codebooks.length),
      );
      return {
        state: Object.fromEntries(
          names.flatMap((name) => [
            [roles.parameter + name, next.params[name] as tf.Tensor],
            [roles.first + name, next.moments.m[name] as tf.Tensor],
            [roles.second + name, next.moments.v[name] as tf.Tensor],
          ]),
        ),
        outputs: { loss: loss(...ordered), norm, accuracy },
      };
    },
    state,
    {
      x: { shape: [batch, crop, shape.bands] },
      hide: { shape: [batch, rows, 1] },
      weight: { shape: [batch, rows] },
      targets: { shape: [codebooks.length, batch, rows], dtype: 'int32' },
      lr: { shape: [] },
      step: { shape: [] },
    },
    { name: 'pretrain', threads: compute.threads, engine: compute.engine },
  );
}

/** Up in a straight line, down to nothing along a cosine. @param step from 0. @param warmUp share of the steps */
export function learningRateAt(step: number, steps: number, peak: number, warmUp: number): number {
  const top = Math.max(1, Math.round(warmUp * steps));
  return step < top
    ? (peak * (step + 1)) / top
    : (peak * (1 + Math.cos((Math.PI * (step - top)) / Math.max(1, steps - top)))) / 2;
}
