// One training step of masked prediction through the engine: cross-entropy of every codebook at hidden frames, with a
// little of the open ones, then AdamW.
import type { Compute } from '../core/stage.js';
import { logSoftmax, tf } from '../engine/index.js';
import { compileSupervisedStep, type SupervisedStep, type TrainedState } from '../training/supervised.js';
import { classify, encode, type EncoderShape } from './network.js';

export interface PretrainStepOptions {
  readonly shape: EncoderShape;
  readonly codebooks: readonly number[];
  readonly batch: number;
  /** Frames of 10 ms. */
  readonly crop: number;
  readonly weightDecay: number;
  readonly compute: Compute;
}

export type PretrainStep = SupervisedStep<'x' | 'hide' | 'weight' | 'targets', 'accuracy'>;

/**
 * Inputs: x [B, crop, bands], hide [B, crop / 2, 1], weight [B, crop / 2] of each row in the loss, targets
 * [B, crop / 2, codebooks] (int32), lr, step. Accuracy is that of hidden rows, a mean over codebooks.
 */
export function compilePretrainStep(
  state: TrainedState,
  { shape, codebooks, batch, crop, weightDecay, compute }: PretrainStepOptions,
): Promise<PretrainStep> {
  const rows = crop >> 1;
  return compileSupervisedStep(state, {
    name: 'pretrain',
    inputs: {
      x: { shape: [batch, crop, shape.bands] },
      hide: { shape: [batch, rows, 1] },
      weight: { shape: [batch, rows] },
      targets: { shape: [batch, rows, codebooks.length], dtype: 'int32' },
    },
    terms: (weights, { x, hide, weight, targets }) => {
      const all = classify(weights, encode(weights, x, shape, hide).at(-1) as tf.Tensor);
      const total = tf.maximum(tf.sum(weight), 1);
      const hidden = tf.reshape(hide, [batch, rows]);
      let from = 0;
      const found = codebooks.map((size, n) => {
        from += size;
        const logits = tf.slice(all, [0, 0, from - size], [batch, rows, size]);
        const wanted = tf.reshape(tf.slice(targets, [0, 0, n], [batch, rows, 1]), [batch, rows]);
        // [B, T', K] -> [B, T']
        const own = tf.sum(tf.mul(logSoftmax(logits), tf.oneHot(wanted, size)), 2);
        return {
          score: tf.div(tf.sum(tf.mul(own, weight)), total),
          hits: tf.sum(tf.mul(hidden, tf.cast(tf.equal(tf.argMax(logits, 2), wanted), 'float32'))),
        };
      });
      const sumOf = (key: 'score' | 'hits'): tf.Tensor =>
        found.map((own) => own[key]).reduce((sum, part) => tf.add(sum, part));
      return {
        loss: tf.mul(sumOf('score'), -1 / codebooks.length),
        accuracy: tf.div(sumOf('hits'), tf.mul(tf.maximum(tf.sum(hidden), 1), codebooks.length)),
      };
    },
    betas: [0.9, 0.98],
    weightDecay,
    largestNorm: 2,
    compute,
  });
}

/** Up in a straight line, down to nothing along a cosine. @param step from 0. @param warmUp share of the steps */
export function learningRateAt(step: number, steps: number, peak: number, warmUp: number): number {
  const top = Math.max(1, Math.round(warmUp * steps));
  return step < top
    ? (peak * (step + 1)) / top
    : (peak * (1 + Math.cos((Math.PI * (step - top)) / Math.max(1, steps - top)))) / 2;
}
