// The generator in training: the convolution of wav2vec-U, and before it, where asked for, wav2vec-U 2.0's batch
// norm, residual layer and auxiliary classifier (Liu et al., SLT 2022, arXiv 2204.02492). Its logits are needed on the
// host before a step (JOIN looks at them), so the step goes back from their gradient by running the layers again.
import type { Rng } from '../core/rng.js';
import { logSoftmax, stopGradient, tf, type StateSpec, type ValueSpec } from '../engine/index.js';
import type { GanConfig } from './config.js';
import { uniformInit } from './generator.js';

export interface GeneratorShape {
  /** Values of a segment vector. */
  readonly columns: number;
  readonly classes: number;
}
type Tensors = Readonly<Record<string, tf.Tensor>>;

/** No layer before the convolution: dropout can be applied on the host, and the logits are a plain product. */
export const isPlain = ({ generator }: GanConfig): boolean => generator.batchNorm === 0 && !generator.residual;

const epsilon = 1e-5; // PyTorch's, inside the root
const ones = (n: number, value = 1): Float32Array => new Float32Array(n).fill(value);

/** `g.w` [kernel * columns, classes], frame-major, and the weights of the layers that are on. */
export function generatorSpecs(
  { generator: { kernel, batchNorm, residual }, auxiliary }: GanConfig,
  { columns, classes }: GeneratorShape,
  rng: Rng,
): Record<string, StateSpec> {
  const rows = kernel * columns;
  const linear = (name: string, outputs: number): Record<string, StateSpec> => ({
    [`${name}.w`]: { shape: [columns, outputs], init: uniformInit(columns * outputs, columns, rng.fork(`${name}.w`)) },
    [`${name}.b`]: { shape: [outputs], init: uniformInit(outputs, columns, rng.fork(`${name}.b`)) },
  });
  return {
    'g.w': { shape: [rows, classes], init: uniformInit(rows * classes, rows, rng) },
    ...(batchNorm === 0
      ? {}
      : {
          'g.norm.gamma': { shape: [columns], init: ones(columns, batchNorm) },
          'g.norm.beta': { shape: [columns], init: new Float32Array(columns) },
        }),
    ...(residual ? linear('g.residual', columns) : {}),
    ...(auxiliary.weight === 0 ? {} : linear('g.auxiliary', auxiliary.classes)),
  };
}

/** What batch norm uses outside of training: running means of what batches had. No weights: nothing derives by them. */
export const statisticSpecs = ({ generator }: GanConfig, { columns }: GeneratorShape): Record<string, StateSpec> =>
  generator.batchNorm === 0
    ? {}
    : {
        's.mean': { shape: [columns], init: new Float32Array(columns) },
        's.variance': { shape: [columns], init: ones(columns) },
      };

/**
 * Inputs of the layers before the convolution, and of the convolution: `x` [rows, columns], segment vectors with zero
 * rows around each utterance, after dropout where the generator is plain. Where it is not, also `real` [rows, 1], 1 for
 * rows that are segments, and dropout factors before the residual layer
 * (`dropInner`) and the convolution (`dropOuter`).
 */
export function layerInputs(config: GanConfig, columns: number, rows: number): { readonly x: ValueSpec } {
  const x = { shape: [rows, columns] };
  if (isPlain(config)) return { x };
  const more = { real: { shape: [rows, 1] }, ...(config.generator.residual ? { dropInner: x } : {}), dropOuter: x };
  return { x, ...more };
}

export interface Hidden {
  /** What the convolution reads: [rows, columns], zero outside of utterances. */
  readonly z: tf.Tensor;
  /** The residual layer's output. */
  readonly inner?: tf.Tensor;
  /** Of the batch, [columns]; the variance as an estimate for the corpus (n - 1). */
  readonly mean?: tf.Tensor;
  readonly variance?: tf.Tensor;
}

