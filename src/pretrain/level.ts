// Normalisation of log-mel frames as the exported graph does it: each utterance by its own mean and
// variance, mixed with those of the corpus as if `prior` frames of it had been heard before. Needs no
// speaker, and short utterances stay steady.
import type { FrameSums } from '../features/normalise.js';

export interface Level {
  /** [bands] of the corpus. */
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  /** Frames that they weigh. */
  readonly prior: number;
}

export function corpusLevel(sums: FrameSums, prior: number): Level {
  const { mean, variance } = sums.moments();
  return {
    mean: Float32Array.from(mean),
    variance: Float32Array.from(variance, (value) => Math.max(value, 1e-3)),
    prior,
  };
}

/** @param data [rows, bands], left as it is. @returns a normalised copy */
export function normalisedWithPrior(data: Float32Array, rows: number, { mean, variance, prior }: Level): Float32Array {
  const bands = mean.length;
  const out = new Float32Array(rows * bands);
  const count = rows + Math.max(prior, 1e-3);
  for (let b = 0; b < bands; b++) {
    const centre = mean[b]!;
    let sum = 0;
    let square = 0;
    for (let t = 0; t < rows; t++) {
      const value = data[t * bands + b]! - centre;
      sum += value;
      square += value * value;
    }
    const off = sum / count;
    const scale = 1 / Math.sqrt(Math.max(1e-5, (square + (count - rows) * variance[b]!) / count - off * off));
    for (let t = 0; t < rows; t++) out[t * bands + b] = (data[t * bands + b]! - centre - off) * scale;
  }
  return out;
}
