// The terms that both networks are trained on, as functions of tensors; each is summed over the batch, as in the
// reference, and divided by its size by whoever adds them up. Spec: shared/spec/wav2vec-u.md, A.6.
import { logisticLoss, tf } from '../engine/index.js';
import type { GanConfig } from './config.js';

/** Labels of the discriminator: generated is 1, real text is 0. */
export const fakeLabel = 1;
export const realLabel = 0;

/** @param scores [B] logits. @returns scalar */
export const classification = (scores: tf.Tensor, label: number): tf.Scalar => tf.sum(logisticLoss(scores, label));

// Keeps the slope of the root finite where a gradient vanishes; far below any norm that occurs.
const tiny = 1e-12;

/**
 * Σ (‖g‖ - 1)² over utterances and, for the norm over time, over classes.
 * @param gradient [B, T, V] of the score with respect to its input; zero on frames that do not exist
 */
export function gradientPenalty(gradient: tf.Tensor, norm: GanConfig['gradientPenaltyNorm']): tf.Scalar {
  const squares = tf.sum(tf.square(gradient), norm === 'time' ? 1 : [1, 2]); // [B, V] or [B]
  return tf.sum(tf.square(tf.sub(tf.sqrt(tf.add(squares, tiny)), 1)));
}

/** Σ ‖g‖² over utterances. @param gradient as above */
export const squaredSlopes = (gradient: tf.Tensor): tf.Scalar => tf.sum(tf.square(gradient));

export interface CodeUse {
  /** exp of the entropy of the mean output distribution, between 1 and V. */
  readonly perplexity: tf.Tensor;
  /** (V - perplexity) / V for one utterance; the sum over the batch is B times this. */
  readonly penalty: tf.Tensor;
}

/**
 * @param probs [B, T, V]
 * @param mask [B, T], 1 on frames of the joined output
 * @param pads scalar: padded frames that count, each a uniform distribution (softmax of zeros)
 * @param frames scalar: all frames that count
 */
export function codeUse(probs: tf.Tensor, mask: tf.Tensor, pads: tf.Tensor, frames: tf.Tensor): CodeUse {
  const classes = probs.shape[2] as number;
  const sum = tf.sum(tf.mul(probs, tf.expandDims(mask, 2)), [0, 1]);
  const mean = tf.div(tf.add(sum, tf.div(pads, classes)), frames); // [V]
  const perplexity = tf.exp(tf.neg(tf.sum(tf.mul(mean, tf.log(tf.add(mean, 1e-7))))));
  return { perplexity, penalty: tf.div(tf.sub(classes, perplexity), classes) };
}

/**
 * Mean squared difference of neighbouring joined logits, for one utterance.
 * @param logits [B, T, V]
 * @param mask [B, T], 1 on frames of the joined output
 * @param count scalar: differences in the mean
 */
export function smoothness(logits: tf.Tensor, mask: tf.Tensor, count: tf.Tensor): tf.Tensor {
  const [batch, frames, classes] = logits.shape as [number, number, number];
  const earlier = tf.slice(logits, [0, 0, 0], [batch, frames - 1, classes]);
  const later = tf.slice(logits, [0, 1, 0], [batch, frames - 1, classes]);
  const valid = tf.expandDims(tf.slice(mask, [0, 1], [batch, frames - 1]), 2);
  return tf.div(tf.sum(tf.mul(tf.square(tf.sub(later, earlier)), valid)), count);
}
