// The two training steps as compiled graphs over one shared state. Nothing is detached: gradients reach both
// networks in both steps, are clipped by their common norm, and only the active network's Adam moves.
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { adam, clipByGlobalNorm, compileStep, createState, tf, type State, type StateSpec, type TrainingStep } from '../engine/index.js';
import type { GanConfig } from './config.js';
import { Discriminator, discriminatorSpecs, type Params } from './discriminator.js';
import { uniformInit } from './generator.js';
import { classification, codeUse, fakeLabel, gradientPenalty, realLabel, smoothness } from './losses.js';

export interface GanShape {
  readonly batch: number;
  /** Values of a segment vector. */
  readonly columns: number;
  /** Phones, silence and special classes. */
  readonly classes: number;
}

/** Entries: `g.w` [kernel * columns, classes], the discriminator's `d.…`, and Adam's moments `m.…`, `v.…` of each. */
export type GanState = State<string>;

export function createGanState(shape: GanShape, config: GanConfig, rng: Rng): GanState {
  const rows = config.generator.kernel * shape.columns;
  const weights: Record<string, StateSpec> = {
    'g.w': { shape: [rows, shape.classes], init: uniformInit(rows * shape.classes, rows, rng.fork('generator')) },
    ...discriminatorSpecs({ ...config.discriminator, classes: shape.classes }, rng.fork('discriminator')),
  };
  const moments = Object.entries(weights).flatMap(([name, { shape: size, init }]) =>
    ['m', 'v'].map((moment): [string, StateSpec] => [`${moment}.${name}`, { shape: size, init: new Float32Array(init.length) }]));
  return createState({ ...weights, ...Object.fromEntries(moments) });
}

export const isWeight = (name: string): boolean => name.startsWith('g.') || name.startsWith('d.');

/** Inputs of both steps; M is the length that the batch is padded to. */
const sharedInputs = ({ batch, columns }: GanShape, config: GanConfig, length: number) => ({
  /** Windows of segment vectors of the frames that JOIN kept; zeros on padding, which gives zero logits. */
  windows: { shape: [batch * length, config.generator.kernel * columns] },
  /** 1 / joined length on valid frames, else 0. */
  fakeWeights: { shape: [batch, length] },
  /** Steps of this network so far, counting this one. */
  adamStep: { shape: [] as number[] },
});

const discriminatorInputs = (shape: GanShape, config: GanConfig, length: number) => ({
  ...sharedInputs(shape, config, length),
  /** Phones of the text lines; -1 (no class) or the padding class beyond their ends. */
  tokens: { shape: [shape.batch, length], dtype: 'int32' as const },
  realWeights: { shape: [shape.batch, length] },
  /** Share of real text in the mix, uniform in [0, 1), one an utterance. */
  mix: { shape: [shape.batch] },
  /** 1 / n on the first n frames: n is the shorter of both padded lengths. */
  penaltyWeights: { shape: [1, length] },
});

const generatorInputs = (shape: GanShape, config: GanConfig, length: number) => ({
  ...sharedInputs(shape, config, length),
  fakeMask: { shape: [shape.batch, length] },
  padFrames: { shape: [] as number[] },
  codeFrames: { shape: [] as number[] },
  smoothCount: { shape: [] as number[] },
});

type Keys<F extends (...args: never[]) => object> = keyof ReturnType<F> & string;
export type DiscriminatorInput = Keys<typeof discriminatorInputs>;
export type GeneratorInput = Keys<typeof generatorInputs>;
export type DiscriminatorOutput = 'fakeLoss' | 'realLoss' | 'gradientPenalty' | 'gradientNorm' | 'fakeScores' | 'realScores';
export type GeneratorOutput = 'fakeLoss' | 'codePenalty' | 'smoothness' | 'probabilityPerplexity' | 'gradientNorm' | 'fakeScores';

interface Terms {
  readonly loss: tf.Tensor;
  /** The loss's parts, weighted, and figures to watch. */
  readonly parts: Record<string, tf.Tensor>;
}
type Tensors = Readonly<Record<string, tf.Tensor>>;

function fakeLogits(params: Params, inputs: Tensors, shape: GanShape, length: number): tf.Tensor3D {
  return tf.reshape(tf.matMul(inputs['windows'] as tf.Tensor2D, params['g.w'] as tf.Tensor2D), [shape.batch, length, shape.classes]);
}

