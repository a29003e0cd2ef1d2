// An affine map of one speaker's frames that makes them most likely under a model of all speakers: constrained maximum
// likelihood linear regression (Gales, 1998, "Maximum likelihood linear transformations for HMM-based speech
// recognition", section 4: row by row).
import { determinant, inverse, Matrix } from 'ml-matrix';
import { Densities, type StateMixtures } from '../hmm/mixtures.js';
import { regular, symmetric } from './semi-tied.js';

/** Sums of one speaker's frames under the model. */
export class FmllrSums {
  readonly #densities: Densities;
  readonly #shares: Float64Array;
  /** Of Gaussians that occur: frames x extended frames, [(dim + 1) (dim + 2) / 2], the extension by 1 last. */
  readonly #products = new Map<number, Float64Array>();
  readonly #extended: Float64Array;
  frames = 0;

  constructor(private readonly mixtures: StateMixtures) {
    this.#densities = new Densities(mixtures);
    this.#shares = new Float64Array(mixtures.logWeights.length);
    this.#extended = new Float64Array(mixtures.dim + 1);
  }

  /** @param given frames as the model hears them now, for its opinion; @param frames before the speaker's own map */
  add(p: number, given: Float32Array, frames: Float32Array, t: number): void {
    const { dim, start } = this.mixtures;
    const x = this.#extended;
    for (let d = 0; d < dim; d++) x[d] = frames[t * dim + d]!;
    x[dim] = 1;
    this.#densities.shares(p, given, t, this.#shares);
    this.frames++;
    for (let g = start[p]!, k = 0; g < start[p + 1]!; g++, k++) {
      const share = this.#shares[k]!;
      if (share < 0.01) continue;
      let own = this.#products.get(g);
      if (!own) this.#products.set(g, (own = new Float64Array(((dim + 1) * (dim + 2)) / 2)));
      for (let i = 0, at = 0; i <= dim; i++) {
        const scaled = share * x[i]!;
        for (let j = 0; j <= i; j++, at++) own[at]! += scaled * x[j]!;
      }
    }
  }

  statistics(): FmllrStatistics {
    const { dim, means, variances } = this.mixtures;
    const size = ((dim + 1) * (dim + 2)) / 2;
    const last = size - dim - 1; // the row of the extension: sums of the frames, and their count
    const packed = Array.from({ length: dim }, () => new Float64Array(size));
    const linear = Array.from({ length: dim }, () => new Float64Array(dim + 1));
    let count = 0;
    for (const [g, own] of [...this.#products].sort(([a], [b]) => a - b)) {
      count += own[size - 1]!;
      for (let i = 0; i < dim; i++) {
        const weight = 1 / variances[g * dim + i]!;
        const towards = weight * means[g * dim + i]!;
        const sum = packed[i]!;
        for (let at = 0; at < size; at++) sum[at]! += weight * own[at]!;
        for (let j = 0; j <= dim; j++) linear[i]![j]! += towards * own[last + j]!;
      }
    }
    return { count, products: packed.map((own) => symmetric(own, dim + 1)), linear };
  }
}

export interface FmllrStatistics {
  readonly count: number;
  /** [dim] matrices G_i [dim + 1, dim + 1]. */
  readonly products: readonly Matrix[];
  /** [dim] vectors k_i [dim + 1]. */
  readonly linear: readonly Float64Array[];
}

/** The map that changes nothing, [dim, dim + 1]. */
export function unitMap(dim: number): Float64Array {
  const map = new Float64Array(dim * (dim + 1));
  for (let d = 0; d < dim; d++) map[d * (dim + 1) + d] = 1;
  return map;
}

/** log likelihood per frame, up to a constant. @param map [dim, dim + 1] */
export function fmllrObjective({ count, products, linear }: FmllrStatistics, map: Float64Array): number {
  const dim = products.length;
  const whole = Matrix.from1DArray(dim, dim + 1, map);
  let sum = Math.log(Math.abs(determinant(whole.subMatrix(0, dim - 1, 0, dim - 1))));
  products.forEach((g, i) => {
    const row = whole.getRowVector(i);
    sum +=
      (row.mmul(Matrix.columnVector(linear[i]!)).get(0, 0) - 0.5 * row.mmul(g).mmul(row.transpose()).get(0, 0)) / count;
  });
  return sum;
}

/** @returns [dim, dim + 1]; the unit map where there are fewer than `minFrames` frames */
export function estimateFmllr(statistics: FmllrStatistics, minFrames: number, rounds = 10): Float64Array {
  const { count, products, linear } = statistics;
  const dim = products.length;
  const map = unitMap(dim);
  if (count < minFrames) return map;
  const whole = Matrix.from1DArray(dim, dim + 1, map);
  const inverses = products.map((g) => inverse(regular(g)));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < dim; i++) {
      const square = whole.subMatrix(0, dim - 1, 0, dim - 1);
      const cofactors = Matrix.rowVector([...inverse(square).getColumn(i), 0]);
      const own = Matrix.rowVector(linear[i]!);
      const turned = cofactors.mmul(inverses[i]!);
      const a = turned.mmul(cofactors.transpose()).get(0, 0);
      const b = turned.mmul(own.transpose()).get(0, 0);
      // The row is (alpha cofactors + k) G^-1; alpha solves a alpha^2 + b alpha - count = 0.
      const root = Math.sqrt(b * b + 4 * a * count);
      const value = (alpha: number): number => count * Math.log(Math.abs(alpha * a + b)) - 0.5 * alpha * alpha * a;
      const [one, other] = [(-b + root) / (2 * a), (-b - root) / (2 * a)];
      const alpha = value(one) >= value(other) ? one : other;
      whole.setRow(i, cofactors.mul(alpha).add(own).mmul(inverses[i]!));
    }
  }
  const found = Float64Array.from(whole.to1DArray());
  return fmllrObjective(statistics, found) > fmllrObjective(statistics, map) ? found : map;
}
