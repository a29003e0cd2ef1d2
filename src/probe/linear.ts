// Linear probe: how many frames a linear classifier names rightly, after the features were made white. What it can
// read, later stages can find. Softmax regression by Adam on random batches; 80 % of utterances to train, 20 % to test.
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { logSoftmax, tf } from '../engine/index.js';
import { blocksOf } from '../numeric/blocks.js';
import { createProjection, fitPca } from '../numeric/pca.js';
import { compileSupervisedStep, createTrainedState } from '../training/supervised.js';
import type { ProbedUtterance } from './labelled.js';

export interface LinearOptions {
  readonly columns: number;
  readonly classes: number;
  /** Neighbours on each side that are put beside a frame. */
  readonly context: number;
  /** Principal components kept. */
  readonly components: number;
  readonly epochs: number;
  readonly rng: Rng;
  readonly compute: Compute;
}

interface Rows {
  readonly data: Float32Array;
  readonly labels: Int32Array;
}

/** [columns, classes] weights and a bias for each class. */
interface Softmax {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

const batch = 512;

/** A classifier that was fitted on the training utterances. */
export interface LinearProbe {
  /** Share of test frames that are named rightly. */
  readonly accuracy: number;
  /** [rows, classes] scores of all frames of an utterance, up to a constant the log-posteriors of each. */
  scores(utterance: ProbedUtterance): Promise<Float64Array>;
  dispose(): Promise<void>;
}

/** As `linearAccuracy`, and keeps the classifier; undefined where there is too little to fit or to test. */
export async function fitLinear(
  utterances: readonly ProbedUtterance[],
  counts: (label: number) => boolean,
  options: LinearOptions,
): Promise<LinearProbe | undefined> {
  const { columns, context, compute, classes } = options;
  const width = columns * (2 * context + 1);
  const [train, test] = [false, true].map((wanted) =>
    collect(
      utterances.filter((one) => one.test === wanted),
      counts,
      columns,
      context,
    ),
  ) as [Rows, Rows];
  if (train.labels.length < batch || test.labels.length === 0) return undefined;
  const pca = await fitPca(blocksOf(train.data, width), width, Math.min(width, options.components), compute);
  // Components with next to no variance hold noise that whitening would blow up.
  const largest = pca.variances[0] ?? 1;
  const scale = pca.variances.map((variance) => 1 / Math.sqrt(variance + 1e-5 * largest));
  const basis = pca.basis.map((value, i) => value * (scale[i % pca.components] as number));
  const projection = createProjection({ ...pca, basis }, compute);
  const [x, y] = [
    await projection.apply(train.data, train.labels.length),
    await projection.apply(test.data, test.labels.length),
  ];
  const softmax = await fitSoftmax(x, train.labels, pca.components, options);
  const all = ({ rows }: ProbedUtterance): Int32Array => new Int32Array(rows);
  return {
    accuracy: accuracy(y, test.labels, softmax),
    scores: async (utterance) => {
      const { data } = collect([{ ...utterance, labels: all(utterance) }], () => true, columns, context);
      const white = await projection.apply(data, utterance.rows);
      const scores = new Float64Array(utterance.rows * classes);
      for (let t = 0; t < utterance.rows; t++)
        scoreRow(white, t, softmax, scores.subarray(t * classes, (t + 1) * classes));
      return scores;
    },
    dispose: () => projection.dispose(),
  };
}

/**
 * Share of test frames that are named rightly.
 * @param counts which labels count: the others are neither learned nor tested
 */
export async function linearAccuracy(
  utterances: readonly ProbedUtterance[],
  counts: (label: number) => boolean,
  options: LinearOptions,
): Promise<number> {
  const fitted = await fitLinear(utterances, counts, options);
  await fitted?.dispose();
  return fitted?.accuracy ?? NaN;
}

function collect(
  utterances: readonly ProbedUtterance[],
  counts: (label: number) => boolean,
  columns: number,
  context: number,
): Rows {
  const places = utterances.flatMap((one) =>
    Array.from(one.labels, (label, t) => ({ one, t, label })).filter(({ label }) => label >= 0 && counts(label)),
  );
  const width = columns * (2 * context + 1);
  const data = new Float32Array(places.length * width);
  places.forEach(({ one, t }, i) => {
    for (let d = -context; d <= context; d++) {
      const from = Math.max(0, Math.min(one.rows - 1, t + d)) * columns;
      data.set(one.data.subarray(from, from + columns), i * width + (d + context) * columns);
    }
  });
  return { data, labels: Int32Array.from(places, ({ label }) => label) };
}

async function fitSoftmax(
  x: Float32Array,
  labels: Int32Array,
  columns: number,
  { classes, epochs, rng, compute }: LinearOptions,
): Promise<Softmax> {
  const state = createTrainedState({
    w: { shape: [columns, classes], init: new Float32Array(columns * classes) },
    b: { shape: [classes], init: new Float32Array(classes) },
  });
  await using step = held(
    await compileSupervisedStep(state, {
      name: 'linear probe',
      inputs: { x: { shape: [batch, columns] }, wanted: { shape: [batch, classes] } },
      terms: ({ w, b }, { x: rows, wanted }) => ({
        loss: tf.neg(
          tf.mean(tf.sum(tf.mul(logSoftmax(tf.add(tf.matMul(rows, w as tf.Tensor), b as tf.Tensor)), wanted), 1)),
        ),
      }),
      betas: [0.9, 0.999],
      compute,
    }),
  );
  const order = Array.from(labels, (_, i) => i);
  const perEpoch = Math.floor(order.length / batch);
  const total = Math.max(perEpoch * epochs, 600);
  const stream = rng.fork('batches');
  for (let n = 0; n < total; n++) {
    if (n % perEpoch === 0) stream.shuffleInPlace(order);
    const inputs = new Float32Array(batch * columns);
    const wanted = new Float32Array(batch * classes);
    for (let i = 0; i < batch; i++) {
      const row = order[(n % perEpoch) * batch + i] as number;
      inputs.set(x.subarray(row * columns, (row + 1) * columns), i * columns);
      wanted[i * classes + (labels[row] as number)] = 1;
    }
    await step.step({
      x: inputs,
      wanted,
      lr: Float32Array.of(0.01 * (1 - n / total)),
      step: Float32Array.of(n + 1),
    });
  }
  return { weight: state.values['w']!.slice(), bias: state.values['b']!.slice() };
}

function accuracy(rows: Float32Array, labels: Int32Array, softmax: Softmax): number {
  let right = 0;
  const scores = new Float64Array(softmax.bias.length);
  labels.forEach((label, row) => {
    scoreRow(rows, row, softmax, scores);
    if (scores.indexOf(scores.reduce((a, b) => Math.max(a, b), -Infinity)) === label) right++;
  });
  return right / labels.length;
}

function scoreRow(rows: Float32Array, row: number, { weight, bias }: Softmax, scores: Float64Array): void {
  const classes = bias.length;
  const columns = weight.length / classes;
  scores.set(bias);
  for (let c = 0; c < columns; c++) {
    const value = rows[row * columns + c] as number;
    for (let k = 0; k < classes; k++) scores[k] = (scores[k] as number) + value * (weight[c * classes + k] as number);
  }
}
