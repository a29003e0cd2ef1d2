// The discriminator: causal convolutions over phone probabilities [B, T, V], mean over valid frames -> [B].
// The first two layers have no activation between them, so they are run as one convolution of their composed
// weights: the same function with a fifth of the arithmetic. The gradient with respect to the input, which the
// gradient penalty needs, is written out as operations, and derived like any others.
import { conv1d, fold, gelu, geluSlope, tf, unfold } from '../engine/index.js';
import type { Rng } from '../core/rng.js';
import type { StateSpec } from '../engine/index.js';
import type { GanConfig } from './config.js';
import { uniformInit } from './generator.js';

export type Params = Readonly<Record<string, tf.Tensor>>;
export type DiscriminatorShape = Pick<GanConfig['discriminator'], 'dim' | 'depth' | 'kernel'> & {
  readonly classes: number;
};

/** Weights [kernel * in, out], frame-major, and biases [out]: `emb`, `inner1` … `inner<depth-1>`, `out`. */
export function discriminatorSpecs(
  { dim, depth, kernel, classes }: DiscriminatorShape,
  rng: Rng,
): Record<string, StateSpec> {
  const layers = [
    ['emb', classes, dim],
    ...Array.from({ length: depth - 1 }, (_, i) => [`inner${i + 1}`, dim, dim]),
    ['out', dim, 1],
  ] as [string, number, number][];
  return Object.fromEntries(
    layers.flatMap(([name, from, to]) => [
      [
        `d.${name}.w`,
        { shape: [kernel * from, to], init: uniformInit(kernel * from * to, kernel * from, rng.fork(`${name}.w`)) },
      ],
      [`d.${name}.b`, { shape: [to], init: uniformInit(to, kernel * from, rng.fork(`${name}.b`)) }],
    ]),
  );
}

interface Affine {
  readonly kernel: number;
  /** [kernel * in, out] */
  readonly weight: tf.Tensor;
  /** [out], or [T, out] where the bias depends on the distance to the start */
  readonly bias: tf.Tensor;
}

const param = (params: Params, name: string): tf.Tensor => params[`d.${name}`] as tf.Tensor;
const layer = (params: Params, name: string, kernel: number): Affine => ({
  kernel,
  weight: param(params, `${name}.w`),
  bias: param(params, `${name}.b`),
});

/**
 * Two causal convolutions without activation between them as one: W_m = Σ_{i+j=m} A_i B_j over taps. Before the
 * start the second one sees zeros, not the first one's bias, so the bias of the
 * composition grows over its first frames.
 */
function compose(
  first: Affine,
  second: Affine,
  frames: number,
  { kernel: k, dim, classes }: DiscriminatorShape,
): Affine {
  // [dim, j * out]
  const taps = tf.reshape(tf.transpose(tf.reshape(second.weight, [k, dim, dim]), [1, 0, 2]), [dim, k * dim]);
  // [i, V, j, out]
  const products = tf.reshape(tf.matMul(first.weight as tf.Tensor2D, taps as tf.Tensor2D), [k, classes, k, dim]);
  const size = classes * dim;
  const byTap = tf.reshape(tf.transpose(products, [2, 0, 1, 3]), [k, k, size]); // [j, i, V * out]
  // Row j moves j columns to the right: padded to width 2k, then read with width 2k - 1.
  const skewed = tf.slice(
    tf.reshape(
      tf.pad(byTap, [
        [0, 0],
        [0, k],
        [0, 0],
      ]),
      [2 * k * k, size],
    ),
    [0, 0],
    [k * (2 * k - 1), size],
  );
  const weight = tf.reshape(tf.sum(tf.reshape(skewed, [k, 2 * k - 1, size]), 0), [(2 * k - 1) * classes, dim]);
  const reached = Array.from({ length: frames }, (_, t) =>
    Array.from({ length: k }, (_, j) => (t - (k - 1) + j >= 0 ? 1 : 0)),
  );
  // b A through tap j
  const shares = tf.reshape(tf.matMul(tf.reshape(first.bias, [1, dim]), taps as tf.Tensor2D), [k, dim]);
  const bias = tf.add(tf.matMul(tf.tensor2d(reached), shares as tf.Tensor2D), second.bias); // [T, out]
  return { kernel: 2 * k - 1, weight, bias };
}

function causalConv(x: tf.Tensor, { kernel, weight, bias }: Affine): tf.Tensor {
  return tf.add(conv1d(x, weight, undefined, { padLeft: kernel - 1 }), bias);
}

