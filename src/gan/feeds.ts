// From a batch and the generator's predictions to the inputs of the compiled steps: joined windows, weights that
// leave padding out, and the counts that the losses divide by.
import type { Rng } from '../core/rng.js';
import type { Batch } from './batches.js';
import type { GanConfig } from './config.js';
import { outputRows } from './generator.js';
import { drawFrames, runStarts } from './join.js';
import type { DiscriminatorInput, GanShape, GeneratorInput } from './step.js';

type Feeds<K extends string> = Record<K, Float32Array | Int32Array>;

export interface Joined {
  /** The predictions of each utterance. */
  readonly labels: readonly Int32Array[];
  /** Positions that stand for the runs of each utterance. */
  readonly frames: readonly Int32Array[];
  /** Frames that the reference would pad this batch to. */
  readonly paddedLength: number;
}

/** Joins the predictions of a batch. @param rng one stream for the batch */
export function joinBatch(labels: readonly Int32Array[], config: GanConfig, rng: Rng): Joined {
  const longest = Math.max(...labels.map((sequence) => sequence.length));
  const frames = labels.map((sequence) => (config.joinFrame === 'random' ? drawFrames(sequence, rng) : Int32Array.from(runStarts(sequence))));
  const paddedLength = Math.max(1, ...frames.map((chosen, b) => chosen.length + (config.joinCountsPadding && labels[b]!.length < longest ? 1 : 0)));
  return { labels, frames, paddedLength };
}

/**
 * Copies the windows of the joined frames. The graph sees windows of the dropped-out input that the prediction was
 * made from, so a segment that two windows share is masked alike in both, as in the reference.
 */
function gatherWindows(batch: Batch, joined: Joined, shape: GanShape, config: GanConfig, length: number): Float32Array {
  const { columns } = shape;
  const width = config.generator.kernel * columns;
  const windows = new Float32Array(shape.batch * length * width);
  joined.frames.forEach((frames, b) => {
    frames.forEach((frame, n) => {
      const to = (b * length + n) * width;
      const from = (batch.firsts[b]! + frame) * columns;
      if (config.joinFrame === 'random') {
        windows.set(batch.x.subarray(from, from + width), to);
        return;
      }
      // The generator is linear: the mean of a run's logits is the logits of its mean window.
      const count = (frames[n + 1] ?? joined.labels[b]!.length) - frame;
      for (let i = 0; i < count * columns; i += columns) {
        for (let d = 0; d < width; d++) windows[to + d]! += batch.x[from + i + d]! / count;
      }
    });
  });
  return windows;
}

/** value / n on the first n of `length` places of each row. */
function rowWeights(lengths: readonly number[], length: number, total: (n: number) => number): Float32Array {
  const weights = new Float32Array(lengths.length * length);
  lengths.forEach((n, b) => weights.fill(total(n), b * length, b * length + n));
  return weights;
}

const fakeLengths = (joined: Joined): number[] => joined.frames.map((frames) => frames.length);

/** @param length frames that the graph was compiled for */
export function generatorFeeds(batch: Batch, joined: Joined, shape: GanShape, config: GanConfig, length: number, adamStep: number): Feeds<GeneratorInput> {
  const lengths = fakeLengths(joined);
  const valid = lengths.reduce((sum, n) => sum + n, 0);
  const all = shape.batch * joined.paddedLength;
  const pairs = config.smoothnessPads ? all - shape.batch : valid - shape.batch;
  return {
    windows: gatherWindows(batch, joined, shape, config, length),
    fakeWeights: rowWeights(lengths, length, (n) => 1 / n),
    fakeMask: rowWeights(lengths, length, () => 1),
    padFrames: Float32Array.of(config.codePenaltyPads ? all - valid : 0),
    codeFrames: Float32Array.of(config.codePenaltyPads ? all : valid),
    // With one frame everywhere there are no differences; 1 avoids 0 / 0, which is what the reference computes.
    smoothCount: Float32Array.of(Math.max(1, pairs * shape.classes)),
    adamStep: Float32Array.of(adamStep),
  };
}

/** Frames of the longest line of the batch: what its text is padded to. */
export const textLength = (batch: Batch): number => Math.max(1, ...batch.lines.map((line) => line.length));

/**
 * @param length frames that the graph was compiled for
 * @param vocabularySize classes that text may hold; the next one, if there is one, fills the padding
 * @param rng one stream for the batch
 */
export function discriminatorFeeds(batch: Batch, joined: Joined, shape: GanShape, config: GanConfig, length: number, adamStep: number, vocabularySize: number, rng: Rng): Feeds<DiscriminatorInput> {
  const tokens = new Int32Array(shape.batch * length).fill(shape.classes > vocabularySize ? vocabularySize : -1);
  batch.lines.forEach((line, b) => { tokens.set(line, b * length); });
  const shared = Math.min(joined.paddedLength, textLength(batch));
  return {
    windows: gatherWindows(batch, joined, shape, config, length),
    fakeWeights: rowWeights(fakeLengths(joined), length, (n) => 1 / n),
    tokens,
    realWeights: rowWeights(batch.lines.map((line) => line.length), length, (n) => 1 / n),
    mix: Float32Array.from({ length: shape.batch }, () => rng.uniform()),
    penaltyWeights: rowWeights([shared], length, () => 1 / shared),
    adamStep: Float32Array.of(adamStep),
  };
}

/** Outputs of each utterance of a batch before JOIN. */
export const batchOutputs = (batch: Batch, config: GanConfig, pad: number): number[] =>
  batch.segments.map((rows) => outputRows(rows, config.generator.kernel, pad));
