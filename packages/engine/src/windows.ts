// Windows of consecutive frames and the sum of overlapping windows, as calls of the two kernels for them: each is
// the derivative of the other, so a convolution and its derivatives to any order need no others beside matMul.
import { engineError } from './errors.js';
import { tf } from './tf.js';

export interface WindowOptions {
  /** Frames between windows; default 1. */
  readonly stride?: number;
  /** Zero frames before the first and after the last; default 0. */
  readonly padLeft?: number;
  readonly padRight?: number;
}

/** How windows lie over frames. */
export interface Windows {
  readonly kernel: number;
  readonly stride: number;
  readonly padLeft: number;
  /** T' */
  readonly windows: number;
  /** T */
  readonly frames: number;
}

/** @throws EngineError internal when not even one window fits */
export function windowsOver(
  frames: number,
  kernel: number,
  { stride = 1, padLeft = 0, padRight = 0 }: WindowOptions = {},
): Windows {
  const windows = Math.floor((frames + padLeft + padRight - kernel) / stride) + 1;
  if (!(windows >= 1))
    throw engineError(
      'internal',
      `unfold: no window of ${kernel} frames fits into ${frames} + ${padLeft + padRight}`,
      'Pad the input or shorten the kernel.',
    );
  return { kernel, stride, padLeft, windows, frames };
}

/** [B, T, C] -> [B, T', kernel * C], frame by frame within a window. */
export const unfoldWindows = (x: tf.Tensor, windows: Windows): tf.Tensor3D =>
  tf.engine().runKernel<tf.Tensor3D>('Unfold', { x }, { ...windows });

/** [B, T', kernel * C] -> [B, T, C]: each frame is the sum of its places in all windows. */
export const foldWindows = (y: tf.Tensor, windows: Windows): tf.Tensor3D =>
  tf.engine().runKernel<tf.Tensor3D>('Fold', { y }, { ...windows });
