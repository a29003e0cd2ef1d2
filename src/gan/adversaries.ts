// The losses of learn.gan.loss by name: how a training scores generated strings against real ones, and what keeps the
// discriminator from rising too steeply. The first is the paper's.
import { logisticLoss, tf } from '../engine/index.js';
import type { GanConfig } from './config.js';
import { classification, fakeLabel, realLabel } from './losses.js';

export interface Adversary {
  /** @param fake and real [B] scores. @returns scalars, summed over the batch: the discriminator minimises their sum */
  discriminator(fake: tf.Tensor, real: tf.Tensor): readonly [fakeLoss: tf.Tensor, realLoss: tf.Tensor];
  /** @param real where `paired`. @returns a scalar, summed over the batch, that the generator minimises */
  generator(fake: tf.Tensor, real: tf.Tensor | undefined): tf.Tensor;
  /** The generator's step reads text, too. */
  readonly paired: boolean;
  /** mix = slopes of 1 between text and output; ends = slopes of 0 at text and at output; none = no penalty. */
  readonly penalty: 'mix' | 'ends' | 'none';
  /** Each layer's weights are scaled to a largest singular value (discriminator.spectralNorm). */
  readonly bounded: boolean;
}

const apart: Pick<Adversary, 'discriminator' | 'generator' | 'paired'> = {
  discriminator: (fake, real) => [classification(fake, fakeLabel), classification(real, realLabel)],
  generator: (fake) => classification(fake, realLabel),
  paired: false,
};

const half = (x: tf.Tensor): tf.Tensor => tf.mul(x, 0.5);

const adversaries = {
  /** Baevski et al., 2021: logistic losses, gradient penalty on mixes of both. */
  paper: { ...apart, penalty: 'mix', bounded: false },
  /** R3GAN, Huang et al., 2024, arXiv 2501.05441: each output against a line of text; penalties R1 and R2. */
  relativistic: {
    discriminator: (fake, real) => {
      const loss = half(tf.sum(logisticLoss(tf.sub(fake, real), fakeLabel)));
      return [loss, loss];
    },
    generator: (fake, real) => tf.sum(logisticLoss(tf.sub(fake, real as tf.Tensor), realLabel)),
    paired: true,
    penalty: 'ends',
    bounded: false,
  },
  /** Miyato et al., 2018, arXiv 1802.05957: spectral normalisation in place of a penalty. */
  spectral: { ...apart, penalty: 'none', bounded: true },
} as const satisfies Readonly<Record<string, Adversary>>;

/** A module's own loss is a term beside the paper's. */
export const adversaryOf = ({ loss }: Pick<GanConfig, 'loss'>): Adversary =>
  adversaries[loss === 'plugin' ? 'paper' : loss];

const iterations = 8;

/**
 * A layer's weights scaled so that their largest singular value is `norm`, by power iterations from a fixed start:
 * weights move little from step to step, but nothing has to be kept between them.
 * @param weight [in, out]
 */
export function toSpectralNorm(weight: tf.Tensor2D, norm: number): tf.Tensor2D {
  const outputs = weight.shape[1];
  const unit = (x: tf.Tensor2D): tf.Tensor2D => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x)), 1e-12)));
  let right = tf.tensor2d(
    Array.from({ length: outputs }, (_, i) => 1.5 + Math.cos(i * i)),
    [outputs, 1],
  );
  for (let i = 0; i < iterations; i++) right = unit(tf.matMul(weight, unit(tf.matMul(weight, right)), true));
  const largest = tf.sqrt(tf.add(tf.sum(tf.square(tf.matMul(weight, right))), 1e-12));
  return tf.mul(weight, tf.div(norm, largest));
}
