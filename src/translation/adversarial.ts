// The adversarial game (Conneau et al., ICLR 2018, section 2.1): a linear map moves source vectors among target
// vectors, a small network tells which is which, and the map learns to leave it guessing. No pair is known.
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { compileStep, createState, logisticLoss, tf, type State, type TrainingStep } from '../engine/index.js';
import type { TranslationConfig } from './config.js';
import type { Side } from './csls.js';

type Weights = 'map' | 'w1' | 'b1' | 'w2' | 'b2' | 'w3' | 'b3';
type Feeds = 'source' | 'target' | 'keep' | 'rate';
const layers = ['w1', 'b1', 'w2', 'b2', 'w3', 'b3'] as const;

export interface Game {
  /** One epoch; `rate` is the step size. @returns mean loss of the discriminator, in nats: ln 2 = it guesses */
  epoch(rate: number, signal?: AbortSignal): Promise<number>;
  /** [dim, dim], a copy. */
  map(): Float32Array;
  dispose(): Promise<void>;
}

interface GameInput {
  readonly source: Side;
  readonly target: Side;
  readonly config: TranslationConfig;
  readonly compute: Compute;
}

/** @param map [dim, dim] where the map begins */
export async function createGame(
  { source, target, config, compute }: GameInput,
  map: Float32Array,
  rng: Rng,
): Promise<Game> {
  const dim = source.data.length / source.rows;
  const { batch, hidden } = config;
  const state = startState(map, dim, hidden, rng.fork('weights'));
  const inputs = {
    source: { shape: [batch, dim] },
    target: { shape: [batch, dim] },
    keep: { shape: [2 * batch, dim] },
    rate: { shape: [] },
  };
  const discriminator = await compileStep((s, x) => discriminatorUpdate(s, x, config), state, inputs, {
    name: 'translation discriminator',
    ...compute,
  });
  const mapper = await compileStep((s, x) => mapUpdate(s, x, config), state, inputs, {
    name: 'translation map',
    ...compute,
  });
  const draw = rng.fork('batches');
  const feeds = (rate: number): Record<Feeds, Float32Array> => ({
    source: rowsOf(source, Math.min(config.frequent, source.rows), batch, dim, draw),
    target: rowsOf(target, Math.min(config.frequent, target.rows), batch, dim, draw),
    keep: Float32Array.from({ length: 2 * batch * dim }, () =>
      draw.uniform() < config.dropout ? 0 : 1 / (1 - config.dropout),
    ),
    rate: Float32Array.of(rate),
  });
  return {
    epoch: async (rate, signal) => {
      let loss = 0;
      for (let i = 0; i < config.epochSteps; i++) {
        signal?.throwIfAborted();
        for (let d = 0; d < config.discriminatorSteps; d++) loss += await lossOf(discriminator, feeds(rate));
        await mapper.step(feeds(rate));
      }
      return loss / (config.epochSteps * config.discriminatorSteps);
    },
    map: () => state.values.map.slice(),
    dispose: async () => {
      await discriminator.dispose();
      await mapper.dispose();
    },
  };
}

async function lossOf(step: TrainingStep<Weights, Feeds, 'loss'>, feeds: Record<Feeds, Float32Array>): Promise<number> {
  return (await step.step(feeds)).loss[0] as number;
}

function startState(map: Float32Array, dim: number, hidden: number, rng: Rng): State<Weights> {
  const dense = (rows: number, columns: number) => ({
    shape: [rows, columns],
    init: Float32Array.from({ length: rows * columns }, () => (2 * rng.uniform() - 1) / Math.sqrt(rows)),
  });
  const zeros = (size: number) => ({ shape: [size], init: new Float32Array(size) });
  return createState({
    map: { shape: [dim, dim], init: map },
    w1: dense(dim, hidden),
    b1: zeros(hidden),
    w2: dense(hidden, hidden),
    b2: zeros(hidden),
    w3: dense(hidden, 1),
    b3: zeros(1),
  });
}

function rowsOf({ data }: Side, among: number, batch: number, dim: number, rng: Rng): Float32Array {
  const out = new Float32Array(batch * dim);
  for (let b = 0; b < batch; b++) {
    const at = rng.integer(among) * dim;
    out.set(data.subarray(at, at + dim), b * dim);
  }
  return out;
}

/**
 * Cross-entropy of telling mapped source words (label 1 - smoothing) from target
 * words (smoothing); flipped for the map.
 */
function gameLoss(
  map: tf.Tensor,
  [w1, b1, w2, b2, w3, b3]: readonly tf.Tensor[],
  x: Record<Feeds, tf.Tensor>,
  { smoothing, batch }: TranslationConfig,
  flipped: boolean,
): tf.Scalar {
  const both = tf.mul(tf.concat([tf.matMul(x.source, map), x.target] as tf.Tensor2D[], 0), x.keep); // [2B, dim]
  const first = tf.leakyRelu(tf.add(tf.matMul(both, w1 as tf.Tensor), b1 as tf.Tensor), 0.2);
  const second = tf.leakyRelu(tf.add(tf.matMul(first, w2 as tf.Tensor), b2 as tf.Tensor), 0.2);
  const logits = tf.add(tf.matMul(second, w3 as tf.Tensor), b3 as tf.Tensor); // [2B, 1]
  const [own, other] = flipped ? [smoothing, 1 - smoothing] : [1 - smoothing, smoothing];
  const labels = tf.concat([tf.fill([batch, 1], own), tf.fill([batch, 1], other)], 0);
  return tf.mean(logisticLoss(logits, labels));
}

function discriminatorUpdate(s: Record<Weights, tf.Tensor>, x: Record<Feeds, tf.Tensor>, config: TranslationConfig) {
  const loss = (...weights: tf.Tensor[]): tf.Scalar => gameLoss(s.map, weights, x, config, false);
  const weights = layers.map((name) => s[name]);
  const slopes = tf.grads(loss)(weights);
  const state = Object.fromEntries(
    layers.map((name, i) => [name, tf.sub(s[name], tf.mul(slopes[i] as tf.Tensor, x.rate))]),
  ) as Record<Exclude<Weights, 'map'>, tf.Tensor>;
  return { state, outputs: { loss: loss(...weights) } };
}

function mapUpdate(s: Record<Weights, tf.Tensor>, x: Record<Feeds, tf.Tensor>, config: TranslationConfig) {
  const loss = (map: tf.Tensor): tf.Scalar =>
    gameLoss(
      map,
      layers.map((name) => s[name]),
      x,
      config,
      true,
    );
  const moved = tf.sub(s.map, tf.mul(tf.grad(loss)(s.map), x.rate));
  const cube = tf.matMul(tf.matMul(moved, moved, false, true), moved); // W Wᵀ W
  return {
    state: { map: tf.sub(tf.mul(moved, 1 + config.beta), tf.mul(cube, config.beta)) },
    outputs: { loss: loss(s.map) },
  };
}