/** The layers before the convolution. Padding stays zero: it is not there, so neither biases nor norms touch it. */
export function hiddenLayers(params: Tensors, inputs: Tensors, config: GanConfig): Hidden {
  const x = inputs['x'] as tf.Tensor;
  if (isPlain(config)) return { z: x };
  const real = inputs['real'] as tf.Tensor;
  let h = x;
  let statistics: Pick<Hidden, 'mean' | 'variance'> = {};
  if (config.generator.batchNorm > 0) {
    const count = tf.sum(real);
    const mean = tf.div(tf.sum(tf.mul(x, real), 0), count);
    const centred = tf.mul(tf.sub(x, mean), real);
    const squares = tf.sum(tf.square(centred), 0);
    const scale = tf.mul(params['g.norm.gamma'] as tf.Tensor, tf.rsqrt(tf.add(tf.div(squares, count), epsilon)));
    h = tf.mul(tf.add(tf.mul(centred, scale), params['g.norm.beta'] as tf.Tensor), real);
    statistics = { mean, variance: tf.div(squares, tf.maximum(tf.sub(count, 1), 1)) };
  }
  const outer = tf.mul(inputs['dropOuter'] as tf.Tensor, real);
  if (!config.generator.residual) return { z: tf.mul(h, outer), ...statistics };
  const inner = tf.add(
    tf.matMul(tf.mul<tf.Tensor2D>(h, inputs['dropInner'] as tf.Tensor), params['g.residual.w'] as tf.Tensor2D),
    params['g.residual.b'] as tf.Tensor,
  );
  return { z: tf.mul(tf.add(h, inner), outer), inner, ...statistics };
}

/** What each row adds to the outputs that it is a tap of: [rows, kernel * classes]. */
export function tapProducts(
  z: tf.Tensor,
  w: tf.Tensor,
  { generator: { kernel } }: GanConfig,
  { columns, classes }: GeneratorShape,
): tf.Tensor2D {
  const taps = tf.reshape<tf.Rank.R2>(tf.transpose(tf.reshape(w, [kernel, columns, classes]), [1, 0, 2]), [
    columns,
    kernel * classes,
  ]);
  return tf.matMul(z, taps);
}

/**
 * Cross-entropy (nats) of the labels of rows from the residual layer's output, rows labelled -1 left out, divided by
 * the input `auxiliaryFrames` (see `auxiliary.pads`) and weighted.
 */
export function auxiliaryLoss(
  params: Tensors,
  inputs: Tensors,
  config: GanConfig,
  inner: tf.Tensor | undefined,
): tf.Tensor {
  const logits = tf.add(
    tf.matMul(inner as tf.Tensor2D, params['g.auxiliary.w'] as tf.Tensor2D),
    params['g.auxiliary.b'] as tf.Tensor,
  );
  const labels = tf.oneHot(inputs['labels'] as tf.Tensor1D, config.auxiliary.classes, 1, 0, 'float32');
  const found = tf.sum(tf.mul(labels, logSoftmax(logits)));
  return tf.mul(tf.neg(tf.div(found, inputs['auxiliaryFrames'] as tf.Tensor)), config.auxiliary.weight);
}

/** Gradients by all weights that lead to the logits, and to the auxiliary loss where it is asked for. */
export function generatorGradients(
  params: Tensors,
  inputs: Tensors,
  logitsGradient: tf.Tensor,
  { config, shape, withAuxiliary }: { config: GanConfig; shape: GeneratorShape; withAuxiliary: boolean },
): { gradients: Record<string, tf.Tensor>; auxiliary?: tf.Tensor } {
  const { joinedRow, joinedShare } = inputs as Record<'joinedRow' | 'joinedShare', tf.Tensor2D>;
  const [rows, kernel] = joinedRow.shape;
  // A row whose tap went nowhere reads the zeros behind the last gradient.
  const withNone = tf.concat([logitsGradient, tf.zeros([1, shape.classes])], 0);
  const gathered = tf.gather(withNone, joinedRow); // [rows, kernel, V]
  const shares = config.joinFrame === 'random' ? gathered : tf.mul(gathered, tf.expandDims(joinedShare, 2));
  const tapGradients = stopGradient(tf.reshape(shares, [rows, kernel * shape.classes]));
  const auxiliaryOn = withAuxiliary && config.auxiliary.weight > 0;
  const names = Object.keys(params).filter(
    (name) => name.startsWith('g.') && (auxiliaryOn || !name.startsWith('g.auxiliary.')),
  );
  // Its slope by the taps is the gradient that arrived, so what follows is one derivation of everything.
  const pull = (given: Tensors): tf.Tensor => {
    const { z, inner } = hiddenLayers(given, inputs, config);
    const pulled = tf.sum(tf.mul(tapProducts(z, given['g.w'] as tf.Tensor, config, shape), tapGradients));
    return auxiliaryOn ? tf.add(pulled, auxiliaryLoss(given, inputs, config, inner)) : pulled;
  };
  const found = tf.grads((...tensors: tf.Tensor[]) =>
    pull({ ...params, ...Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])) }),
  )(names.map((name) => params[name] as tf.Tensor));
  const gradients = Object.fromEntries(names.map((name, i) => [name, found[i] as tf.Tensor]));
  return auxiliaryOn
    ? { gradients, auxiliary: auxiliaryLoss(params, inputs, config, hiddenLayers(params, inputs, config).inner) }
    : { gradients };
}
