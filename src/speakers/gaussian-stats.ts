// Sums over frames of one voice, from which a Gaussian with a full covariance follows: they add up when voices turn
// out to be one, and tell how much two of them lose by sharing one Gaussian.

/** Counted as frames of unit variance, so that a stretch of few frames has a covariance at all. */
const priorFrames = 5;

export class GaussianStats {
  count = 0;
  readonly #sums: Float64Array;
  /** Lower triangle of the sums of products, row by row. */
  readonly #products: Float64Array;
  #logDeterminant: number | undefined;

  constructor(readonly dim: number) {
    this.#sums = new Float64Array(dim);
    this.#products = new Float64Array((dim * (dim + 1)) / 2);
  }

  /** @param frames [rows, dim]; rows [from, to) are added */
  add(frames: Float32Array, from: number, to: number): void {
    const { dim } = this;
    for (let t = from; t < to; t++) {
      for (let i = 0, at = 0; i < dim; i++) {
        const x = frames[t * dim + i]!;
        this.#sums[i]! += x;
        for (let j = 0; j <= i; j++, at++) this.#products[at]! += x * frames[t * dim + j]!;
      }
    }
    this.count += to - from;
    this.#logDeterminant = undefined;
  }

  with(other: GaussianStats): GaussianStats {
    return this.#plus(other, 1);
  }

  /** What is left when frames that were added are taken away. */
  without(other: GaussianStats): GaussianStats {
    return this.#plus(other, -1);
  }

  #plus(other: GaussianStats, sign: number): GaussianStats {
    const both = new GaussianStats(this.dim);
    for (let i = 0; i < this.#sums.length; i++) both.#sums[i] = this.#sums[i]! + sign * other.#sums[i]!;
    for (let i = 0; i < this.#products.length; i++) both.#products[i] = this.#products[i]! + sign * other.#products[i]!;
    both.count = this.count + sign * other.count;
    return both;
  }

  /** Sums of products about the mean, lower triangle row by row: `count` times the covariance. */
  scatter(): Float64Array {
    const scatter = Float64Array.from(this.#products);
    for (let i = 0, at = 0; i < this.dim; i++)
      for (let j = 0; j <= i; j++, at++) scatter[at]! -= (this.#sums[i]! * this.#sums[j]!) / Math.max(1, this.count);
    return scatter;
  }

  /**
   * Mean log density of the frames of another under this one's Gaussian, without the constant that all share.
   * @param common a covariance (lower triangle) towards which this one's is drawn, as if it were of so many frames
   */
  meanScore(others: GaussianStats, common: Float64Array, frames: number): number {
    const { dim, count } = this;
    const scatter = this.scatter();
    const factor = choleskyInPlace(
      scatter.map((value, at) => (value + frames * common[at]!) / (count + frames)),
      dim,
    );
    let square = 0;
    let logDeterminant = 0;
    // The trace of covariance⁻¹ × second moment about the mean, by rows of the inverse of the factor.
    const row = new Float64Array(dim);
    for (let i = 0, at = 0; i < dim; at += ++i) {
      row.fill(0);
      row[i] = 1 / factor[at + i]!;
      for (let k = i - 1; k >= 0; k--) {
        let value = 0;
        for (let m = k + 1; m <= i; m++) value -= row[m]! * factor[(m * (m + 1)) / 2 + k]!;
        row[k] = value / factor[(k * (k + 3)) / 2]!;
      }
      square += others.#square(row, i, this.#sums, count);
      logDeterminant += 2 * Math.log(factor[at + i]!);
    }
    return -0.5 * (logDeterminant + square);
  }

  /** Mean of (row · (frame - mean))² over frames. @param upTo values of the row beyond it are 0 */
  #square(row: Float64Array, upTo: number, sums: Float64Array, count: number): number {
    let [squares, inner, centre] = [0, 0, 0];
    for (let i = 0, at = 0; i <= upTo; i++) {
      for (let j = 0; j <= i; j++, at++) squares += (j === i ? 1 : 2) * row[i]! * row[j]! * this.#products[at]!;
      inner += (row[i]! * this.#sums[i]!) / this.count;
      centre += (row[i]! * sums[i]!) / Math.max(1, count);
    }
    return squares / this.count - 2 * inner * centre + centre * centre;
  }

  /** Cholesky factor of the covariance, lower triangle row by row. */
  #factor(): Float64Array {
    const { dim, count } = this;
    const covariance = this.scatter();
    for (let i = 0, at = 0; i < dim; at += ++i + 1) covariance[at]! += priorFrames;
    return choleskyInPlace(
      covariance.map((value) => value / (count + priorFrames)),
      dim,
    );
  }

  get logDeterminant(): number {
    if (this.#logDeterminant === undefined) {
      const factor = this.#factor();
      let sum = 0;
      for (let i = 0, at = 0; i < this.dim; at += ++i + 1) sum += 2 * Math.log(factor[at]!);
      this.#logDeterminant = sum;
    }
    return this.#logDeterminant;
  }

  /** @returns log density of a frame of [rows, dim], without the constant that all Gaussians share */
  scorer(): (frames: Float32Array, t: number) => number {
    const { dim, count } = this;
    const factor = this.#factor();
    const mean = this.#sums.map((sum) => sum / Math.max(1, count));
    const half = -0.5 * this.logDeterminant;
    const solved = new Float64Array(dim);
    return (frames, t) => {
      let square = 0;
      for (let i = 0, row = 0; i < dim; row += ++i) {
        let value = frames[t * dim + i]! - mean[i]!;
        for (let k = 0; k < i; k++) value -= factor[row + k]! * solved[k]!;
        solved[i] = value / factor[row + i]!;
        square += solved[i]! ** 2;
      }
      return half - 0.5 * square;
    };
  }
}

/** @param matrix lower triangle row by row, which becomes its factor */
function choleskyInPlace(matrix: Float64Array, dim: number): Float64Array {
  for (let i = 0, row = 0; i < dim; row += ++i) {
    for (let j = 0, other = 0; j <= i; other += ++j) {
      let value = matrix[row + j]!;
      for (let k = 0; k < j; k++) value -= matrix[row + k]! * matrix[other + k]!;
      matrix[row + j] = i === j ? Math.sqrt(Math.max(1e-9, value)) : value / matrix[other + j]!;
    }
  }
  return matrix;
}

/**
 * Bayesian information criterion (Chen and Gopalakrishnan, 1998): what is lost in nats when two share one
 * Gaussian, less what its parameters are worth. Below 0 they are one voice.
 * @param penalty weight of the parameters
 */
export function bicDistance(a: GaussianStats, b: GaussianStats, penalty: number): number {
  const { dim } = a;
  const count = a.count + b.count;
  const parameters = dim + (dim * (dim + 1)) / 2;
  const loss = count * a.with(b).logDeterminant - a.count * a.logDeterminant - b.count * b.logDeterminant;
  return 0.5 * (loss - penalty * parameters * Math.log(Math.max(2, count)));
}
