// What each network minimises in a step, put together from the loss that learn.gan.loss names, the penalties and the
// further terms that are on; as functions of tensors that are traced into the step's graph.
import { stopGradient, tf } from '../engine/index.js';
import type { NamedTensors } from '../training/supervised.js';
import { adversaryOf, toSpectralNorm } from './adversaries.js';
import { anchorLoss } from './anchor.js';
import type { GanConfig } from './config.js';
import { Discriminator, type Params } from './discriminator.js';
import { codeUse, gradientPenalty, smoothness, squaredSlopes } from './losses.js';
import { ownTerms } from './own-term.js';
import { pairDivergence, viewDivergence } from './statistics.js';
import type { GanShape, StepSize } from './step-inputs.js';

export interface Terms {
  readonly loss: tf.Tensor;
  /** The loss's parts, weighted, and figures to watch. */
  readonly parts: Record<string, tf.Tensor>;
}

/** A setting, times what the course of the training makes of it where that is not constant. */
const inCourse = (value: number, inputs: NamedTensors, name: string): tf.Tensor | number => {
  const factor = inputs[`course.${name}`];
  return factor === undefined ? value : tf.mul(factor, value);
};

/** What the discriminator reads in place of one-hot text: [B, T, V]. @param logits [B, T, V] */
function likeText(logits: tf.Tensor, { generator }: GanConfig, inputs: NamedTensors): tf.Tensor {
  const temperature = inCourse(generator.temperature, inputs, 'temperature');
  const soft = tf.softmax(temperature === 1 ? logits : tf.div(logits, temperature));
  if (!generator.straightThrough) return soft;
  const hard = tf.oneHot(tf.argMax<tf.Tensor2D>(logits, -1), logits.shape[2] as number, 1, 0, 'float32');
  return tf.add(soft, stopGradient(tf.sub(hard, soft)));
}

const joinedOutputs = (inputs: NamedTensors, { batch, classes }: GanShape, length: number): tf.Tensor =>
  tf.reshape(inputs['logits'] as tf.Tensor, [batch, length, classes]);

const lines = (inputs: NamedTensors, { classes }: GanShape): tf.Tensor =>
  tf.oneHot(inputs['tokens'] as tf.Tensor2D, classes, 1, 0, 'float32');

function discriminatorOf(params: Params, config: GanConfig, { classes }: GanShape, length: number): Discriminator {
  const shape = { ...config.discriminator, classes };
  if (!adversaryOf(config).bounded) return new Discriminator(params, shape, length);
  const bounded = Object.entries(params).map(([name, value]): [string, tf.Tensor] =>
    name.startsWith('d.') && name.endsWith('.w')
      ? [name, toSpectralNorm(value as tf.Tensor2D, shape.spectralNorm)]
      : [name, value],
  );
  return new Discriminator(Object.fromEntries(bounded), shape, length);
}

