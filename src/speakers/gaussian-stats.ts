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
    const both = new GaussianStats(this.dim);
    for (const { sums, products } of [this.raw, other.raw]) {
      for (let i = 0; i < sums.length; i++) both.#sums[i]! += sums[i]!;
      for (let i = 0; i < products.length; i++) both.#products[i]! += products[i]!;
    }
    both.count = this.count + other.count;
    return both;
  }

  private get raw(): { sums: Float64Array; products: Float64Array } {
    return { sums: this.#sums, products: this.#products };
  }

  /** Cholesky factor of the covariance, lower triangle row by row. */
  #factor(): Float64Array {
    const { dim, count } = this;
    const total = count + priorFrames;
    const factor = new Float64Array(this.#products.length);
    for (let i = 0, row = 0; i < dim; row += ++i) {
      for (let j = 0, other = 0; j <= i; other += ++j) {
        const mean = (this.#sums[i]! / Math.max(1, count)) * (this.#sums[j]! / Math.max(1, count));
        let value = (this.#products[row + j]! - count * mean + (i === j ? priorFrames : 0)) / total;
        for (let k = 0; k < j; k++) value -= factor[row + k]! * factor[other + k]!;
        factor[row + j] = i === j ? Math.sqrt(Math.max(1e-9, value)) : value / factor[other + j]!;
      }
    }
    return factor;
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
