// The trained network in use: frames of an utterance in, log-posteriors every 20 ms out; and the statistics of its
// batch norm taken from the speech that it is used on.
import type { Compute } from '../core/stage.js';
import { bucketLength, compile, logSoftmax, SessionCache, tf, type Compiled } from '../engine/index.js';
import { forward, networkInput, outputRows, parameterShapes, strideOf, type NetworkShape } from './network.js';

export interface TrainedNetwork {
  readonly shape: NetworkShape;
  readonly parameters: Readonly<Record<string, Float32Array>>;
  /** [layers][channels] each. */
  readonly moments: readonly { readonly mean: Float32Array; readonly variance: Float32Array }[];
}

export interface Posteriors {
  /** [rows, classes] natural logarithms; row j is about frame stride x j. */
  readonly logProbs: Float32Array;
  /** [rows, channels] the network's last layer. */
  readonly hidden: Float32Array;
  readonly rows: number;
}

export interface NetworkRunner {
  /** @param data [rows, bands] log-mel frames as they come from the front end */
  run(data: Float32Array, rows: number): Promise<Posteriors>;
  dispose(): Promise<void>;
}

const keptGraphs = 12;

export function createNetworkRunner({ shape, parameters, moments }: TrainedNetwork, compute: Compute): NetworkRunner {
  const { bands } = shape;
  const shapes = parameterShapes(shape);
  const constants = (): {
    weights: Record<string, tf.Tensor>;
    statistics: { mean: tf.Tensor; variance: tf.Tensor }[];
  } => ({
    weights: Object.fromEntries(
      Object.entries(shapes).map(([name, dims]) => [name, tf.tensor(parameters[name] as Float32Array, dims)]),
    ),
    statistics: moments.map(({ mean, variance }) => ({ mean: tf.tensor(mean), variance: tf.tensor(variance) })),
  });
  const graphs = new SessionCache<number, Compiled<'x', 'logProbs' | 'hidden'>>(keptGraphs, (length) =>
    compile(
      ({ x }) => {
        const { weights, statistics } = constants();
        const { logits, hidden } = forward(weights, x, shape, { moments: statistics });
        return { logProbs: logSoftmax(logits), hidden: tf.clone(hidden) };
      },
      { x: { shape: [1, length, bands] } },
      { name: `network-${length}`, threads: compute.threads, engine: compute.engine },
    ),
  );
  const run = (x: Float32Array, length: number): Promise<RawPosteriors> =>
    graphs.use(length, (graph) => graph.run({ x }));
  return { run: networkRun(shape, run), dispose: () => graphs.clear() };
}

type RawPosteriors = Pick<Posteriors, 'logProbs' | 'hidden'>;

/** @param run frames [1, length, bands], normalised, to rows that may go on beyond the end */
export function networkRun(
  shape: NetworkShape,
  run: (x: Float32Array, length: number) => Promise<RawPosteriors>,
): NetworkRunner['run'] {
  const { bands, channels, classes } = shape;
  return async (data, rows) => {
    const length = bucketLength(rows + (rows & 1));
    const even = length + (length & 1);
    const x = new Float32Array(even * bands);
    x.set(networkInput(data.subarray(0, rows * bands), shape));
    const found = await run(x, even);
    const out = outputRows(rows, strideOf(shape));
    return {
      logProbs: found.logProbs.slice(0, out * classes),
      hidden: found.hidden.slice(0, out * channels),
      rows: out,
    };
  };
}

/**
 * Means and variances of every layer over crops of real speech, each layer fed by the statistics of its own crops, as
 * in training (Li et al., 2016, "Revisiting batch normalization for practical domain adaptation").
 * @param batches of crops [batch, crop, bands], normalised
 */
export async function estimateMoments(
  { shape, parameters }: Pick<TrainedNetwork, 'shape' | 'parameters'>,
  batches: AsyncIterable<Float32Array>,
  { batch, crop }: { readonly batch: number; readonly crop: number },
  compute: Compute,
): Promise<TrainedNetwork['moments']> {
  const shapes = parameterShapes(shape);
  const { bands, channels, layers } = shape;
  const graph = await compile(
    ({ x }) => {
      const weights = Object.fromEntries(
        Object.entries(shapes).map(([name, dims]) => [name, tf.tensor(parameters[name] as Float32Array, dims)]),
      );
      const { moments } = forward(weights, x, shape);
      return {
        means: tf.stack(moments.map(({ mean }) => mean)),
        variances: tf.stack(moments.map(({ variance }) => variance)),
      };
    },
    { x: { shape: [batch, crop, bands] } },
    { name: 'moments', threads: compute.threads, engine: compute.engine },
  );
  const mean = new Float64Array(layers * channels);
  const square = new Float64Array(layers * channels);
  let count = 0;
  try {
    for await (const x of batches) {
      const { means, variances } = await graph.run({ x });
      for (let i = 0; i < mean.length; i++) {
        mean[i]! += means[i]!;
        square[i]! += variances[i]! + means[i]! ** 2;
      }
      count++;
    }
  } finally {
    await graph.dispose();
  }
  return Array.from({ length: layers }, (_, l) => ({
    mean: Float32Array.from({ length: channels }, (__, c) => mean[l * channels + c]! / count),
    variance: Float32Array.from({ length: channels }, (__, c) =>
      Math.max(0, square[l * channels + c]! / count - (mean[l * channels + c]! / count) ** 2),
    ),
  }));
}
