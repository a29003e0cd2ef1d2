// Fits a generator to labels that another method found, so that adversarial training can start from them: softmax
// regression from the generator's own windows of segment vectors to phone probabilities.
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { logSoftmax, tf } from '../engine/index.js';
import { compileSupervisedStep, createTrainedState } from '../training/supervised.js';
import { generatorPadding, type GanConfig } from './config.js';
import { outputRows, uniformInit } from './generator.js';
import { isPlain } from './generator-network.js';
import { CachedSegments, type SegmentSource } from './segment-source.js';

export interface FitOptions {
  readonly segments: SegmentSource;
  /** Phone probabilities of each segment of an utterance, [S, classes]; what has no probability is never said. */
  readonly labels: (id: string) => Float32Array;
  /** Outputs of the generator: phones, silence and special classes. */
  readonly classes: number;
  readonly config: GanConfig;
  readonly rng: Rng;
  readonly compute: Compute;
}

const fitting = { steps: 400, rows: 1024, learningRate: 5e-3, smoothing: 0.1 } as const;

/**
 * Cross-entropy with label smoothing (Szegedy et al., 2016), since a generator that is never in doubt gives the
 * adversary nothing to correct. Output n is taught what segment n is; the one after the last, what the last is.
 * @returns [kernel * columns, classes]
 * @throws AsrError 'config' for a generator that is more than one convolution (wav2vec-U 2.0's)
 */
export async function fitGenerator({
  segments,
  labels,
  classes,
  config,
  rng,
  compute,
}: FitOptions): Promise<Float32Array> {
  if (!isPlain(config) || config.generator.stride > 1)
    throw new AsrError(
      'config',
      'gan: only a generator of one convolution can start from labels',
      'Set gan.start=random, or leave generator.stride, batchNorm and residual as they are.',
    );
  const { kernel } = config.generator;
  const pad = generatorPadding(config.generator);
  const columns = segments.columns ?? 0;
  const ids = segments.ids.filter((id) => outputRows(segments.rowsOf(id), kernel, pad) > 0);
  const source = new CachedSegments(segments, config.cacheMiB * 2 ** 20);
  const init = uniformInit(kernel * columns * classes, kernel * columns, rng.fork('weights'));
  const state = createTrainedState({ w: { shape: [kernel * columns, classes], init } });
  await using step = held(
    await compileSupervisedStep(state, {
      name: 'fit-generator',
      inputs: { x: { shape: [fitting.rows, kernel * columns] }, target: { shape: [fitting.rows, classes] } },
      terms: ({ w }, inputs) => ({
        loss: tf.neg(tf.mean(tf.sum(tf.mul(inputs.target, logSoftmax(tf.matMul(inputs.x, w as tf.Tensor))), 1))),
      }),
      betas: [0.9, 0.98],
      compute,
    }),
  );
  const x = new Float32Array(fitting.rows * kernel * columns);
  const target = new Float32Array(fitting.rows * classes);
  for (let i = 1; i <= fitting.steps; i++) {
    const draw = rng.fork('rows').fork(i);
    for (let row = 0; row < fitting.rows; row++) {
      const id = draw.choice(ids);
      const vectors = await source.read(id);
      const count = vectors.length / columns;
      const n = draw.integer(outputRows(count, kernel, pad));
      window(vectors, n - pad, x.subarray(row * kernel * columns, (row + 1) * kernel * columns), columns);
      const segment = Math.min(count - 1, n);
      const share = labels(id).subarray(segment * classes, (segment + 1) * classes);
      for (let c = 0; c < classes; c++)
        target[row * classes + c] = (1 - fitting.smoothing) * share[c]! + fitting.smoothing / classes;
    }
    const lr = fitting.learningRate * (1 - (i - 1) / fitting.steps);
    await step.step({ x, target, step: Float32Array.of(i), lr: Float32Array.of(lr) });
  }
  return state.values['w']!.slice();
}

/** Segments first…first + kernel - 1, zeros beyond both ends of the utterance. */
function window(vectors: Float32Array, first: number, into: Float32Array, columns: number): void {
  into.fill(0);
  const from = Math.max(0, first * columns);
  const to = Math.min(vectors.length, first * columns + into.length);
  if (to > from) into.set(vectors.subarray(from, to), from - first * columns);
}
