// Mean and variance normalisation in two passes: sums over all frames of a speaker (or utterance) first, then
// every frame gets mean 0 and variance 1 in each dimension. Sums are float64, so they hold for any corpus size.
import type { FeaturesConfig } from './config.js';
import type { Frames } from './extractor.js';

/** Running sums of frames [*, columns]. */
export class FrameSums {
  readonly columns: number;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #rows = 0;

  constructor(columns: number) {
    this.columns = columns;
    this.#sums = new Float64Array(columns);
    this.#squares = new Float64Array(columns);
  }

  get rows(): number {
    return this.#rows;
  }

  /** @param data [rows, columns] */
  add(data: Float32Array): void {
    const { columns } = this;
    const rows = rowsOf(data, columns);
    for (let t = 0; t < rows; t++) {
      for (let c = 0; c < columns; c++) {
        const value = data[t * columns + c] as number;
        this.#sums[c] = (this.#sums[c] as number) + value;
        this.#squares[c] = (this.#squares[c] as number) + value * value;
      }
    }
    this.#rows += rows;
  }

  /** What takes these frames to mean 0 and variance 1; a dimension that does not vary is only centred. */
  moments(): { readonly mean: Float64Array; readonly scale: Float64Array } {
    const count = Math.max(1, this.#rows);
    const mean = this.#sums.map((sum) => sum / count);
    const scale = mean.map((m, c) => {
      const variance = (this.#squares[c] as number) / count - m * m;
      // Below this the variance is rounding error of float32 values, and dividing by it would blow up noise.
      return variance > 1e-10 * (1 + m * m) ? 1 / Math.sqrt(variance) : 1;
    });
    return { mean, scale };
  }
}

/** Changes `data` [rows, columns] in place: (x - mean) * scale. */
export function normaliseInPlace(data: Float32Array, sums: FrameSums): void {
  const { columns } = sums;
  const rows = rowsOf(data, columns);
  const { mean, scale } = sums.moments();
  for (let t = 0; t < rows; t++) {
    for (let c = 0; c < columns; c++) {
      const at = t * columns + c;
      data[at] = ((data[at] as number) - (mean[c] as number)) * (scale[c] as number);
    }
  }
}

/** For one file, whose utterances count as one speaker: what the stage does to a corpus, on arrays in memory. */
export function normaliseTogetherInPlace(utterances: readonly Frames[], columns: number, mode: FeaturesConfig['normalise']): void {
  if (mode === 'none') return;
  const groups = mode === 'speaker' ? [utterances] : utterances.map((one) => [one]);
  for (const group of groups) {
    const sums = new FrameSums(columns);
    for (const { data } of group) sums.add(data);
    for (const { data } of group) normaliseInPlace(data, sums);
  }
}

function rowsOf(data: Float32Array, columns: number): number {
  const rows = data.length / columns;
  if (!Number.isInteger(rows)) throw new RangeError(`normalise: ${data.length} values are not rows of ${columns}`);
  return rows;
}
