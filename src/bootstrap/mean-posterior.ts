// How often each class is given, in the mean over all rows of posteriors.
import type { Posteriors } from './posteriors.js';

/** Log mean posterior of each class, from sums over all rows. */
export class MeanPosterior {
  readonly #sums: Float64Array;
  #rows = 0;

  constructor(classes: number) {
    this.#sums = new Float64Array(classes);
  }

  add({ logProbs, rows }: Pick<Posteriors, 'logProbs' | 'rows'>): void {
    const classes = this.#sums.length;
    for (let i = 0; i < rows * classes; i++) this.#sums[i % classes]! += Math.exp(logProbs[i]!);
    this.#rows += rows;
  }

  /** [classes] */
  logs(): Float32Array {
    return Float32Array.from(this.#sums, (sum) => Math.log((sum + 1e-3) / (this.#rows + 1e-3 * this.#sums.length)));
  }
}
