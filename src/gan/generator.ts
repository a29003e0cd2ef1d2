// The generator as it is used: one convolution over segment vectors. Because it is linear, its outputs are sums of
// per-segment projections; so one graph of fixed size serves utterances of every length, padding included.
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import type { Compute } from '../core/stage.js';
import { projectedSize, Projector } from './projector.js';

export interface GeneratorWeights {
  /** [kernel * columns, classes], frame-major: the oldest segment of a window first. */
  readonly w: Float32Array;
  readonly kernel: number;
  /** Zero segments at each end. */
  readonly pad: number;
  /** Values of a segment vector. */
  readonly columns: number;
  readonly classes: number;
  /** Segments from one output to the next; 1 where absent. */
  readonly stride?: number;
  /** [kernel, classes]: what tap j adds where it lies on a segment and not on padding; nothing where absent. */
  readonly bias?: Float32Array;
}

/** Weights and bias as one array, and back: what checkpoints hold. */
export function joinWeights({ w, bias }: GeneratorWeights): Float32Array {
  const joined = new Float32Array(w.length + (bias?.length ?? 0));
  joined.set(w);
  if (bias) joined.set(bias, w.length);
  return joined;
}

export function splitWeights(form: GeneratorWeights, joined: Float32Array): GeneratorWeights {
  const { length } = form.w;
  return { ...form, w: joined.slice(0, length), ...(form.bias ? { bias: joined.slice(length) } : {}) };
}

/** Without the special classes, which never occur in text: the first `size` classes are what decoding needs. */
export function phonesOnly({ w, bias, classes, ...form }: GeneratorWeights, size: number): GeneratorWeights {
  const kept = (_: number, i: number): boolean => i % classes < size;
  return { ...form, w: w.filter(kept), ...(bias ? { bias: bias.filter(kept) } : {}), classes: size };
}

/**
 * Outputs for an utterance of `rows` segments: with stride 1, rows + 2 pad - kernel + 1 (one
 * more than rows for kernel 4, pad 2).
 */
export const outputRows = (rows: number, kernel: number, pad: number, stride = 1): number =>
  Math.max(0, Math.floor((rows + 2 * pad - kernel) / stride) + 1);

/** Uniform in ±1/√fan-in, PyTorch's start for a convolution. */
export function uniformInit(size: number, fanIn: number, rng: Rng): Float32Array {
  const bound = 1 / Math.sqrt(fanIn);
  return Float32Array.from({ length: size }, () => (2 * rng.uniform() - 1) * bound);
}

/** [kernel * columns, classes] -> [columns, kernel * classes], so that one product gives every tap's share. */
export function tapsOf(
  w: Float32Array,
  kernel: number,
  columns: number,
  classes: number,
  into = new Float32Array(w.length),
): Float32Array {
  for (let j = 0; j < kernel; j++) {
    for (let d = 0; d < columns; d++) {
      const from = (j * columns + d) * classes;
      into.set(w.subarray(from, from + classes), (d * kernel + j) * classes);
    }
  }
  return into;
}

/**
 * Adds up the taps of one utterance.
 * @param taps projections [padded rows, kernel * classes] of the utterance with its zero segments, from row `first` on
 * @param rows outputs wanted
 * @returns logits [rows, classes]
 */
export function sumTaps(
  taps: Float32Array,
  first: number,
  { rows, kernel, classes, stride }: { rows: number; kernel: number; classes: number; stride: number },
): Float32Array {
  const logits = new Float32Array(rows * classes);
  for (let t = 0; t < rows; t++) {
    for (let j = 0; j < kernel; j++) {
      const from = ((first + t * stride + j) * kernel + j) * classes;
      for (let v = 0; v < classes; v++) logits[t * classes + v]! += taps[from + v]!;
    }
  }
  return logits;
}

/**
 * Logits of one utterance.
 * @param data [rows, columns] without padding
 * @param taps `tapsOf` the weights
 * @returns [outputs, classes]
 */
export async function utteranceLogits(
  data: Float32Array,
  rows: number,
  weights: Omit<GeneratorWeights, 'w'>,
  taps: Float32Array,
  projector: Projector,
): Promise<Float32Array> {
  const { kernel, pad, columns, classes, stride = 1, bias } = weights;
  const padded = rows + 2 * pad;
  const x = projector.take(projectedSize(padded, columns)); // whole blocks: no other copy is made
  x.fill(0, 0, pad * columns);
  x.set(data, pad * columns);
  x.fill(0, (pad + rows) * columns, padded * columns);
  const into = projector.take(projectedSize(padded, kernel * classes));
  const projected = await projector.project(x, padded, taps, into);
  if (bias) {
    for (let row = pad; row < pad + rows; row++)
      for (let i = 0; i < bias.length; i++) projected[row * bias.length + i]! += bias[i]!;
  }
  const logits = sumTaps(projected, 0, { rows: outputRows(rows, kernel, pad, stride), kernel, classes, stride });
  projector.giveBack(x, into);
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
 * Where each output ends, in the unit of `segmentEnds`. Output n is centred n stride - pad + kernel/2 segments after
 * the start and takes half a stride to either side: with kernel 4 and pad 2 it sits on the boundary before segment n
 * and reaches to the middle of segment n; with an odd kernel and pad = (kernel - 1)/2 it is segment n itself.
 * @param segmentEnds [S] ends of the segments, the first starting at 0
 * @returns one end for each of outputRows(S); the last is that of the utterance
 */
export function outputEnds(segmentEnds: Int32Array, kernel: number, pad: number, stride = 1): Int32Array {
  const segments = segmentEnds.length;
  const rows = outputRows(segments, kernel, pad, stride);
  const endAt = (position: number): number => {
    const clipped = Math.min(segments, Math.max(0, position));
    const whole = Math.floor(clipped);
    const before = whole === 0 ? 0 : segmentEnds[whole - 1]!;
    return whole === clipped ? before : Math.round(before + (clipped - whole) * (segmentEnds[whole]! - before));
  };
  const ends = Int32Array.from({ length: rows }, (_, n) => endAt(n * stride - pad + (kernel + stride) / 2));
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
  const { w, kernel, pad, columns, classes, stride } = weights;
  if (w.length !== kernel * columns * classes) {
    throw new AsrError(
      'model',
      `generator: expected ${kernel} x ${columns} x ${classes} weights, found ${w.length}`,
      'The weights belong to another configuration; train again.',
    );
  }
  const taps = tapsOf(w, kernel, columns, classes);
  const projector = new Projector(columns, kernel * classes, compute, taps);
  return {
    async emit(pooled, rows) {
      if (pooled.length !== rows * columns) {
        throw new AsrError(
          'input',
          `generator: ${rows} segments of ${columns} values expected, found ${pooled.length} values`,
          'The segments come from another configuration than the generator; train again.',
        );
      }
      const outputs = outputRows(rows, kernel, pad, stride);
      const logits = await utteranceLogits(pooled, rows, weights, taps, projector);
      logSoftmaxRowsInPlace(logits, outputs, classes);
      return { logProbs: logits, rows: outputs };
    },
    dispose: () => projector.dispose(),
  };
}
