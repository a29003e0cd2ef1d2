// The acoustic model: frames in, a log-posterior of every phone each 20 ms out. Residual
// convolutions with batch norm (Ioffe and Szegedy, 2015), whose statistics are an input when the network is used, so
// that they can be taken from the speech it is used on.
import type { Rng } from '../core/rng.js';
import { computedConv1d, conv1d, logSoftmax, tf, type StateSpec } from '../engine/index.js';
import { normalisedUtterance } from './normalise.js';

export interface NetworkShape {
  /** Values per frame. */
  readonly bands: number;
  readonly channels: number;
  readonly layers: number;
  readonly kernel: number;
  /** Phones, silence among them. */
  readonly classes: number;
  /** Frames to a row of the output; 2 where it is left out. */
  readonly stride?: 1 | 2;
  /** `vectors` come normalised from the features stage; bands, the default, are normalised over the utterance here. */
  readonly input?: 'bands' | 'vectors';
}

export const strideOf = ({ stride }: Pick<NetworkShape, 'stride'>): 1 | 2 => stride ?? 2;

/** Rows of the output for so many frames: row j is about frame stride x j. */
export const outputRows = (frames: number, stride: 1 | 2 = 2): number => Math.ceil(frames / stride);

/** First frame after each row: it ends half-way to the frame of the next. */
export function rowEnds(frames: number, stride: 1 | 2 = 2): Int32Array {
  const rows = outputRows(frames, stride);
  return Int32Array.from({ length: rows }, (_, j) => (j === rows - 1 ? frames : stride * j + 1));
}

/** How long a frame lasts decides whether the first convolution halves the rate: rows are to be about 20 ms. */
export const strideAt = (hopSeconds: number): 1 | 2 => (hopSeconds < 0.015 ? 2 : 1);

export const networkShape = (
  bands: number,
  classes: number,
  { channels, layers, kernel }: Pick<NetworkShape, 'channels' | 'layers' | 'kernel'>,
  more: Pick<NetworkShape, 'stride' | 'input'> = {},
): NetworkShape => ({ bands, classes, channels, layers, kernel, ...more });

/** What the network sees of an utterance. @param data [rows, bands], left as it is */
export const networkInput = (
  data: Float32Array,
  { bands, input }: Pick<NetworkShape, 'bands' | 'input'>,
): Float32Array => (input === 'vectors' ? data : normalisedUtterance(data, bands));

const tiny = 1e-5; // added to variances

/** Names and shapes of everything that training changes. */
export function parameterShapes({ bands, channels, layers, kernel, classes }: NetworkShape): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  for (let l = 0; l < layers; l++) {
    shapes[`w${l}`] = [kernel * (l === 0 ? bands : channels), channels];
    shapes[`gain${l}`] = [channels];
    shapes[`shift${l}`] = [channels];
  }
  return { ...shapes, w: [channels, classes], b: [classes] };
}

/** He et al. (2015) for the convolutions; gains 1, shifts 0, and an output that starts without an opinion. */
export function initialParameters(shape: NetworkShape, rng: Rng): Record<string, StateSpec> {
  return Object.fromEntries(
    Object.entries(parameterShapes(shape)).map(([name, dims]) => {
      const stream = rng.fork(name);
      const size = dims.reduce((a, b) => a * b, 1);
      const spread = name === 'w' ? 0.01 : name.startsWith('w') ? Math.sqrt(2 / (dims[0] as number)) : 0;
      const init = Float32Array.from({ length: size }, () =>
        spread > 0 ? spread * stream.normal() : name.startsWith('gain') ? 1 : 0,
      );
      return [name, { shape: dims, init }];
    }),
  );
}

/** Mean and variance of each layer's convolution, before it is normalised. */
export interface LayerMoments {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

export interface ForwardOptions {
  /** Statistics of each layer; those of the batch itself where there are none. */
  readonly moments?: readonly LayerMoments[];
  /** [layers] of [B, T', channels]: 0 or 1 / (1 - dropout). */
  readonly dropout?: readonly tf.Tensor[];
  /** [layers] of [B, T', channels]: what each convolution gives, where that is known already. */
  readonly convolved?: readonly tf.Tensor[] | undefined;
}

/**
 * @param x [B, T, bands], T a multiple of the stride
 * @returns logits [B, T / stride, classes], the activations before the last product [B, T / stride,
 * channels], what each convolution gave, and the statistics of the batch
 */
export function forward(
  parameters: Readonly<Record<string, tf.Tensor>>,
  x: tf.Tensor,
  { layers, kernel, stride }: NetworkShape,
  { moments, dropout, convolved }: ForwardOptions = {},
): { logits: tf.Tensor; hidden: tf.Tensor; convolved: tf.Tensor[]; moments: LayerMoments[] } {
  const used: LayerMoments[] = [];
  const results: tf.Tensor[] = [];
  const left = (kernel - 1) >> 1;
  let h = x;
  for (let l = 0; l < layers; l++) {
    const weight = parameters[`w${l}`] as tf.Tensor;
    const known = convolved?.[l];
    const windows = { ...(l === 0 ? { stride: stride ?? 2 } : {}), padLeft: left, padRight: kernel - 1 - left };
    const taken = known ? computedConv1d(h, weight, known, windows) : conv1d(h, weight, undefined, windows);
    results.push(taken);
    const own = moments?.[l] ?? momentsOf(taken);
    used.push(own);
    const scale = tf.mul(parameters[`gain${l}`] as tf.Tensor, tf.rsqrt(tf.add(own.variance, tiny)));
    const normal = tf.add(tf.mul(tf.sub(taken, own.mean), scale), parameters[`shift${l}`] as tf.Tensor);
    let out = tf.relu(normal);
    if (dropout) out = tf.mul(out, dropout[l] as tf.Tensor);
    h = l === 0 ? out : tf.add(h, out);
  }
  const [batch, rows, channels] = h.shape as [number, number, number];
  const w = parameters['w'] as tf.Tensor;
  // [B, T', C] -> [B T', V]
  const flat = tf.add(tf.matMul(tf.reshape(h, [batch * rows, channels]), w), parameters['b'] as tf.Tensor);
  return {
    logits: tf.reshape(flat, [batch, rows, w.shape[1] as number]),
    hidden: h,
    convolved: results,
    moments: used,
  };
}

/** [B, T', C] -> [C] each */
function momentsOf(x: tf.Tensor): LayerMoments {
  const mean = tf.mean(x, [0, 1]);
  return { mean, variance: tf.mean(tf.square(tf.sub(x, mean)), [0, 1]) };
}

/**
 * Cross-entropy to soft or hard targets, a mean over the weight of all rows.
 * @param logits [B, T', V]
 * @param targets [B, T', V]; a row that sums to 0 has no label and does not count
 */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.div(tf.neg(tf.sum(tf.mul(logSoftmax(logits), targets))), tf.maximum(tf.sum(targets), 1));
}
