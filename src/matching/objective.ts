// The matching loss as tensors: how far the phones that a soft unit-to-phone table implies are from the text,
// in skipgrams and in unigrams near utterance ends (Wang et al., "Unsupervised ASR via cross-lingual pseudo-
// labelling and n-gram matching", ASRU 2023, arXiv 2310.02382, as a full-batch lookup).
// Letters: R restarts, K units, V phones, L lags, P places.
import { tf } from '../engine/index.js';

export interface MatchingSizes {
  readonly restarts: number;
  readonly units: number;
  readonly phones: number;
  readonly lags: number;
  readonly places: number;
}

export interface MatchingTargets {
  /** [L x K, K] unit skipgrams, one lag under the other. */
  readonly unitPairs: tf.Tensor;
  /** [P, K] */
  readonly unitPlaces: tf.Tensor;
  /** [V, L x V] text skipgrams, one lag beside the other. */
  readonly textPairs: tf.Tensor;
  /** [P, 1, V] */
  readonly textPlaces: tf.Tensor;
}

/**
 * Σ_k ‖WᵀC_kW − S_k‖₁ + weight x Σ_p ‖c_pW − s_p‖₁ for W = softmax(logits) over phones.
 * @param logits [K, R, V]: restarts lie side by side, so that the largest product is one matrix product
 * @returns [R]
 */
export function matchingLoss(
  logits: tf.Tensor,
  targets: MatchingTargets,
  sizes: MatchingSizes,
  placeWeight: number,
): tf.Tensor {
  const { restarts: R, units: K, phones: V, lags: L, places: P } = sizes;
  const table = tf.softmax(logits); // [K, R, V]
  const flat = tf.reshape(table, [K, R * V]);
  const half = tf.reshape(tf.matMul(targets.unitPairs as tf.Tensor2D, flat as tf.Tensor2D), [L, K, R, V]);
  const right = tf.reshape(tf.transpose(half, [2, 1, 0, 3]), [R, K, L * V]); // [L, K, R, V] -> [R, K, L x V]
  const left = tf.transpose(table, [1, 2, 0]); // [K, R, V] -> [R, V, K]
  const pairs = tf.matMul(left, right); // [R, V, L x V]
  const loss = tf.sum(tf.abs(tf.sub(pairs, targets.textPairs)), [1, 2]);
  if (P === 0 || placeWeight === 0) return loss;
  const places = tf.reshape(tf.matMul(targets.unitPlaces as tf.Tensor2D, flat as tf.Tensor2D), [P, R, V]);
  const placeLoss = tf.sum(tf.abs(tf.sub(places, targets.textPlaces)), [0, 2]);
  return tf.add(loss, tf.mul(placeLoss, placeWeight));
}