/** What the discriminator minimises, per utterance, and its parts. */
export function discriminatorTerms(params: Params, inputs: Tensors, shape: GanShape, config: GanConfig, length: number): Terms {
  const discriminator = new Discriminator(params, { ...config.discriminator, classes: shape.classes }, length);
  const fake = discriminator.first(tf.softmax(fakeLogits(params, inputs, shape, length)));
  const real = discriminator.first(tf.oneHot(inputs['tokens'] as tf.Tensor2D, shape.classes, 1, 0, 'float32'));
  const fakeScores = discriminator.score(fake, inputs['fakeWeights'] as tf.Tensor);
  const realScores = discriminator.score(real, inputs['realWeights'] as tf.Tensor);
  const fakeLoss = tf.div(classification(fakeScores, fakeLabel), shape.batch);
  const realLoss = tf.div(classification(realScores, realLabel), shape.batch);
  if (config.gradientPenalty === 0) return { loss: tf.add(fakeLoss, realLoss), parts: { fakeLoss, realLoss, gradientPenalty: tf.scalar(0), fakeScores, realScores } };
  // The mix goes in after the affine layers: their result for the mixed input, at no cost.
  const mix = tf.reshape(inputs['mix'] as tf.Tensor, [shape.batch, 1, 1]);
  const mixed = tf.add(fake, tf.mul(mix, tf.sub(real, fake)));
  const gradient = discriminator.inputGradient(mixed, inputs['penaltyWeights'] as tf.Tensor);
  const penalty = tf.mul(gradientPenalty(gradient, config.gradientPenaltyNorm), config.gradientPenalty / shape.batch);
  return { loss: tf.addN([fakeLoss, realLoss, penalty]), parts: { fakeLoss, realLoss, gradientPenalty: penalty, fakeScores, realScores } };
}

/** What the generator minimises, per utterance, and its parts. */
export function generatorTerms(params: Params, inputs: Tensors, shape: GanShape, config: GanConfig, length: number): Terms {
  const discriminator = new Discriminator(params, { ...config.discriminator, classes: shape.classes }, length);
  const logits = fakeLogits(params, inputs, shape, length);
  const probs = tf.softmax(logits);
  const fakeScores = discriminator.score(discriminator.first(probs), inputs['fakeWeights'] as tf.Tensor);
  const fakeLoss = tf.div(classification(fakeScores, realLabel), shape.batch);
  const mask = inputs['fakeMask'] as tf.Tensor;
  const code = codeUse(probs, mask, inputs['padFrames'] as tf.Tensor, inputs['codeFrames'] as tf.Tensor);
  const codePenalty = tf.mul(code.penalty, config.codePenalty);
  const smooth = tf.mul(smoothness(logits, mask, inputs['smoothCount'] as tf.Tensor), config.smoothness);
  return { loss: tf.addN([fakeLoss, codePenalty, smooth]), parts: { fakeLoss, codePenalty, smoothness: smooth, probabilityPerplexity: code.perplexity, fakeScores } };
}

type Network = 'generator' | 'discriminator';

function update(state: Tensors, inputs: Tensors, network: Network, config: GanConfig, terms: (params: Params) => Terms): { state: Record<string, tf.Tensor>; outputs: Record<string, tf.Tensor> } {
  const prefix = network === 'generator' ? 'g.' : 'd.';
  const active = Object.keys(state).filter((name) => name.startsWith(prefix));
  // The active network's come first: only they are handed to Adam.
  const names = config.clipScope === 'active' ? active : [...active, ...Object.keys(state).filter((name) => isWeight(name) && !active.includes(name))];
  const gradients = tf.grads((...tensors: tf.Tensor[]) => terms({ ...state, ...Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])) }).loss)(names.map((name) => state[name] as tf.Tensor));
  const { grads, norm } = clipByGlobalNorm(gradients, config.clipNorm);
  const pick = (key: string): Record<string, tf.Tensor> => Object.fromEntries(active.map((name) => [name, state[key + name] as tf.Tensor]));
  const { lr, weightDecay } = config[network];
  const next = adam(pick(''), Object.fromEntries(active.map((name, i) => [name, grads[i] as tf.Tensor])), { m: pick('m.'), v: pick('v.') },
    { lr, weightDecay, betas: config.adam.betas, eps: config.adam.eps, step: inputs['adamStep'] as tf.Tensor });
  const moments = active.flatMap((name) => [[`m.${name}`, next.moments.m[name]], [`v.${name}`, next.moments.v[name]]] as [string, tf.Tensor][]);
  // Equal operations are traced once, so asking for the terms again costs nothing in the graph.
  const { parts } = terms(state);
  return { state: { ...next.params, ...Object.fromEntries(moments) }, outputs: { ...parts, gradientNorm: norm } };
}

export type DiscriminatorStep = TrainingStep<string, DiscriminatorInput, DiscriminatorOutput>;
export type GeneratorStep = TrainingStep<string, GeneratorInput, GeneratorOutput>;

/** @param length frames that both outputs and text lines of a batch are padded to */
export function compileDiscriminatorStep(state: GanState, shape: GanShape, config: GanConfig, length: number, compute: Compute): Promise<DiscriminatorStep> {
  return compileStep((weights, inputs) => update(weights, inputs, 'discriminator', config, (params) => discriminatorTerms(params, inputs, shape, config, length)),
    state, discriminatorInputs(shape, config, length), { name: `gan-discriminator-${length}`, ...compute });
}

/** @param length frames that outputs of a batch are padded to */
export function compileGeneratorStep(state: GanState, shape: GanShape, config: GanConfig, length: number, compute: Compute): Promise<GeneratorStep> {
  return compileStep((weights, inputs) => update(weights, inputs, 'generator', config, (params) => generatorTerms(params, inputs, shape, config, length)),
    state, generatorInputs(shape, config, length), { name: `gan-generator-${length}`, ...compute });
}
