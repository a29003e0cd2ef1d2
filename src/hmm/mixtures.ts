// A mixture of diagonal Gaussians for every tied state, as many in each as its frames bear: densities one state and
// frame at a time, for alignments, and of all Gaussians at once through the engine, for decoding.
import type { Compute } from '../core/stage.js';
import { createGaussianScorer } from './gaussians.js';
import type { RowScores } from '../search/viterbi.js';

/** The Gaussians of state p are start[p] to start[p + 1]. */
export interface StateMixtures {
  readonly dim: number;
  /** [states + 1] */
  readonly start: Int32Array;
  /** [Gaussians] natural logs; those of a state sum to 1. */
  readonly logWeights: Float64Array;
  /** [Gaussians, dim] */
  readonly means: Float32Array;
  readonly variances: Float32Array;
}

export const stateCount = ({ start }: StateMixtures): number => start.length - 1;

const log2Pi = Math.log(2 * Math.PI);

/** Densities without an engine: for few states of a frame. */
export class Densities {
  readonly #constants: Float64Array;
  readonly #inverse: Float64Array;
  /** [largest mixture] of the state and frame last asked for. */
  readonly #parts: Float64Array;

  constructor(readonly mixtures: StateMixtures) {
    const { dim, start, logWeights, variances } = mixtures;
    this.#inverse = Float64Array.from(variances, (variance) => 1 / variance);
    this.#constants = logWeights.map((weight, g) => {
      let sum = dim * log2Pi;
      for (let d = 0; d < dim; d++) sum += Math.log(variances[g * dim + d]!);
      return weight - 0.5 * sum;
    });
    let largest = 0;
    for (let p = 0; p + 1 < start.length; p++) largest = Math.max(largest, start[p + 1]! - start[p]!);
    this.#parts = new Float64Array(largest);
  }

  /** @param frames [rows, dim]. @returns the natural log density of state `p` at row `t` */
  at(p: number, frames: Float32Array, t: number): number {
    const { start } = this.mixtures;
    const count = start[p + 1]! - start[p]!;
    let top = -Infinity;
    for (let k = 0; k < count; k++) {
      const value = this.gaussian(start[p]! + k, frames, t);
      this.#parts[k] = value;
      if (value > top) top = value;
    }
    if (count === 1) return top;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += Math.exp(this.#parts[k]! - top);
    return top + Math.log(sum);
  }

  /** Natural log of weight x density of one Gaussian. */
  gaussian(g: number, frames: Float32Array, t: number): number {
    const { dim, means } = this.mixtures;
    const inverse = this.#inverse;
    let sum = 0;
    for (let d = 0, at = g * dim, from = t * dim; d < dim; d++, at++, from++) {
      const off = frames[from]! - means[at]!;
      sum += off * off * inverse[at]!;
    }
    return this.#constants[g]! - 0.5 * sum;
  }

  /**
   * Shares of a state's Gaussians in a frame, into `shares`; they sum to 1.
   * @returns the natural log density
   */
  shares(p: number, frames: Float32Array, t: number, shares: Float64Array): number {
    const value = this.at(p, frames, t);
    const { start } = this.mixtures;
    for (let k = 0; k < start[p + 1]! - start[p]!; k++) shares[k] = Math.exp(this.#parts[k]! - value);
    return start[p + 1]! - start[p]! === 1 ? ((shares[0] = 1), value) : value;
  }
}

/**
 * log Σ weight x density over the Gaussians [first, end).
 * @param densities natural logs, that of Gaussian g at from + g
 */
export function logWeightedSum(
  densities: Float32Array,
  from: number,
  logWeights: Float64Array,
  first: number,
  end: number,
): number {
  let top = -Infinity;
  for (let g = first; g < end; g++) top = Math.max(top, densities[from + g]! + logWeights[g]!);
  let sum = 0;
  for (let g = first; g < end; g++) sum += Math.exp(densities[from + g]! + logWeights[g]! - top);
  return top + Math.log(sum);
}

export interface DensityScorer {
  /**
   * Natural log densities, a column for each state.
   * @param frames [rows, dim]. The result is valid until the next call.
   */
  score(frames: Float32Array, rows: number): Promise<RowScores>;
  dispose(): Promise<void>;
}

/**
 * All Gaussians of all frames as two matrix products; sums over the Gaussians of a state only where they are asked for.
 */
export async function createDensityScorer(mixtures: StateMixtures, compute: Compute): Promise<DensityScorer> {
  const { start, logWeights, dim, means, variances } = mixtures;
  const count = logWeights.length;
  const states = stateCount(mixtures);
  const scorer = await createGaussianScorer({ states: count, dim, means, variances }, compute, { reuse: true });
  let known = new Float64Array(states);
  const knownAt = new Int32Array(states);
  return {
    async score(frames, rows) {
      const parts = await scorer.score(frames, rows);
      knownAt.fill(-1);
      known = known.fill(0);
      return {
        rows,
        at(p, t) {
          if (knownAt[p] === t) return known[p]!;
          const from = t * count;
          knownAt[p] = t;
          return (known[p] = logWeightedSum(parts, from, logWeights, start[p]!, start[p + 1]!));
        },
      };
    },
    dispose: () => scorer.dispose(),
  };
}
