// The anchor: cross-entropy between the generator's joined outputs and the labels that it started from, with a weight
// that falls to zero. It keeps adversarial training near what another method found until the discriminator has learned.
import { logSoftmax, tf } from '../engine/index.js';
import type { Batch } from './batches.js';

/**
 * @param frames positions that stand for the runs of each utterance
 * @param length frames that the batch is padded to. @param weight of this update
 */
export function anchorFeeds(
  { anchors = [] }: Pick<Batch, 'anchors'>,
  { frames }: { readonly frames: readonly Int32Array[] },
  length: number,
  weight: number,
): { anchorLabels: Int32Array; anchorScale: Float32Array } {
  const anchorLabels = new Int32Array(frames.length * length).fill(-1);
  let labelled = 0;
  frames.forEach((own, b) => {
    const labels = anchors[b]!;
    own.forEach((frame, n) => {
      // An even kernel gives one output more than there are segments; it says what the last one says.
      const label = labels[Math.min(frame, labels.length - 1)]!;
      anchorLabels[b * length + n] = label;
      if (label >= 0) labelled++;
    });
  });
  return { anchorLabels, anchorScale: Float32Array.of(weight / Math.max(1, labelled)) };
}

/** @param logits [B, T, V]. @returns the weighted mean over labelled frames, in nats */
export function anchorLoss(logits: tf.Tensor, { anchorLabels, anchorScale }: Record<string, tf.Tensor>): tf.Tensor {
  const [batch, frames, classes] = logits.shape as [number, number, number];
  const wanted = tf.oneHot(anchorLabels as tf.Tensor1D, classes, 1, 0, 'float32');
  const found = tf.sum(tf.mul(wanted, logSoftmax(tf.reshape(logits, [batch * frames, classes]))));
  return tf.neg(tf.mul(found, anchorScale as tf.Tensor));
}
