// The two training steps as compiled graphs over one shared state. They start from the generator's logits, which JOIN
// needs before, and go back to its weights through the input rows. Nothing is detached: gradients reach both
// networks in both steps, are clipped by their common norm, and only the active network's Adam moves.
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import {
  clipByGlobalNorm,
  compileStep,
  createState,
  tf,
  type State,
  type StateSpec,
  type TrainingStep,
  type ValueSpec,
} from '../engine/index.js';
import { moved, trainedEntries, type Tensors } from '../training/supervised.js';
import { anchorLoss } from './anchor.js';
import type { GanConfig } from './config.js';
import { Discriminator, discriminatorSpecs, type Params } from './discriminator.js';
import { generatorGradients, generatorSpecs, statisticSpecs } from './generator-network.js';
import { ownTerms } from './own-term.js';
import { classification, codeUse, fakeLabel, gradientPenalty, realLabel, smoothness } from './losses.js';
import {
  extraInputs,
  gradientInputs,
  discriminatorInputs,
  generatorInputs,
  type GanShape,
  type StepSize,
  type DiscriminatorInput,
  type GeneratorInput,
  type DiscriminatorOutput,
  type GeneratorOutput,
} from './step-inputs.js';

/**
 * Entries: the generator's `g.…`, the discriminator's `d.…`, Adam's moments `m:…`,
 * `v:…` of each, running statistics `s.…`.
 */
export type GanState = State<string>;

export function createGanState(shape: GanShape, config: GanConfig, rng: Rng): GanState {
  const weights: Record<string, StateSpec> = {
    ...generatorSpecs(config, shape, rng.fork('generator')),
    ...discriminatorSpecs({ ...config.discriminator, classes: shape.classes }, rng.fork('discriminator')),
  };
  return createState({ ...trainedEntries(weights), ...statisticSpecs(config, shape) });
}

export const isWeight = (name: string): boolean => name.startsWith('g.') || name.startsWith('d.');

interface Terms {
  readonly loss: tf.Tensor;
  /** The loss's parts, weighted, and figures to watch. */
  readonly parts: Record<string, tf.Tensor>;
}

/** What the discriminator reads in place of one-hot text. @param logits [B, T, V] */
const likeText = (logits: tf.Tensor, { generator }: GanConfig): tf.Tensor =>
  tf.softmax(generator.temperature === 1 ? logits : tf.div(logits, generator.temperature));

/** What the discriminator minimises, per utterance, and its parts. */
export function discriminatorTerms(
  params: Params,
  inputs: Tensors,
  shape: GanShape,
  config: GanConfig,
  { length, unpenalised = false }: Pick<StepSize, 'length' | 'unpenalised'>,
): Terms {
  const discriminator = new Discriminator(params, { ...config.discriminator, classes: shape.classes }, length);
  const fake = discriminator.first(
    likeText(tf.reshape(inputs['logits'] as tf.Tensor, [shape.batch, length, shape.classes]), config),
  );
  const real = discriminator.first(tf.oneHot(inputs['tokens'] as tf.Tensor2D, shape.classes, 1, 0, 'float32'));
  const fakeScores = discriminator.score(fake, inputs['fakeWeights'] as tf.Tensor);
  const realScores = discriminator.score(real, inputs['realWeights'] as tf.Tensor);
  const fakeLoss = tf.div(classification(fakeScores, fakeLabel), shape.batch);
  const realLoss = tf.div(classification(realScores, realLabel), shape.batch);
  if (config.gradientPenalty === 0 || unpenalised)
    return {
      loss: tf.add(fakeLoss, realLoss),
      parts: { fakeLoss, realLoss, gradientPenalty: tf.scalar(0), fakeScores, realScores },
    };
  // The mix goes in after the affine layers: their result for the mixed input, at no cost.
  // Batches are drawn at random, so their first utterances are a sample.
  const seen = Math.max(1, Math.round(config.gradientPenaltyShare * shape.batch));
  const firstOf = (x: tf.Tensor): tf.Tensor => (seen === shape.batch ? x : tf.slice(x, 0, seen));
  const mix = tf.reshape(firstOf(inputs['mix'] as tf.Tensor), [seen, 1, 1]);
  const [someFake, someReal] = [firstOf(fake), firstOf(real)];
  const mixed = tf.add(someFake, tf.mul(mix, tf.sub(someReal, someFake)));
  const gradient = discriminator.inputGradient(mixed, inputs['penaltyWeights'] as tf.Tensor);
  const penalty = tf.mul(
    gradientPenalty(gradient, config.gradientPenaltyNorm),
    (config.gradientPenalty * config.gradientPenaltyEvery) / seen,
  );
  return {
    loss: tf.addN([fakeLoss, realLoss, penalty]),
    parts: { fakeLoss, realLoss, gradientPenalty: penalty, fakeScores, realScores },
  };
}