/** The adjoint of a causal convolution: [B, T, out] -> [B, T, in]. */
function transposedConv(g: tf.Tensor, { kernel, weight }: Affine): tf.Tensor {
  const [batch, frames, out] = g.shape as [number, number, number];
  const shares = tf.reshape(tf.matMul(tf.reshape(g, [batch * frames, out]), weight as tf.Tensor2D, false, true), [
    batch,
    frames,
    weight.shape[0],
  ]);
  return fold(shares, kernel, frames, { padLeft: kernel - 1 });
}

export class Discriminator {
  readonly #shape: DiscriminatorShape;
  readonly #params: Params;
  readonly #frames: number;
  /** Affine maps between activations; the first may be a composition. */
  readonly #maps: readonly Affine[];

  /** @param frames T of every input */
  constructor(params: Params, shape: DiscriminatorShape, frames: number) {
    this.#params = params;
    this.#shape = shape;
    this.#frames = frames;
    const emb = layer(params, 'emb', shape.kernel);
    const inner = Array.from({ length: shape.depth - 1 }, (_, i) => layer(params, `inner${i + 1}`, shape.kernel));
    const [second, ...rest] = inner;
    this.#maps = second ? [compose(emb, second, frames, shape), ...rest] : [emb];
  }

  /** The affine part: [B, T, V] -> [B, T, dim]. Of a mix of inputs it is the mix of their results. */
  first(x: tf.Tensor): tf.Tensor {
    return causalConv(x, this.#maps[0] as Affine);
  }

  /** Before each activation: the given result of `first` and what follows from it. */
  #preactivations(first: tf.Tensor): tf.Tensor[] {
    const before = [first];
    for (const map of this.#maps.slice(1)) before.push(causalConv(gelu(before.at(-1) as tf.Tensor), map));
    return before;
  }

  /** Frame weights [B, T] as the weights of each tap's frame: [B, T, kernel], in reversed order of taps. */
  #tapWeights(weights: tf.Tensor): tf.Tensor3D {
    const { kernel } = this.#shape;
    return unfold(tf.reshape(weights, [...weights.shape, 1]), kernel, { padRight: kernel - 1 });
  }

  /** The last layer's taps [kernel, dim], newest first. */
  #lastTaps(): tf.Tensor2D {
    const { kernel, dim } = this.#shape;
    return tf.reverse(tf.reshape<tf.Rank.R2>(param(this.#params, 'out.w'), [kernel, dim]), 0);
  }

  /**
   * Σ_t weights[b, t] · score of frame t; a mean over valid frames when their weights are 1 / number of them.
   * The last layer gives one number a frame, so it is applied tap by tap and summed without making windows.
   * @param first result of `first`
   * @param weights [B, T]
   * @returns [B]
   */
  score(first: tf.Tensor, weights: tf.Tensor): tf.Tensor {
    const { dim, depth, kernel } = this.#shape;
    const last = this.#preactivations(first).at(-1) as tf.Tensor;
    const active = depth > 1 ? gelu(last) : last;
    const [batch] = first.shape as [number];
    const taps = tf.matMul(tf.reshape<tf.Rank.R2>(active, [batch * this.#frames, dim]), this.#lastTaps(), false, true);
    const sums = tf.sum(tf.mul(tf.reshape(taps, [batch, this.#frames, kernel]), this.#tapWeights(weights)), [1, 2]);
    return tf.add(sums, tf.mul(tf.sum(weights, 1), param(this.#params, 'out.b')));
  }

  /**
   * d (Σ_t weights[t] · score of frame t) / d input.
   * @param first result of `first` for that input
   * @param weights [B, T], or [1, T] for all
   * @returns [B, T, V]
   */
  inputGradient(first: tf.Tensor, weights: tf.Tensor): tf.Tensor {
    const { dim, kernel, depth } = this.#shape;
    const rows = weights.shape[0] * this.#frames;
    const flat = tf.matMul(tf.reshape<tf.Rank.R2>(this.#tapWeights(weights), [rows, kernel]), this.#lastTaps());
    let gradient = tf.reshape(flat, [-1, this.#frames, dim]); // [1, T, dim] where it is the same for all
    const before = this.#preactivations(first);
    for (let i = this.#maps.length - 1; i >= 0; i--) {
      gradient =
        depth > 1 ? tf.mul(gradient, geluSlope(before[i] as tf.Tensor)) : tf.broadcastTo(gradient, first.shape);
      gradient = transposedConv(gradient, this.#maps[i] as Affine);
    }
    return gradient;
  }
}
