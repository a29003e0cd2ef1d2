// The generator: one convolution over segment vectors, no bias. Because it is linear, its outputs are sums of
// per-segment projections; so one graph of fixed size serves utterances of every length, padding included.
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { bucketLength, compile, SessionCache, tf, type Compiled } from '../engine/index.js';

export interface GeneratorWeights {
  /** [kernel * columns, classes], frame-major: the oldest segment of a window first. */
  readonly w: Float32Array;
  readonly kernel: number;
  /** Zero segments at each end. */
  readonly pad: number;
  /** Values of a segment vector. */
  readonly columns: number;
  readonly classes: number;
}

/** Outputs for an utterance of `rows` segments: rows + 2 pad - kernel + 1 (one more than rows for kernel 4, pad 2). */
export const outputRows = (rows: number, kernel: number, pad: number): number => Math.max(0, rows + 2 * pad - kernel + 1);

/** Uniform in ±1/√fan-in, PyTorch's start for a convolution. */
export function uniformInit(size: number, fanIn: number, rng: Rng): Float32Array {
  const bound = 1 / Math.sqrt(fanIn);
  return Float32Array.from({ length: size }, () => (2 * rng.uniform() - 1) * bound);
}

/** [kernel * columns, classes] -> [columns, kernel * classes], so that one product gives every tap's share. */
export function tapsOf(w: Float32Array, kernel: number, columns: number, classes: number, into = new Float32Array(w.length)): Float32Array {
  for (let j = 0; j < kernel; j++) {
    for (let d = 0; d < columns; d++) {
      const from = (j * columns + d) * classes;
      into.set(w.subarray(from, from + classes), (d * kernel + j) * classes);
    }
  }
  return into;
}

/** Rows of one run; the last run of a call takes the smallest size that holds what is left. */
const blockSizes = [128, 256, 512, 1024, 2048] as const;
const largestBlock = 2048;

/** Multiplies any number of rows with a matrix, in blocks of a few compiled sizes. */
export class Projector {
  readonly #graphs: SessionCache<number, Compiled<'x' | 'w', 'y'>>;
  readonly #columns: number;
  readonly #width: number;
  readonly #rest: Float32Array;
  #y = new Float32Array(0);

  constructor(columns: number, width: number, compute: Compute) {
    this.#graphs = new SessionCache(blockSizes.length, (rows) => compile(({ x, w }) => ({ y: tf.matMul(x, w) }), { x: { shape: [rows, columns] }, w: { shape: [columns, width] } }, { name: 'generator-taps', ...compute }));
    this.#columns = columns;
    this.#width = width;
    this.#rest = new Float32Array(largestBlock * columns);
  }

