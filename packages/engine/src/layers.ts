// Operations that models share, written in the kernels the engine knows, so that every derivative of a
// derivative can be traced: convolution as windows and a matrix product, losses and activations in stable form.
import { engineError } from './errors.js';
import { tf } from './tf.js';
import { foldWindows, unfoldWindows, windowsOver, type WindowOptions } from './windows.js';

/** The same numbers, through which no gradient flows. */
export function stopGradient(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((y) => ({ value: tf.clone(y as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }))(x);
}

/**
 * All windows of `kernel` consecutive frames.
 * @param x [B, T, C]
 * @returns [B, T', kernel * C] with T' = floor((T + padLeft + padRight - kernel) / stride) + 1;
 *   within a window, frame by frame, so a weight [kernel, C, O] is reshaped to [kernel * C, O]
 * @throws EngineError internal when not even one window fits
 */
export function unfold(x: tf.Tensor, kernel: number, options: WindowOptions = {}): tf.Tensor3D {
  return unfoldWindows(x, windowsOver(x.shape[1] as number, kernel, options));
}

/**
 * The adjoint of `unfold`: every frame is the sum of its places in all windows.
 * @param windows [B, T', kernel * C]
 * @param frames T
 * @param options those that unfold(x, kernel, options) of [B, T, C] had
 * @returns [B, T, C]
 */
export function fold(windows: tf.Tensor, kernel: number, frames: number, options: WindowOptions = {}): tf.Tensor3D {
  return foldWindows(windows, windowsOver(frames, kernel, options));
}

/**
 * Convolution over time.
 * @param x [B, T, C]
 * @param weight [kernel * C, O], frame-major as `unfold` lays windows out; its height sets the kernel
 * @param bias [O]
 * @returns [B, T', O], T' as in `unfold`
 * @throws EngineError internal when the weight's height is no multiple of C
 */
export function conv1d(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor, options: WindowOptions = {}): tf.Tensor3D {
  const [height, channelsOut] = weight.shape as [number, number];
  const windows = unfold(x, kernelOf(x, weight), options);
  const [batch, frames] = windows.shape;
  const flat = tf.matMul(tf.reshape(windows, [batch * frames, height]), weight); // [B * T', O]
  return tf.reshape(bias ? tf.add(flat, bias) : flat, [batch, frames, channelsOut]);
}

function kernelOf(x: tf.Tensor, weight: tf.Tensor): number {
  const kernel = weight.shape[0] / (x.shape[2] as number);
  if (!Number.isInteger(kernel))
    throw engineError(
      'internal',
      `conv1d: weight [${weight.shape.join()}] does not fit input [${x.shape.join()}]`,
      'Its height must be kernel * channels.',
    );
  return kernel;
}

/**
 * A convolution that another graph has computed already: its gradients without its cost.
 * @param result of conv1d(x, weight, undefined, options)
 */
export function computedConv1d(
  x: tf.Tensor,
  weight: tf.Tensor,
  result: tf.Tensor,
  options: WindowOptions = {},
): tf.Tensor {
  const [height, channelsOut] = weight.shape as [number, number];
  const windows = windowsOver(x.shape[1] as number, kernelOf(x, weight), options);
  const rows = x.shape[0] * windows.windows;
  return tf.customGrad((...given) => {
    const [input, kernel, save] = given as [tf.Tensor, tf.Tensor, (kept: tf.Tensor[]) => void];
    save([input, kernel]);
    return {
      value: tf.clone(result),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [frames, weights] = saved as [tf.Tensor, tf.Tensor];
        const flat = tf.reshape(dy, [rows, channelsOut]);
        const places = tf.matMul(flat, weights, false, true); // [B * T', kernel * C]
        return [
          foldWindows(tf.reshape(places, [x.shape[0], windows.windows, height]), windows),
          tf.matMul(tf.reshape(unfoldWindows(frames, windows), [rows, height]), flat, true, false),
        ];
      },
    };
  })(x, weight);
}

/** x Φ(x) = x / 2 (1 + erf(x / √2)), the exact form; any shape. */
export const gelu = (x: tf.Tensor): tf.Tensor => tf.engine().runKernel<tf.Tensor>('Gelu', { x });
/** d gelu(x) / dx = Φ(x) + x φ(x); any shape. */
export const geluSlope = (x: tf.Tensor): tf.Tensor => tf.engine().runKernel<tf.Tensor>('GeluSlope', { x });

/** Over the last axis; any shape. One kernel, where tf.logSoftmax is a chain of five. */
export const logSoftmax = (x: tf.Tensor): tf.Tensor =>
  tf.engine().runKernel<tf.Tensor>('LogSoftmax', { logits: x }, { axis: x.rank - 1 });

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