/** What the generator minimises, per utterance, and its parts. */
export function generatorTerms(
  params: Params,
  inputs: Tensors,
  shape: GanShape,
  config: GanConfig,
  length: number,
): Terms {
  const discriminator = new Discriminator(params, { ...config.discriminator, classes: shape.classes }, length);
  const logits = tf.reshape(inputs['logits'] as tf.Tensor, [shape.batch, length, shape.classes]);
  const probs = tf.softmax(logits);
  const fakeScores = discriminator.score(
    discriminator.first(likeText(logits, config)),
    inputs['fakeWeights'] as tf.Tensor,
  );
  const fakeLoss = tf.div(classification(fakeScores, realLabel), shape.batch);
  const mask = inputs['fakeMask'] as tf.Tensor;
  const code = codeUse(probs, mask, inputs['padFrames'] as tf.Tensor, inputs['codeFrames'] as tf.Tensor);
  const codePenalty = tf.mul(code.penalty, config.codePenalty);
  const smooth = tf.mul(smoothness(logits, mask, inputs['smoothCount'] as tf.Tensor), config.smoothness);
  const anchor: { anchor?: tf.Tensor } = config.anchor.weight > 0 ? { anchor: anchorLoss(logits, inputs) } : {};
  const own = ownTerms(config, { logits, probs, mask });
  return {
    loss: tf.addN([fakeLoss, codePenalty, smooth, ...Object.values(anchor), ...own]),
    parts: { fakeLoss, codePenalty, smoothness: smooth, ...anchor, probabilityPerplexity: code.perplexity, fakeScores },
  };
}

type Network = 'generator' | 'discriminator';

/** @param terms of the discriminator's weights, with the inputs, `logits` among them, that they are derived by */
function update(
  state: Tensors,
  inputs: Tensors,
  { network, shape, config }: { network: Network; shape: GanShape; config: GanConfig },
  terms: (params: Params, inputs: Tensors) => Terms,
): { state: Record<string, tf.Tensor>; outputs: Record<string, tf.Tensor> } {
  const weightsOf = (prefix: string): string[] => Object.keys(state).filter((name) => name.startsWith(prefix));
  const derives = (owner: Network): boolean => owner === network || config.clipScope === 'joint';
  const names = derives('discriminator') ? weightsOf('d.') : [];
  const variables = [
    ...names.map((name) => state[name] as tf.Tensor),
    ...(derives('generator') ? [inputs['logits'] as tf.Tensor] : []),
  ];
  const found = tf.grads((...tensors: tf.Tensor[]) => {
    const params = { ...state, ...Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])) };
    return terms(params, { ...inputs, logits: tensors[names.length] ?? (inputs['logits'] as tf.Tensor) }).loss;
  })(variables);
  const gradients = Object.fromEntries(names.map((name, i) => [name, found[i] as tf.Tensor]));
  const generator = derives('generator')
    ? generatorGradients(state, inputs, found[names.length] as tf.Tensor, {
        config,
        shape,
        withAuxiliary: network === 'generator',
      })
    : undefined;
  Object.assign(gradients, generator?.gradients);
  // The active network's come first: only they are handed to Adam.
  const active = weightsOf(network === 'generator' ? 'g.' : 'd.').filter((name) => gradients[name] !== undefined);
  const { grads, norm } = clipByGlobalNorm(
    [...active, ...Object.keys(gradients).filter((name) => !active.includes(name))].map(
      (name) => gradients[name] as tf.Tensor,
    ),
    config.clipNorm,
  );
  const { lr, weightDecay } = config[network];
  const next = moved(state, Object.fromEntries(active.map((name, i) => [name, grads[i] as tf.Tensor])), {
    lr: tf.mul(inputs['lrShare'] as tf.Tensor, lr),
    weightDecay,
    betas: config.adam.betas,
    eps: config.adam.eps,
    step: inputs['adamStep'] as tf.Tensor,
  });
  // Equal operations are traced once, so asking for the terms again costs nothing in the graph.
  const { parts } = terms(state, inputs);
  return {
    state: next,
    outputs: { ...parts, ...(generator?.auxiliary ? { auxiliary: generator.auxiliary } : {}), gradientNorm: norm },
  };
}

export type DiscriminatorStep = TrainingStep<string, DiscriminatorInput, DiscriminatorOutput>;
export type GeneratorStep = TrainingStep<string, GeneratorInput, GeneratorOutput>;

export function compileDiscriminatorStep(
  state: GanState,
  shape: GanShape,
  config: GanConfig,
  size: StepSize,
  compute: Compute,
): Promise<DiscriminatorStep> {
  const inputs = {
    ...discriminatorInputs(shape, size),
    ...(config.clipScope === 'joint' ? gradientInputs(shape, config, size) : {}),
  } as Record<DiscriminatorInput, ValueSpec>;
  return compileStep(
    (weights, fed) =>
      update(weights, fed, { network: 'discriminator', shape, config }, (params, given) =>
        discriminatorTerms(params, given, shape, config, size),
      ),
    state,
    inputs,
    { name: `gan-discriminator-${size.length}`, ...compute },
  );
}

export function compileGeneratorStep(
  state: GanState,
  shape: GanShape,
  config: GanConfig,
  size: StepSize,
  compute: Compute,
): Promise<GeneratorStep> {
  const inputs: Record<GeneratorInput, ValueSpec> = {
    ...generatorInputs(shape, size),
    ...gradientInputs(shape, config, size),
    ...extraInputs(shape, config, size),
  };
  return compileStep(
    (weights, fed) =>
      update(weights, fed, { network: 'generator', shape, config }, (params, given) =>
        generatorTerms(params, given, shape, config, size.length),
      ),
    state,
    inputs,
    { name: `gan-generator-${size.length}`, ...compute },
  );
}
