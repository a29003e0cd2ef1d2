// Operations that models share, written in the kernels the engine knows, so that every derivative of a
// derivative can be traced: convolution as windows and a matrix product, losses and activations in stable form.
import { AsrError } from '../core/errors.js';
import { tf } from './tf.js';

export interface WindowOptions {
  /** Frames between windows; default 1. */
  readonly stride?: number;
  /** Zero frames before the first and after the last; default 0. */
  readonly padLeft?: number;
  readonly padRight?: number;
}

/** The same numbers, through which no gradient flows. */
export function stopGradient(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((y) => ({ value: tf.clone(y as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }))(x);
}

/**
 * All windows of `kernel` consecutive frames.
 * @param x [B, T, C]
 * @returns [B, T', kernel * C] with T' = floor((T + padLeft + padRight - kernel) / stride) + 1;
 *   within a window, frame by frame, so a weight [kernel, C, O] is reshaped to [kernel * C, O]
 * @throws AsrError internal when not even one window fits
 */
export function unfold(x: tf.Tensor, kernel: number, { stride = 1, padLeft = 0, padRight = 0 }: WindowOptions = {}): tf.Tensor3D {
  const [batch, frames, channels] = x.shape as [number, number, number];
  const windows = Math.floor((frames + padLeft + padRight - kernel) / stride) + 1;
  if (!(windows >= 1)) throw new AsrError('internal', `unfold: no window of ${kernel} frames fits into ${frames} + ${padLeft + padRight}`, 'Pad the input or shorten the kernel.');
  // Frames are grouped into blocks of one stride; a window is the first part of `blocks` neighbouring blocks.
  const blocks = Math.ceil(kernel / stride);
  const rows = windows + blocks - 1;
  const extra = rows * stride - (frames + padLeft);
  const padded = padLeft > 0 || extra > 0 ? tf.pad(x, [[0, 0], [padLeft, Math.max(0, extra)], [0, 0]]) : x;
  const used = extra < 0 ? tf.slice(padded, [0, 0, 0], [batch, rows * stride, channels]) : padded;
  const width = stride * channels;
  const grouped = tf.reshape(used, [batch, rows, width]); // [B, rows, stride * C]
  const parts = Array.from({ length: blocks }, (_, i) => tf.slice(grouped, [0, i, 0], [batch, windows, i === blocks - 1 ? kernel * channels - i * width : width]));
  return (parts.length === 1 ? parts[0] : tf.concat(parts, 2)) as tf.Tensor3D; // [B, T', kernel * C]
}

/**
 * Convolution over time.
 * @param x [B, T, C]
 * @param weight [kernel * C, O], frame-major as `unfold` lays windows out; its height sets the kernel
 * @param bias [O]
 * @returns [B, T', O], T' as in `unfold`
 * @throws AsrError internal when the weight's height is no multiple of C
 */
export function conv1d(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor, options: WindowOptions = {}): tf.Tensor3D {
  const [height, channelsOut] = weight.shape as [number, number];
  const kernel = height / (x.shape[2] as number);
  if (!Number.isInteger(kernel)) throw new AsrError('internal', `conv1d: weight [${weight.shape.join()}] does not fit input [${x.shape.join()}]`, 'Its height must be kernel * channels.');
  const windows = unfold(x, kernel, options);
  const [batch, frames] = windows.shape;
  const flat = tf.matMul(tf.reshape(windows, [batch * frames, height]), weight); // [B * T', O]
  return tf.reshape(bias ? tf.add(flat, bias) : flat, [batch, frames, channelsOut]);
}

/** x / 2 (1 + erf(x / √2)), the exact form; any shape. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

/** Over the last axis; any shape. */
export const softmax = (x: tf.Tensor): tf.Tensor => tf.softmax(x);
/** Over the last axis; any shape. One kernel, where tf.logSoftmax is a chain of five. */
export const logSoftmax = (x: tf.Tensor): tf.Tensor => tf.engine().runKernel<tf.Tensor>('LogSoftmax', { logits: x }, { axis: x.rank - 1 });

/** log Σ exp along one axis, which disappears; stable for any finite input. */
export function logSumExp(x: tf.Tensor, axis = -1): tf.Tensor {
  const largest = stopGradient(tf.max(x, axis, true));
  const sum = tf.log(tf.sum(tf.exp(tf.sub(x, largest)), axis));
  return tf.add(sum, tf.reshape(largest, sum.shape));
}

/**
 * Binary cross-entropy from logits, element by element, in nats: softplus(x) - x t.
 * @param logits any shape
 * @param targets probabilities in [0, 1], a number or a tensor that broadcasts
 */
export function logisticLoss(logits: tf.Tensor, targets: tf.Tensor | number): tf.Tensor {
  return tf.sub(tf.softplus(logits), tf.mul(logits, targets));
}
