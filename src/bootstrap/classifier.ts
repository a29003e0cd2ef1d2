// A small network from segment vectors to phones, and its two training steps: cross-entropy to given labels, and that
// beside the n-gram matching loss: how far the phone pairs that it finds are from those of the text (Wang et al., ASRU
// 2023, arXiv 2310.02382). N segments, D values of a vector, H hidden, V phones, L lags.
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { compile, tf, type Compiled } from '../engine/index.js';
import {
  compileSupervisedStep,
  createTrainedState,
  weightsOf,
  type SupervisedStep,
  type TrainedState,
} from '../training/supervised.js';
import { crossEntropy } from './network.js';

export interface ClassifierShape {
  readonly columns: number;
  readonly hidden: number;
  readonly phones: number;
}

const shapesOf = ({ columns, hidden, phones }: ClassifierShape): Record<string, number[]> => ({
  w1: [columns, hidden],
  b1: [hidden],
  w2: [hidden, hidden],
  b2: [hidden],
  w3: [hidden, phones],
  b3: [phones],
});

/** He et al. (2015); biases 0. */
export function createClassifier(shape: ClassifierShape, rng: Rng): TrainedState {
  return createTrainedState(
    Object.fromEntries(
      Object.entries(shapesOf(shape)).map(([name, dims]) => {
        const stream = rng.fork(name);
        const size = dims.reduce((a, b) => a * b, 1);
        const spread = dims.length === 2 ? Math.sqrt(2 / dims[0]!) : 0;
        const init = Float32Array.from({ length: size }, () => (spread > 0 ? spread * stream.normal() : 0));
        return [name, { shape: dims, init }];
      }),
    ),
  );
}

/** [N, D] -> [N, V] */
function logitsOf(parameters: Readonly<Record<string, tf.Tensor>>, x: tf.Tensor): tf.Tensor {
  const layer = (input: tf.Tensor, n: number): tf.Tensor =>
    tf.add(tf.matMul(input, parameters[`w${n}`] as tf.Tensor), parameters[`b${n}`] as tf.Tensor);
  return layer(tf.relu(layer(tf.relu(layer(x, 1)), 2)), 3);
}

/**
 * Σ_k ‖pairs at distance k under the posteriors − those of the text‖₁
 * @param posteriors [N, V], segments of several utterances one after the other
 * @param links [N, L] 1 where the segment k + 1 further on belongs to the same utterance
 * @param text [L, V, V], each lag sums to 1
 */
export function pairLoss(posteriors: tf.Tensor, links: tf.Tensor, text: tf.Tensor): tf.Tensor {
  const [lags, phones] = text.shape as [number, number, number];
  const rows = posteriors.shape[0];
  let loss: tf.Tensor = tf.scalar(0);
  for (let k = 1; k <= lags; k++) {
    const linked = tf.slice(links, [0, k - 1], [rows - k, 1]);
    const here = tf.mul(tf.slice(posteriors, [0, 0], [rows - k, phones]), linked);
    const pairs = tf.matMul(tf.transpose(here, [1, 0]), tf.slice(posteriors, [k, 0], [rows - k, phones])); // [V, V]
    const shares = tf.div(pairs, tf.maximum(tf.sum(linked), 1));
    loss = tf.add(
      loss,
      tf.sum(tf.abs(tf.sub(shares, tf.reshape(tf.slice(text, [k - 1, 0, 0], [1, phones, phones]), [phones, phones])))),
    );
  }
  return loss;
}

export interface MatchingTerm {
  /** [L, V, V] skipgram shares. */
  readonly text: Float32Array;
  readonly lags: number;
  /** Of the cross-entropy beside it. */
  readonly labelWeight: number;
}

export type ClassifierStep = SupervisedStep<'x' | 'targets' | 'links', 'crossEntropy' | 'matching'>;

/**
 * Inputs: x [N, D], targets [N, V] (rows of zeros count for nothing), links [N, L], lr, step.
 * Without `matching` the labels alone count.
 */
export function compileClassifierStep(
  state: TrainedState,
  shape: ClassifierShape,
  rows: number,
  matching: MatchingTerm | undefined,
  compute: Compute,
): Promise<ClassifierStep> {
  const { columns, phones } = shape;
  const lags = matching?.lags ?? 1;
  return compileSupervisedStep(state, {
    name: matching ? 'segment matching' : 'segment labels',
    inputs: { x: { shape: [rows, columns] }, targets: { shape: [rows, phones] }, links: { shape: [rows, lags] } },
    terms: (weights, { x, targets, links }) => {
      const logits = logitsOf(weights, x);
      const labels = crossEntropy(logits, targets);
      if (!matching) return { loss: labels, crossEntropy: labels, matching: tf.sum(tf.mul(links, 0)) };
      const pairs = pairLoss(tf.softmax(logits), links, tf.tensor(matching.text, [lags, phones, phones]));
      return {
        loss: tf.add(pairs, tf.mul(labels, matching.labelWeight)),
        crossEntropy: labels,
        matching: pairs,
      };
    },
    betas: [0.9, 0.98],
    compute,
  });
}

const blockRows = 256;

/** The most likely phone of each segment. [N, D] -> [N] */
export async function createSegmentLabeller(
  state: TrainedState,
  shape: ClassifierShape,
  compute: Compute,
): Promise<{ label(x: Float32Array): Promise<Int32Array>; dispose(): Promise<void> }> {
  const { columns, phones } = shape;
  const shapes = shapesOf(shape);
  const parameters = weightsOf(state);
  const graph: Compiled<string, 'logits'> = await compile(
    (inputs: Record<string, tf.Tensor>) => ({ logits: logitsOf(inputs, inputs['x'] as tf.Tensor) }),
    {
      x: { shape: [blockRows, columns] },
      ...Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, { shape: dims }])),
    },
    { name: 'segment classifier', threads: compute.threads, engine: compute.engine },
  );
  return {
    async label(x) {
      const rows = x.length / columns;
      const labels = new Int32Array(rows);
      const block = new Float32Array(blockRows * columns);
      for (let from = 0; from < rows; from += blockRows) {
        const count = Math.min(blockRows, rows - from);
        block.set(x.subarray(from * columns, (from + count) * columns));
        const { logits } = await graph.run({ ...parameters, x: block });
        for (let r = 0; r < count; r++) {
          let best = 0;
          for (let v = 1; v < phones; v++) if (logits[r * phones + v]! > logits[r * phones + best]!) best = v;
          labels[from + r] = best;
        }
      }
      return labels;
    },
    dispose: () => graph.dispose(),
  };
}
