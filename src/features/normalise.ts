// Mean and variance normalisation in two passes: sums over all frames of a speaker (or utterance) first, then
// every frame gets mean 0 and variance 1 in each dimension. Sums are float64, so they hold for any corpus size.
import type { FeaturesConfig } from './config.js';
import type { FrameRows } from './extractor.js';

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

  copy(): FrameSums {
    const other = new FrameSums(this.columns);
    other.#sums.set(this.#sums);
    other.#squares.set(this.#squares);
    other.#rows = this.#rows;
    return other;
  }

  /** Lets what was added so far weigh as much as `rows` frames, if it weighs more: the past of a long recording. */
  fade(rows: number): void {
    if (this.#rows <= rows) return;
    const share = rows / this.#rows;
    for (const sums of [this.#sums, this.#squares])
      for (let c = 0; c < sums.length; c++) sums[c] = (sums[c] as number) * share;
    this.#rows = rows;
  }

  /** Mean and variance of each dimension; a variance that is mere rounding error is 0. */
  moments(): { readonly mean: Float64Array; readonly variance: Float64Array } {
    const count = Math.max(1, this.#rows);
    const mean = this.#sums.map((sum) => sum / count);
    const variance = mean.map((m, c) => {
      const found = (this.#squares[c] as number) / count - m * m;
      // float32 values of size m cannot differ by less; dividing by such a deviation would blow up noise.
      return found > 1e-10 * (1 + m * m) ? found : 0;
    });
    return { mean, variance };
  }
}

/** Standard deviation inside groups (speakers, utterances), over all of them: what normalisation takes out. */
export class PooledDeviation {
  readonly #squares: Float64Array;
  #rows = 0;

  constructor(columns: number) {
    this.#squares = new Float64Array(columns);
  }

  addGroup(sums: FrameSums): void {
    const { variance } = sums.moments();
    for (const [c, value] of variance.entries()) this.#squares[c] = (this.#squares[c] as number) + value * sums.rows;
    this.#rows += sums.rows;
  }

  values(): number[] {
    return Array.from(this.#squares, (total) => Math.sqrt(total / Math.max(1, this.#rows)));
  }
}

/** Changes `data` [rows, columns] in place: (x - mean) / deviation; a dimension that does not vary is only centred. */
export function normaliseInPlace(data: Float32Array, sums: FrameSums): void {
  const { columns } = sums;
  const rows = rowsOf(data, columns);
  const { mean, variance } = sums.moments();
  const scale = variance.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 1));
  for (let t = 0; t < rows; t++) {
    for (let c = 0; c < columns; c++) {
      const at = t * columns + c;
      data[at] = ((data[at] as number) - (mean[c] as number)) * (scale[c] as number);
    }
  }
}

/**
 * For one recording, whose utterances count as one speaker: what the stage does to a corpus, on arrays in memory.
 * @param sums over earlier parts of the same recording; this part is added to them
 */
export function normaliseTogetherInPlace(
  utterances: readonly FrameRows[],
  columns: number,
  mode: FeaturesConfig['normalise'],
  sums = new FrameSums(columns),
): void {
  if (mode === 'none') return;
  if (mode === 'speaker') {
    for (const { data } of utterances) sums.add(data);
    for (const { data } of utterances) normaliseInPlace(data, sums);
    return;
  }
  for (const { data } of utterances) {
    const sums = new FrameSums(columns);
    sums.add(data);
    normaliseInPlace(data, sums);
  }
}

function rowsOf(data: Float32Array, columns: number): number {
  const rows = data.length / columns;
  if (!Number.isInteger(rows)) throw new RangeError(`normalise: ${data.length} values are not rows of ${columns}`);
  return rows;
}
