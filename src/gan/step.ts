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
import { moved, trainedEntries, type NamedTensors } from '../training/supervised.js';
import type { GanConfig } from './config.js';
import { discriminatorSpecs, type Params } from './discriminator.js';
import { generatorGradients, generatorSpecs, statisticSpecs } from './generator-network.js';
import {
  courseInputs,
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
import { discriminatorTerms, generatorTerms, type Terms } from './terms.js';

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

type Network = 'generator' | 'discriminator';

/** @param terms of the discriminator's weights, with the inputs, `logits` among them, that they are derived by */
function update(
  state: NamedTensors,
  inputs: NamedTensors,
  { network, shape, config }: { network: Network; shape: GanShape; config: GanConfig },
  terms: (params: Params, inputs: NamedTensors) => Terms,
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
    ...courseInputs(config, 'discriminator'),
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
