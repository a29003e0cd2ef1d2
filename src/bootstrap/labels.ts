// Labels of the real speech from scores of its rows: who decides, with what weight, and what they agree on.
import type { Posteriors } from './posteriors.js';
import type { BootstrapConfig } from './config.js';

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

/** scale x (log posterior - weight x log mean posterior): what the sound says beyond what is always said. */
export function networkScores(logProbs: Float32Array, logPrior: Float32Array, { priorWeight, acousticScale }: Pick<BootstrapConfig['decode'], 'priorWeight' | 'acousticScale'>): Float32Array {
  const classes = logPrior.length;
  return logProbs.map((value, i) => acousticScale * (value - priorWeight * logPrior[i % classes]!));
}

/** Log densities [rows, classes] to scaled log posteriors under equal priors, which are comparable with the network's. */
export function mixtureScores(densities: Float32Array, classes: number, scale: number): Float32Array {
  const scores = new Float32Array(densities.length);
  for (let at = 0; at < densities.length; at += classes) {
    let top = -Infinity;
    for (let c = 0; c < classes; c++) top = Math.max(top, densities[at + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(scale * (densities[at + c]! - top));
    const norm = Math.log(sum);
    for (let c = 0; c < classes; c++) scores[at + c] = scale * (densities[at + c]! - top) - norm;
  }
  return scores;
}

/** [rows] the first judge's label where every judge says the same, -1 elsewhere. */
export function agreement(first: Int16Array, ...others: readonly Int16Array[]): Int16Array {
  return first.map((label, row) => (others.every((other) => other[row] === label) ? label : -1));
}
