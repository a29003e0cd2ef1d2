// Linear probe: how many frames a linear classifier names rightly, after the features were made white. What it can
// read, later stages can find. Softmax regression by Adam on random batches; 80 % of utterances to train, 20 % to test.
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { adam, compileStep, logSoftmax, tf } from '../engine/index.js';
import { blocksOf } from '../numeric/blocks.js';
import { createProjection, fitPca } from '../numeric/pca.js';
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
  const zero = (shape: number[]) => ({ shape, init: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
  await using step = held(
    await compileStep(
      (state, inputs) => {
        const loss = (w: tf.Tensor, b: tf.Tensor) =>
          tf.neg(tf.mean(tf.sum(tf.mul(logSoftmax(tf.add(tf.matMul(inputs.x, w), b)), inputs.wanted), 1)));
        const [w, b] = tf.grads(loss)([state.w, state.b]) as [tf.Tensor, tf.Tensor];
        const next = adam(
          { w: state.w, b: state.b },
          { w, b },
          { m: { w: state.mw, b: state.mb }, v: { w: state.vw, b: state.vb } },
          { lr: inputs.rate, betas: [0.9, 0.999], eps: 1e-8, step: inputs.step },
        );
        return {
          state: {
            w: next.params.w,
            b: next.params.b,
            mw: next.moments.m.w,
            mb: next.moments.m.b,
            vw: next.moments.v.w,
            vb: next.moments.v.b,
          },
          outputs: { loss: loss(state.w, state.b) },
        };
      },
      {
        w: zero([columns, classes]),
        b: zero([classes]),
        mw: zero([columns, classes]),
        mb: zero([classes]),
        vw: zero([columns, classes]),
        vb: zero([classes]),
      },
      { x: { shape: [batch, columns] }, wanted: { shape: [batch, classes] }, rate: { shape: [] }, step: { shape: [] } },
      { name: 'linear probe', threads: compute.threads, engine: compute.engine },
    ),
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
      rate: Float32Array.of(0.01 * (1 - n / total)),
      step: Float32Array.of(n + 1),
    });
  }
  return { weight: step.state.w.slice(), bias: step.state.b.slice() };
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
