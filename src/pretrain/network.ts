// The encoder: log-mel frames every 10 ms in, states every 20 ms out. A strided convolution, then residual blocks of
// channel layer norm, rectifier and a dilated convolution. Nothing in it normalises over time or batch, so that an
// utterance alone gets the frames that it got in training.
import type { Rng } from '../core/rng.js';
import { conv1d, tf, type StateSpec } from '../engine/index.js';

export interface EncoderShape {
  readonly bands: number;
  readonly channels: number;
  /** Frames under one convolution; odd. */
  readonly kernel: number;
  /** One block each. */
  readonly dilations: readonly number[];
}

export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** Added to variances under a root. */
export const tiny = 1e-5;

/** Rows of the output for so many frames: row j is about frame 2 j. */
export const encoderRows = (frames: number): number => Math.ceil(frames / 2);

/** Names and shapes of what an exported encoder holds, in a fixed order. */
export function encoderShapes({ bands, channels, kernel, dilations }: EncoderShape): Record<string, number[]> {
  const shapes: Record<string, number[]> = { front: [kernel * bands, channels], 'front.bias': [channels] };
  dilations.forEach((_, l) => {
    Object.assign(shapes, {
      [`gain${l}`]: [channels],
      [`shift${l}`]: [channels],
      [`w${l}`]: [kernel * channels, channels],
      [`b${l}`]: [channels],
    });
  });
  return shapes;
}

/**
 * Those of the encoder, and what only training needs: the state that stands for a hidden frame, and the classifiers.
 */
export function trainingShapes(shape: EncoderShape, codebooks: readonly number[]): Record<string, number[]> {
  const classes = codebooks.reduce((a, b) => a + b, 0);
  return {
    ...encoderShapes(shape),
    hidden: [shape.channels],
    'head.gain': [shape.channels],
    'head.shift': [shape.channels],
    head: [shape.channels, classes],
    'head.bias': [classes],
  };
}

/** Numbers in the exported encoder. */
export const parameterCount = (shape: EncoderShape): number =>
  Object.values(encoderShapes(shape)).reduce((sum, dims) => sum + dims.reduce((a, b) => a * b, 1), 0);

/** He et al. (2015); the convolution that ends a block starts small, so that the stack starts near the identity. */
export function initialParameters(
  shapes: Readonly<Record<string, readonly number[]>>,
  rng: Rng,
): Record<string, StateSpec> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => {
      const stream = rng.fork(name);
      const spread =
        name === 'hidden'
          ? 0.1
          : name === 'head'
            ? 0.02
            : name === 'front'
              ? Math.sqrt(1 / dims[0]!)
              : /^w\d/.test(name)
                ? 0.7 * Math.sqrt(2 / dims[0]!)
                : 0;
      const start = name.includes('gain') ? 1 : 0;
      const init = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () =>
        spread > 0 ? spread * stream.normal() : start,
      );
      return [name, { shape: [...dims], init }];
    }),
  );
}

/** Mean 0 and variance 1 over the channels of every frame. [..., C] -> the same */
export function channelNorm(x: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), tiny)));
}

/**
 * Convolution as one matrix product for each tap: half the time of windows laid out in memory. [B, T, C] -> [B, T, O]
 */
export function dilatedConvolution(x: tf.Tensor, weight: tf.Tensor, kernel: number, dilation: number): tf.Tensor {
  const [batch, rows, channels] = x.shape as [number, number, number];
  const out = weight.shape[1] as number;
  const reach = (kernel >> 1) * dilation;
  const padded = tf.pad(x, [
    [0, 0],
    [reach, reach],
    [0, 0],
  ]);
  const taps = Array.from({ length: kernel }, (_, k) =>
    tf.matMul(
      tf.reshape(tf.slice(padded, [0, k * dilation, 0], [batch, rows, channels]), [batch * rows, channels]),
      tf.slice(weight, [k * channels, 0], [channels, out]),
    ),
  ); // [B T, C] -> [B T, O]
  return tf.reshape(
    taps.reduce((sum, tap) => tf.add(sum, tap)),
    [batch, rows, out],
  );
}

/**
 * @param x [B, T, bands] normalised frames, T even
 * @param hide [B, T / 2, 1]: 1 where the frame is hidden; leave it out outside training
 * @returns the states before the first block and after each, [B, T / 2, channels]
 */
export function encode(
  parameters: Parameters,
  x: tf.Tensor,
  { kernel, dilations }: EncoderShape,
  hide?: tf.Tensor,
): tf.Tensor[] {
  const of = (name: string): tf.Tensor => parameters[name] as tf.Tensor;
  const reach = kernel >> 1;
  let h: tf.Tensor = conv1d(x, of('front'), of('front.bias'), { stride: 2, padLeft: reach, padRight: reach });
  if (hide) h = tf.add(tf.mul(h, tf.sub(1, hide)), tf.mul(hide, of('hidden')));
  const states = [h];
  dilations.forEach((dilation, l) => {
    const normal = tf.relu(tf.add(tf.mul(channelNorm(h), of(`gain${l}`)), of(`shift${l}`)));
    h = tf.add(h, tf.add(dilatedConvolution(normal, of(`w${l}`), kernel, dilation), of(`b${l}`)));
    states.push(h);
  });
  return states;
}

/** Logits of all codebooks side by side. @param last [B, T', channels]. @returns [B, T', sum of codebooks] */
export function classify(parameters: Parameters, last: tf.Tensor): tf.Tensor {
  const [batch, rows, channels] = last.shape as [number, number, number];
  const of = (name: string): tf.Tensor => parameters[name] as tf.Tensor;
  const normal = tf.relu(tf.add(tf.mul(channelNorm(last), of('head.gain')), of('head.shift')));
  const flat = tf.add(tf.matMul(tf.reshape(normal, [batch * rows, channels]), of('head')), of('head.bias'));
  return tf.reshape(flat, [batch, rows, flat.shape[1] as number]);
}