/** What the discriminator minimises, per utterance, and its parts. */
export function discriminatorTerms(
  params: Params,
  inputs: NamedTensors,
  shape: GanShape,
  config: GanConfig,
  { length, unpenalised = false }: Pick<StepSize, 'length' | 'unpenalised'>,
): Terms {
  const adversary = adversaryOf(config);
  const discriminator = discriminatorOf(params, config, shape, length);
  const fake = discriminator.first(likeText(joinedOutputs(inputs, shape, length), config, inputs));
  const real = discriminator.first(lines(inputs, shape));
  const fakeScores = discriminator.score(fake, inputs['fakeWeights'] as tf.Tensor);
  const realScores = discriminator.score(real, inputs['realWeights'] as tf.Tensor);
  const losses = adversary.discriminator(fakeScores, realScores);
  const [fakeLoss, realLoss] = [tf.div(losses[0], shape.batch), tf.div(losses[1], shape.batch)];
  const parts = { fakeLoss, realLoss, fakeScores, realScores };
  if (config.gradientPenalty === 0 || unpenalised || adversary.penalty === 'none')
    return { loss: tf.add(fakeLoss, realLoss), parts: { ...parts, gradientPenalty: tf.scalar(0) } };
  // Batches are drawn at random, so their first utterances are a sample.
  const seen = Math.max(1, Math.round(config.gradientPenaltyShare * shape.batch));
  const firstOf = (x: tf.Tensor): tf.Tensor => (seen === shape.batch ? x : tf.slice(x, 0, seen));
  const slopes = (first: tf.Tensor, weights: string): tf.Tensor =>
    discriminator.inputGradient(first, weights === 'penaltyWeights' ? inputs[weights]! : firstOf(inputs[weights]!));
  const penalty = tf.mul(
    adversary.penalty === 'mix'
      ? gradientPenalty(slopes(mixed(firstOf, fake, real, inputs), 'penaltyWeights'), config.gradientPenaltyNorm)
      : tf.add(
          squaredSlopes(slopes(firstOf(fake), 'fakeWeights')),
          squaredSlopes(slopes(firstOf(real), 'realWeights')),
        ),
    (config.gradientPenalty * config.gradientPenaltyEvery) / seen,
  );
  return { loss: tf.addN([fakeLoss, realLoss, penalty]), parts: { ...parts, gradientPenalty: penalty } };
}

/** The mix goes in after the affine layers: their result for the mixed input, at no cost. */
function mixed(
  firstOf: (x: tf.Tensor) => tf.Tensor,
  fake: tf.Tensor,
  real: tf.Tensor,
  inputs: NamedTensors,
): tf.Tensor {
  const [someFake, someReal] = [firstOf(fake), firstOf(real)];
  const mix = tf.reshape(firstOf(inputs['mix'] as tf.Tensor), [-1, 1, 1]);
  return tf.add(someFake, tf.mul(mix, tf.sub(someReal, someFake)));
}

/** What the generator minimises, per utterance, and its parts. */
export function generatorTerms(
  params: Params,
  inputs: NamedTensors,
  shape: GanShape,
  config: GanConfig,
  length: number,
): Terms {
  const adversary = adversaryOf(config);
  const discriminator = discriminatorOf(params, config, shape, length);
  const logits = joinedOutputs(inputs, shape, length);
  const probs = tf.softmax(logits);
  const read = likeText(logits, config, inputs);
  const fakeScores = discriminator.score(discriminator.first(read), inputs['fakeWeights'] as tf.Tensor);
  const realScores = adversary.paired
    ? discriminator.score(discriminator.first(lines(inputs, shape)), inputs['realWeights'] as tf.Tensor)
    : undefined;
  const fakeLoss = tf.div(adversary.generator(fakeScores, realScores), shape.batch);
  const mask = inputs['fakeMask'] as tf.Tensor;
  const code = codeUse(probs, mask, inputs['padFrames'] as tf.Tensor, inputs['codeFrames'] as tf.Tensor);
  const codePenalty = tf.mul(code.penalty, inCourse(config.codePenalty, inputs, 'codePenalty'));
  const smooth = tf.mul(
    smoothness(logits, mask, inputs['smoothCount'] as tf.Tensor),
    inCourse(config.smoothness, inputs, 'smoothness'),
  );
  const further: Record<string, tf.Tensor> = {};
  if (config.anchor.weight > 0) further['anchor'] = anchorLoss(logits, inputs);
  if (config.pairs.weight > 0)
    further['pairs'] = tf.mul(pairDivergence(read, mask, inputs['pairShares']!), inputs['pairWeight']!);
  if (config.consistency > 0) {
    const other = tf.reshape(inputs['otherLogits']!, logits.shape);
    further['consistency'] = tf.mul(viewDivergence(logits, other, mask), config.consistency);
  }
  const own = ownTerms(config, { logits, probs, mask });
  return {
    loss: tf.addN([fakeLoss, codePenalty, smooth, ...Object.values(further), ...own]),
    parts: {
      fakeLoss,
      codePenalty,
      smoothness: smooth,
      ...further,
      probabilityPerplexity: code.perplexity,
      fakeScores,
    },
  };
}
