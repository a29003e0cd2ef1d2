// Maximum-likelihood estimates of mixtures from frames whose state is known: sums over the frames, new
// Gaussians from the sums, and more Gaussians by splitting (Young et al., HTK book, section 10.6; allocation by
// a power of the occupancy as in Kaldi).
import { Densities, stateCount, type StateMixtures } from '../hmm/mixtures.js';

export interface EstimateOptions {
  /** Least variance in each dimension. */
  readonly varianceFloor: number;
  /** Gaussians with fewer frames are dropped, unless they are their state's last. */
  readonly minFrames: number;
}

/** Sums of the frames of every Gaussian. */
export class MixtureSums {
  readonly occupancy: Float64Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  readonly #densities: Densities;
  readonly #shares: Float64Array;
  logLikelihood = 0;
  frames = 0;

  constructor(readonly mixtures: StateMixtures) {
    const count = mixtures.logWeights.length;
    this.occupancy = new Float64Array(count);
    this.#sums = new Float64Array(count * mixtures.dim);
    this.#squares = new Float64Array(count * mixtures.dim);
    this.#densities = new Densities(mixtures);
    this.#shares = new Float64Array(count);
  }

  /** Row t of frames [rows, dim] was made by state p. */
  add(p: number, frames: Float32Array, t: number): void {
    const { dim, start } = this.mixtures;
    this.logLikelihood += this.#densities.shares(p, frames, t, this.#shares);
    this.frames++;
    for (let g = start[p]!, k = 0; g < start[p + 1]!; g++, k++) {
      const share = this.#shares[k]!;
      if (share < 1e-4) continue;
      this.occupancy[g]! += share;
      for (let d = 0, at = g * dim, from = t * dim; d < dim; d++, at++, from++) {
        const x = frames[from]!;
        this.#sums[at]! += share * x;
        this.#squares[at]! += share * x * x;
      }
    }
  }

  /** New Gaussians; a state or Gaussian without frames keeps what it had. */
  estimate({ varianceFloor, minFrames }: EstimateOptions): StateMixtures {
    const { dim, start, means, variances } = this.mixtures;
    const kept: number[] = [];
    const newStart = new Int32Array(start.length);
    for (let p = 0; p + 1 < start.length; p++) {
      const own = Array.from({ length: start[p + 1]! - start[p]! }, (_, k) => start[p]! + k);
      const fit = own.filter((g) => this.occupancy[g]! >= minFrames);
      const largest = own.reduce((a, b) => (this.occupancy[b]! > this.occupancy[a]! ? b : a));
      kept.push(...(fit.length > 0 ? fit : [largest]));
      newStart[p + 1] = kept.length;
    }
    const next = emptyMixtures(newStart, dim);
    kept.forEach((g, to) => {
      const weight = this.occupancy[g]!;
      for (let d = 0; d < dim; d++) {
        const mean = weight > 0 ? this.#sums[g * dim + d]! / weight : means[g * dim + d]!;
        const variance = weight > 1 ? this.#squares[g * dim + d]! / weight - mean * mean : variances[g * dim + d]!;
        next.means[to * dim + d] = mean;
        next.variances[to * dim + d] = Math.max(varianceFloor, variance);
      }
    });
    setWeights(
      next,
      kept.map((g) => this.occupancy[g]!),
    );
    return next;
  }

  /** [states] frames of every state. */
  stateOccupancy(): Float64Array {
    const { start } = this.mixtures;
    return Float64Array.from({ length: stateCount(this.mixtures) }, (_, p) =>
      this.occupancy.subarray(start[p], start[p + 1]).reduce((a, b) => a + b, 0),
    );
  }
}

function emptyMixtures(start: Int32Array, dim: number): StateMixtures {
  const count = start.at(-1) ?? 0;
  return {
    dim,
    start,
    logWeights: new Float64Array(count),
    means: new Float32Array(count * dim),
    variances: new Float32Array(count * dim),
  };
}

/** One frame more for every Gaussian keeps weights above 0. */
function setWeights({ start, logWeights }: StateMixtures, occupancy: readonly number[]): void {
  for (let p = 0; p + 1 < start.length; p++) {
    let total = 0;
    for (let g = start[p]!; g < start[p + 1]!; g++) total += occupancy[g]! + 1;
    for (let g = start[p]!; g < start[p + 1]!; g++) logWeights[g] = Math.log((occupancy[g]! + 1) / total);
  }
}

/** One Gaussian for every state. @param states mean and variance of each, or undefined where it was never seen */
export function singleGaussians(
  states: readonly ({ readonly mean: ArrayLike<number>; readonly variance: ArrayLike<number> } | undefined)[],
  dim: number,
  varianceFloor: number,
): StateMixtures {
  const mixtures = emptyMixtures(
    Int32Array.from({ length: states.length + 1 }, (_, p) => p),
    dim,
  );
  states.forEach((state, p) => {
    for (let d = 0; d < dim; d++) {
      mixtures.means[p * dim + d] = state?.mean[d] ?? 0;
      mixtures.variances[p * dim + d] = Math.max(varianceFloor, state?.variance[d] ?? 1);
    }
  });
  return mixtures;
}

/** A fifth of a standard deviation to either side of a Gaussian that is split. */
const splitDeviation = 0.2;

/**
 * How many Gaussians each state gets out of `total`: by occupancy to a power, none with fewer than `minFrames` each.
 */
export function allocate(occupancy: ArrayLike<number>, total: number, power: number, minFrames: number): Int32Array {
  const share = Float64Array.from(occupancy, (frames) => frames ** power);
  const counts = new Int32Array(occupancy.length).fill(1);
  const most = Int32Array.from(occupancy, (frames) => Math.max(1, Math.floor(frames / minFrames)));
  for (let left = total - counts.length; left > 0; left--) {
    let best = -1;
    for (let p = 0; p < counts.length; p++) {
      if (counts[p]! < most[p]! && (best < 0 || share[p]! / counts[p]! > share[best]! / counts[best]!)) best = p;
    }
    if (best < 0) break;
    counts[best]!++;
  }
  return counts;
}

/** Splits the heaviest Gaussians of each state until it has as many as `counts` says. */
export function split(mixtures: StateMixtures, counts: ArrayLike<number>): StateMixtures {
  const { dim, start, logWeights, means, variances } = mixtures;
  const parts: { from: number; logWeight: number; offset: number }[][] = [];
  for (let p = 0; p + 1 < start.length; p++) {
    const own = Array.from({ length: start[p + 1]! - start[p]! }, (_, k) => ({
      from: start[p]! + k,
      logWeight: logWeights[start[p]! + k]!,
      offset: 0,
    }));
    while (own.length < counts[p]!) {
      let heaviest = 0;
      own.forEach(({ logWeight }, k) => {
        if (logWeight > own[heaviest]!.logWeight) heaviest = k;
      });
      const { from, logWeight, offset } = own[heaviest]!;
      own[heaviest] = { from, logWeight: logWeight - Math.LN2, offset: offset + splitDeviation };
      own.push({ from, logWeight: logWeight - Math.LN2, offset: offset - splitDeviation });
    }
    parts.push(own);
  }
  const next = emptyMixtures(Int32Array.from([0, ...cumulative(parts.map(({ length }) => length))]), dim);
  parts.flat().forEach(({ from, logWeight, offset }, to) => {
    next.logWeights[to] = logWeight;
    for (let d = 0; d < dim; d++) {
      const variance = variances[from * dim + d]!;
      next.variances[to * dim + d] = variance;
      next.means[to * dim + d] = means[from * dim + d]! + offset * Math.sqrt(variance);
    }
  });
  return next;
}

function cumulative(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}
