// One rotation of all frames after which diagonal covariances fit best: maximum likelihood linear transform, or
// semi-tied covariance (Gales, 1999, "Semi-tied covariance matrices for hidden Markov models", eq. 9 to 15).
import { determinant, inverse, Matrix } from 'ml-matrix';
import { Densities, type StateMixtures } from '../hmm/mixtures.js';

/** Full covariance sums of every Gaussian. */
export class SemiTiedSums {
  readonly #densities: Densities;
  readonly #shares: Float64Array;
  /** [Gaussians, dim (dim + 1) / 2] of (x - mean) (x - mean)'. */
  readonly #products: Float64Array;
  readonly #occupancy: Float64Array;
  readonly #off: Float64Array;

  constructor(private readonly mixtures: StateMixtures) {
    const { dim, logWeights } = mixtures;
    this.#densities = new Densities(mixtures);
    this.#shares = new Float64Array(logWeights.length);
    this.#products = new Float64Array((logWeights.length * (dim * (dim + 1))) / 2);
    this.#occupancy = new Float64Array(logWeights.length);
    this.#off = new Float64Array(dim);
  }

  add(p: number, frames: Float32Array, t: number): void {
    const { dim, start, means } = this.mixtures;
    const off = this.#off;
    this.#densities.shares(p, frames, t, this.#shares);
    for (let g = start[p]!, k = 0; g < start[p + 1]!; g++, k++) {
      const share = this.#shares[k]!;
      if (share < 0.01) continue;
      this.#occupancy[g]! += share;
      for (let d = 0; d < dim; d++) off[d] = frames[t * dim + d]! - means[g * dim + d]!;
      for (let i = 0, at = (g * (dim * (dim + 1))) / 2; i < dim; i++) {
        const scaled = share * off[i]!;
        for (let j = 0; j <= i; j++, at++) this.#products[at]! += scaled * off[j]!;
      }
    }
  }

  /**
   * Frames in all, and for each dimension i the sum over Gaussians of their products over their variance in it: G_i.
   */
  statistics(): SemiTiedStatistics {
    const { dim, variances, logWeights } = this.mixtures;
    const size = (dim * (dim + 1)) / 2;
    const packed = Array.from({ length: dim }, () => new Float64Array(size));
    for (let g = 0; g < logWeights.length; g++) {
      if (this.#occupancy[g] === 0) continue;
      for (let i = 0; i < dim; i++) {
        const weight = 1 / variances[g * dim + i]!;
        const own = packed[i]!;
        for (let at = 0, from = g * size; at < size; at++, from++) own[at]! += weight * this.#products[from]!;
      }
    }
    return { count: this.#occupancy.reduce((a, b) => a + b, 0), products: packed.map((own) => symmetric(own, dim)) };
  }
}

export interface SemiTiedStatistics {
  readonly count: number;
  /** [dim] matrices [dim, dim]. */
  readonly products: readonly Matrix[];
}

export function symmetric(packed: Float64Array, dim: number): Matrix {
  const matrix = Matrix.zeros(dim, dim);
  for (let i = 0, at = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++, at++) {
      matrix.set(i, j, packed[at]!);
      matrix.set(j, i, packed[at]!);
    }
  }
  return matrix;
}

/** log likelihood per frame of a transform, up to a constant. @param transform [dim, dim] */
export function semiTiedObjective({ count, products }: SemiTiedStatistics, transform: Matrix): number {
  let sum = Math.log(Math.abs(determinant(transform)));
  products.forEach((g, i) => {
    const row = transform.getRowVector(i);
    sum -= (0.5 * row.mmul(g).mmul(row.transpose()).get(0, 0)) / count;
  });
  return sum;
}

/** Row after row, each to its maximum with the others held; starts from the unit matrix. */
export function estimateSemiTied(statistics: SemiTiedStatistics, rounds = 20): Matrix {
  const { count, products } = statistics;
  const dim = products.length;
  const transform = Matrix.eye(dim);
  const inverses = products.map((g) => inverse(regular(g)));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < dim; i++) {
      // The cofactors of a row are its determinant times a column of the inverse; a row's length cancels out of them.
      const cofactors = Matrix.rowVector(inverse(transform).getColumn(i));
      const direction = cofactors.mmul(inverses[i]!);
      const scale = Math.sqrt(count / direction.mmul(cofactors.transpose()).get(0, 0));
      transform.setRow(i, direction.mul(scale));
    }
  }
  return transform;
}

/** Adds a trace of the diagonal, so that few frames do not make it singular. */
export function regular(matrix: Matrix): Matrix {
  const out = matrix.clone();
  const mean = matrix.trace() / matrix.rows;
  for (let i = 0; i < matrix.rows; i++) out.set(i, i, matrix.get(i, i) + 1e-6 * mean);
  return out;
}

/**
 * The same Gaussians in the rotated frames; variances are those of the rotated covariances as far as they are diagonal.
 */
export function rotateMixtures(mixtures: StateMixtures, transform: Matrix): StateMixtures {
  const { dim, means, variances } = mixtures;
  const next = { ...mixtures, means: new Float32Array(means.length), variances: new Float32Array(variances.length) };
  for (let g = 0; g < mixtures.logWeights.length; g++) {
    for (let i = 0; i < dim; i++) {
      let mean = 0;
      let variance = 0;
      for (let j = 0; j < dim; j++) {
        const a = transform.get(i, j);
        mean += a * means[g * dim + j]!;
        variance += a * a * variances[g * dim + j]!;
      }
      next.means[g * dim + i] = mean;
      next.variances[g * dim + i] = variance;
    }
  }
  return next;
}
