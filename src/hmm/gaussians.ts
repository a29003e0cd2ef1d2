// One diagonal Gaussian per state: accumulated from weighted frames, evaluated for blocks of frames as two matrix
// products through the engine (x² and x against precomputed weights).
import type { Compute } from '../core/stage.js';
import { compile, tf } from '../engine/index.js';

export interface Gaussians {
  readonly states: number;
  readonly dim: number;
  /** [states, dim] */
  readonly means: Float32Array;
  /** [states, dim] */
  readonly variances: Float32Array;
}

/** Weighted sums of frames per state. */
export class GaussianSums {
  readonly weights: Float64Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;

  constructor(
    readonly states: number,
    readonly dim: number,
  ) {
    this.weights = new Float64Array(states);
    this.#sums = new Float64Array(states * dim);
    this.#squares = new Float64Array(states * dim);
  }

  /** @param frames [T, dim], of which row t is added */
  add(state: number, weight: number, frames: Float32Array, t: number): void {
    const { dim } = this;
    const sums = this.#sums;
    const squares = this.#squares;
    this.weights[state]! += weight;
    for (let d = 0, at = state * dim, from = t * dim; d < dim; d++, at++, from++) {
      const x = frames[from]!;
      const wx = weight * x;
      sums[at]! += wx;
      squares[at]! += wx * x;
    }
  }

  /**
   * Means and variances; a state is pulled towards all frames' own mean and variance by `priorFrames` frames of them,
   * so that one that was hardly seen stays broad.
   */
  estimate(varianceFloor: number, priorFrames: number): Gaussians {
    const { states, dim } = this;
    const means = new Float32Array(states * dim);
    const variances = new Float32Array(states * dim);
    const total = this.weights.reduce((a, b) => a + b, 0);
    for (let d = 0; d < dim; d++) {
      let sum = 0;
      let square = 0;
      for (let s = 0; s < states; s++) {
        sum += this.#sums[s * dim + d]!;
        square += this.#squares[s * dim + d]!;
      }
      const priorMean = sum / total;
      const priorSquare = square / total;
      for (let s = 0; s < states; s++) {
        const weight = this.weights[s]! + priorFrames;
        const mean = (this.#sums[s * dim + d]! + priorFrames * priorMean) / weight;
        means[s * dim + d] = mean;
        variances[s * dim + d] = Math.max(
          varianceFloor,
          (this.#squares[s * dim + d]! + priorFrames * priorSquare) / weight - mean * mean,
        );
      }
    }
    return { states, dim, means, variances };
  }
}

/**
 * What frames say of their state, in nats a frame: the likelihood under the Gaussians of their states over that under
 * one Gaussian of all frames. Half the mean fall of the logarithm of the variance, summed over columns, so that columns
 * that tell the same count as often as they stand there.
 * @param all the sums of the same frames over one state
 */
export function evidenceOf(sums: GaussianSums, all: GaussianSums, varianceFloor: number): number {
  const own = sums.estimate(varianceFloor, 0);
  const one = all.estimate(varianceFloor, 0);
  const total = sums.weights.reduce((a, b) => a + b, 0);
  let evidence = 0;
  for (let s = 0; s < own.states; s++) {
    if (sums.weights[s] === 0) continue;
    for (let d = 0; d < own.dim; d++)
      evidence += (sums.weights[s]! / total) * Math.log(one.variances[d]! / own.variances[s * own.dim + d]!);
  }
  return evidence / 2;
}

/** Mean log density of frames under one diagonal Gaussian that has their own moments. */
export function oneGaussian(all: GaussianSums, varianceFloor: number): number {
  const { variances } = all.estimate(varianceFloor, 0);
  return -0.5 * variances.reduce((sum, variance) => sum + Math.log(2 * Math.PI * variance) + 1, 0);
}

export interface GaussianScorer {
  /**
   * @param frames [rows, dim].
   * @returns [rows, states] natural log densities, new each time unless the scorer reuses them
   */
  score(frames: Float32Array, rows: number): Promise<Float32Array>;
  set(gaussians: Gaussians): void;
  dispose(): Promise<void>;
}

const blockRows = 512;

/**
 * Compiled once; `set` replaces the Gaussians between passes.
 * @param reuse each call writes over what the last one returned, and waits for it: for loops over a corpus, where
 *   zeroing megabytes for each utterance costs more than it is worth
 */
export async function createGaussianScorer(
  gaussians: Gaussians,
  compute: Compute,
  { reuse = false }: { readonly reuse?: boolean } = {},
): Promise<GaussianScorer> {
  const { states, dim } = gaussians;
  const graph = await compile(
    ({ x, quadratic, linear, constant }) => ({
      // [rows, dim] -> [rows, states]
      scores: tf.add(tf.add(tf.matMul(tf.square(x), quadratic), tf.matMul(x, linear)), constant),
    }),
    {
      x: { shape: [blockRows, dim] },
      quadratic: { shape: [dim, states] },
      linear: { shape: [dim, states] },
      constant: { shape: [states] },
    },
    { name: 'gaussians', threads: compute.threads, engine: compute.engine },
  );
  let weights = weightsOf(gaussians);
  const buffers = (): { block: Float32Array; blockScores: Float32Array } => ({
    block: new Float32Array(blockRows * dim),
    blockScores: new Float32Array(blockRows * states),
  });
  const kept = reuse ? buffers() : undefined;
  let last = new Float32Array(0);
  return {
    set: (next) => {
      weights = weightsOf(next);
    },
    async score(frames, rows) {
      const { block, blockScores } = kept ?? buffers();
      const scores = reuse && last.length >= rows * states ? last : new Float32Array(rows * states);
      if (reuse) last = scores;
      for (let from = 0; from < rows; from += blockRows) {
        const count = Math.min(blockRows, rows - from);
        block.fill(0);
        block.set(frames.subarray(from * dim, (from + count) * dim));
        await graph.run({ x: block, ...weights }, { scores: blockScores });
        scores.set(blockScores.subarray(0, count * states), from * states);
      }
      return scores;
    },
    dispose: () => graph.dispose(),
  };
}

/** log N(x; μ, σ²) = -x²/2σ² + xμ/σ² - (μ²/σ² + log 2πσ²)/2, summed over dimensions. */
export function weightsOf({ states, dim, means, variances }: Gaussians): {
  quadratic: Float32Array;
  linear: Float32Array;
  constant: Float32Array;
} {
  const quadratic = new Float32Array(dim * states);
  const linear = new Float32Array(dim * states);
  const constant = new Float32Array(states);
  for (let s = 0; s < states; s++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) {
      const mean = means[s * dim + d]!;
      const variance = variances[s * dim + d]!;
      quadratic[d * states + s] = -0.5 / variance;
      linear[d * states + s] = mean / variance;
      sum += (mean * mean) / variance + Math.log(2 * Math.PI * variance);
    }
    constant[s] = -0.5 * sum;
  }
  return { quadratic, linear, constant };
}
