// Linear discriminant analysis: the directions in which classes lie far apart against their own spread, scaled so that
// the mean class has the unit matrix for covariance (Haeb-Umbach and Ney, 1992).
import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import { AsrError } from '../core/errors.js';
import { largestEigenpairs } from '../numeric/symmetric-eigen.js';

/** Sums over frames by class, one after the other. */
export class ScatterSums {
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  /** [dim, dim], the lower triangle. */
  readonly #products: Float64Array;

  constructor(
    readonly classes: number,
    readonly dim: number,
  ) {
    this.#counts = new Float64Array(classes);
    this.#sums = new Float64Array(classes * dim);
    this.#products = new Float64Array(dim * dim);
  }

  add(c: number, frames: Float32Array, t: number): void {
    const { dim } = this;
    this.#counts[c]! += 1;
    const from = t * dim;
    for (let i = 0; i < dim; i++) {
      const x = frames[from + i]!;
      this.#sums[c * dim + i]! += x;
      for (let j = 0, at = i * dim; j <= i; j++, at++) this.#products[at]! += x * frames[from + j]!;
    }
  }

  /** Covariance inside and between classes, [dim, dim] each. */
  covariances(): { within: Matrix; between: Matrix } {
    const { dim, classes } = this;
    const total = this.#counts.reduce((a, b) => a + b, 0);
    const sum = new Float64Array(dim);
    this.#sums.forEach((value, at) => {
      sum[at % dim]! += value;
    });
    const mean = sum.map((value) => value / total);
    const between = Matrix.zeros(dim, dim);
    const within = Matrix.zeros(dim, dim);
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j <= i; j++) {
        let shared = 0;
        for (let c = 0; c < classes; c++)
          if (this.#counts[c]! > 0) shared += (this.#sums[c * dim + i]! * this.#sums[c * dim + j]!) / this.#counts[c]!;
        const b = shared / total - mean[i]! * mean[j]!;
        const w = (this.#products[i * dim + j]! - shared) / total;
        between.set(i, j, b);
        between.set(j, i, b);
        within.set(i, j, w);
        within.set(j, i, w);
      }
    }
    return { within, between };
  }
}

/**
 * @returns [rows, dim], the most discriminating direction first; its largest entry is positive
 * @throws AsrError 'model' when the frames do not vary in some direction
 */
export function discriminants({ within, between }: { within: Matrix; between: Matrix }, rows: number): Float64Array {
  const dim = within.rows;
  const ridge = within.clone();
  for (let i = 0; i < dim; i++) ridge.set(i, i, within.get(i, i) * (1 + 1e-6));
  const lower = new CholeskyDecomposition(ridge);
  if (!lower.isPositiveDefinite())
    throw new AsrError(
      'model',
      'LDA: the frames do not vary in every direction',
      'Check the features: a column may be constant.',
    );
  const whiten = inverse(lower.lowerTriangularMatrix); // W = L L', so L^-1 W L^-T = 1
  const whitened = whiten.mmul(between).mmul(whiten.transpose());
  const { values, vectors } = largestEigenpairs(Float64Array.from(whitened.to1DArray()), dim, rows);
  const kept = values.length;
  const directions = Matrix.from1DArray(kept, dim, vectors).mmul(whiten);
  const out = new Float64Array(rows * dim);
  for (let r = 0; r < kept; r++) {
    const direction = directions.getRow(r);
    const largest = direction.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    direction.forEach((value, i) => {
      out[r * dim + i] = largest < 0 ? -value : value;
    });
  }
  return out;
}
