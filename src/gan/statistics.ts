// Terms that need no discriminator: how often single phones and pairs of neighbours occur in the outputs and in the
// text (ESPUM, Wang et al., 2023, arXiv 2310.02382, here as divergences), and whether two views of a segment agree.
import { logSoftmax, tf } from '../engine/index.js';

/** Shares of pairs of neighbours in lines of text: [classes, classes], first by second. */
export function pairShares(sentences: readonly Int32Array[], classes: number): Float32Array {
  const counts = new Float64Array(classes * classes);
  for (const line of sentences) for (let i = 1; i < line.length; i++) counts[line[i - 1]! * classes + line[i]!]! += 1;
  const total = Math.max(
    1,
    counts.reduce((sum, n) => sum + n, 0),
  );
  return Float32Array.from(counts, (n) => n / total);
}

/** Σ p log(p / q) in nats, a tenth of the uniform share added to both. */
function divergence(p: tf.Tensor, q: tf.Tensor): tf.Tensor {
  const little = 0.1 / p.size;
  return tf.sum(tf.mul(p, tf.sub(tf.log(tf.add(p, little)), tf.log(tf.add(q, little)))));
}

/**
 * Divergence of the pairs of a batch's outputs from the text's, and of the first ones of pairs.
 * @param read [B, T, V] what the discriminator reads. @param mask [B, T]. @param wanted [V, V] shares of pairs
 */
export function pairDivergence(read: tf.Tensor, mask: tf.Tensor, wanted: tf.Tensor): tf.Tensor {
  const [batch, frames, classes] = read.shape as [number, number, number];
  const part = (from: number): tf.Tensor2D =>
    tf.reshape<tf.Rank.R2>(tf.slice(read, [0, from, 0], [batch, frames - 1, classes]), [batch * (frames - 1), classes]);
  const there = tf.reshape(tf.slice(mask, [0, 1], [batch, frames - 1]), [batch * (frames - 1), 1]);
  const found = tf.matMul(tf.mul<tf.Tensor2D>(part(0), there), part(1), true);
  const shares = tf.div(found, tf.maximum(tf.sum(there), 1));
  return tf.add(divergence(wanted, shares), divergence(tf.sum(wanted, 1), tf.sum(shares, 1)));
}

/**
 * Mean over frames of the divergence of the outputs from those for another dropout mask, which nothing is derived by.
 * @param logits and other [B, T, V]. @param mask [B, T]
 */
export function viewDivergence(logits: tf.Tensor, other: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const apart = tf.sum(tf.mul(tf.softmax(other), tf.sub(logSoftmax(other), logSoftmax(logits))), 2);
  return tf.div(tf.sum(tf.mul(apart, mask)), tf.maximum(tf.sum(mask), 1));
}
