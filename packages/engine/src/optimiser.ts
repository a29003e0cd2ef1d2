// Adam and gradient clipping as pure functions of tensors: parameters, gradients and moments in, new ones out.
import { tf } from './tf.js';

export type Tensors<K extends string> = Record<K, tf.Tensor>;
/** First (m) and second (v) moments, one per parameter, of the parameter's shape; zero at the start. */
export interface AdamMoments<K extends string> {
  readonly m: Tensors<K>;
  readonly v: Tensors<K>;
}

export interface AdamOptions {
  readonly lr: tf.Tensor | number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Decoupled (Loshchilov and Hutter, 2019): each step multiplies parameters by 1 - lr * weightDecay. Default 0. */
  readonly weightDecay?: number;
  /** Scalar: 1 in the first step. An input, so that one graph serves all steps. */
  readonly step: tf.Tensor;
}

/**
 * One Adam update (Kingma and Ba, 2015) in PyTorch's and fairseq's form:
 * p - lr √(1 - β2^t) / (1 - β1^t) m / (√v + eps √(1 - β2^t)), which is PyTorch's denominator √(v / (1 - β2^t)) + eps.
 */
export function adam<K extends string>(
  params: Tensors<K>,
  grads: Tensors<K>,
  moments: AdamMoments<K>,
  options: AdamOptions,
): { params: Tensors<K>; moments: AdamMoments<K> } {
  const {
    lr,
    betas: [beta1, beta2],
    eps,
    weightDecay = 0,
    step,
  } = options;
  const bias1 = tf.sub(1, tf.pow(tf.scalar(beta1), step));
  const bias2 = tf.sqrt(tf.sub(1, tf.pow(tf.scalar(beta2), step)));
  const size = tf.div(lr, bias1);
  const next = { params: {} as Tensors<K>, moments: { m: {} as Tensors<K>, v: {} as Tensors<K> } };
  for (const key of Object.keys(params) as K[]) {
    const grad = grads[key];
    const m = tf.add(tf.mul(moments.m[key], beta1), tf.mul(grad, 1 - beta1));
    const v = tf.add(tf.mul(moments.v[key], beta2), tf.mul(tf.square(grad), 1 - beta2));
    const decayed = weightDecay === 0 ? params[key] : tf.mul(params[key], tf.sub(1, tf.mul(lr, weightDecay)));
    const denominator = tf.add(tf.div(tf.sqrt(v), bias2), eps);
    next.params[key] = tf.sub(decayed, tf.mul(size, tf.div(m, denominator)));
    next.moments.m[key] = m;
    next.moments.v[key] = v;
  }
  return next;
}

/**
 * Scales gradients jointly so that their common L2 norm is at most maxNorm, as fairseq and PyTorch do
 * (factor maxNorm / (norm + 1e-6), at most 1).
 * @returns the scaled gradients and the norm before scaling (scalar)
 */
export function clipByGlobalNorm(
  grads: readonly tf.Tensor[],
  maxNorm: number,
): { grads: tf.Tensor[]; norm: tf.Scalar } {
  const norm = tf.sqrt(tf.addN(grads.map((grad) => tf.sum(tf.square(grad))))) as tf.Scalar;
  const factor = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  return { grads: grads.map((grad) => tf.mul(grad, factor)), norm };
}