  /**
   * @param x [rows, columns], may be longer
   * @param w [columns, width]
   * @returns [at least rows, width]; what lies beyond the rows means nothing, and the next call overwrites all of it
   */
  async project(x: Float32Array, rows: number, w: Float32Array): Promise<Float32Array> {
    const needed = (rows + largestBlock) * this.#width;
    if (this.#y.length < needed) this.#y = new Float32Array(needed);
    for (let row = 0; row < rows;) {
      const taken = Math.min(largestBlock, rows - row);
      const size = bucketLength(taken, blockSizes);
      let part = x.subarray(row * this.#columns, (row + size) * this.#columns);
      if (part.length < size * this.#columns) {
        this.#rest.set(x.subarray(row * this.#columns, (row + taken) * this.#columns));
        part = this.#rest.subarray(0, size * this.#columns);
      }
      await (await this.#graphs.get(size)).run({ x: part, w }, { y: this.#y.subarray(row * this.#width, (row + size) * this.#width) });
      row += taken;
    }
    return this.#y;
  }

  dispose(): Promise<void> {
    return this.#graphs.clear();
  }
}

/**
 * Adds up the taps of one utterance.
 * @param taps projections [padded rows, kernel * classes] of the utterance with its zero segments, from row `first` on
 * @param rows outputs wanted
 * @returns logits [rows, classes]
 */
export function sumTaps(taps: Float32Array, first: number, rows: number, kernel: number, classes: number): Float32Array {
  const logits = new Float32Array(rows * classes);
  for (let t = 0; t < rows; t++) {
    for (let j = 0; j < kernel; j++) {
      const from = ((first + t + j) * kernel + j) * classes;
      for (let v = 0; v < classes; v++) logits[t * classes + v]! += taps[from + v]!;
    }
  }
  return logits;
}

/** Index of the largest logit of each row; the first of equals. */
export function argmaxRows(logits: Float32Array, rows: number, classes: number): Int32Array {
  const labels = new Int32Array(rows);
  for (let t = 0; t < rows; t++) {
    let best = 0;
    for (let v = 1; v < classes; v++) if (logits[t * classes + v]! > logits[t * classes + best]!) best = v;
    labels[t] = best;
  }
  return labels;
}

/** In place: each row becomes log probabilities (natural log). */
export function logSoftmaxRowsInPlace(logits: Float32Array, rows: number, classes: number): void {
  for (let t = 0; t < rows; t++) {
    const row = logits.subarray(t * classes, (t + 1) * classes);
    let largest = -Infinity;
    for (const value of row) largest = Math.max(largest, value);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - largest);
    const norm = largest + Math.log(sum);
    for (let v = 0; v < classes; v++) row[v]! -= norm;
  }
}

/**
 * Where each output ends, in the unit of `segmentEnds`. Output n is centred n - pad + kernel/2 segments after the
 * start and takes the half segment to either side: with kernel 4 and pad 2 it sits on the boundary before segment n
 * and reaches to the middle of segment n; with an odd kernel and pad = (kernel - 1)/2 it is segment n itself.
 * @param segmentEnds [S] ends of the segments, the first starting at 0
 * @returns [S + 2 pad - kernel + 1]; the last end is that of the utterance
 */
export function outputEnds(segmentEnds: Int32Array, kernel: number, pad: number): Int32Array {
  const segments = segmentEnds.length;
  const rows = outputRows(segments, kernel, pad);
  const endAt = (position: number): number => {
    const clipped = Math.min(segments, Math.max(0, position));
    const whole = Math.floor(clipped);
    const before = whole === 0 ? 0 : segmentEnds[whole - 1]!;
    return whole === clipped ? before : Math.round(before + (clipped - whole) * (segmentEnds[whole]! - before));
  };
  const ends = Int32Array.from({ length: rows }, (_, n) => endAt(n - pad + (kernel + 1) / 2));
  if (rows > 0) ends[rows - 1] = endAt(segments);
  return ends;
}

export interface Generator {
  /**
   * @param pooled [S, columns], flat
   * @param rows S
   * @returns natural log probabilities [N, classes] with N = outputRows(S); `outputEnds` says what row n covers
   * @throws AsrError 'input' when the vectors have another size than those the generator was trained on
   */
  emit(pooled: Float32Array, rows: number): Promise<{ logProbs: Float32Array; rows: number }>;
  dispose(): Promise<void>;
}

/** Compiles a trained generator for inference; one graph serves every length. */
export async function createGenerator(weights: GeneratorWeights, compute: Compute): Promise<Generator> {
  const { w, kernel, pad, columns, classes } = weights;
  if (w.length !== kernel * columns * classes) {
    throw new AsrError('model', `generator: expected ${kernel} x ${columns} x ${classes} weights, found ${w.length}`, 'The weights belong to another configuration; train again.');
  }
  const taps = tapsOf(w, kernel, columns, classes);
  const projector = new Projector(columns, kernel * classes, compute);
  return {
    async emit(pooled, rows) {
      if (pooled.length !== rows * columns) {
        throw new AsrError('input', `generator: ${rows} segments of ${columns} values expected, found ${pooled.length} values`, 'The segments come from another configuration than the generator; train again.');
      }
      const padded = new Float32Array((rows + 2 * pad) * columns);
      padded.set(pooled, pad * columns);
      const outputs = outputRows(rows, kernel, pad);
      const logits = sumTaps(await projector.project(padded, rows + 2 * pad, taps), 0, outputs, kernel, classes);
      logSoftmaxRowsInPlace(logits, outputs, classes);
      return { logProbs: logits, rows: outputs };
    },
    dispose: () => projector.dispose(),
  };
}
