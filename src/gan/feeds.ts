// From a batch and the generator's predictions to the inputs of the compiled steps: joined logits and where they
// came from, weights that leave padding out, and the counts that the losses divide by.
import type { Rng } from '../core/rng.js';
import { adversaryOf } from './adversaries.js';
import { anchorFeeds } from './anchor.js';
import type { Batch } from './batches.js';
import { generatorPadding, type GanConfig } from './config.js';
import type { Course, Pace } from './course.js';
import { layerFeeds, type ForwardPass } from './forward-pass.js';
import { outputRows, sumTaps } from './generator.js';
import { drawFrames, runStarts } from './join.js';
import {
  courseInputs,
  type DiscriminatorInput,
  type GanShape,
  type GeneratorGradientInput,
  type GeneratorInput,
  type StepSize,
} from './step-inputs.js';

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
  const frames = labels.map((sequence) =>
    config.joinFrame === 'random' ? drawFrames(sequence, rng) : Int32Array.from(runStarts(sequence)),
  );
  const paddedLength = Math.max(
    1,
    ...frames.map((chosen, b) => chosen.length + (config.joinCountsPadding && labels[b]!.length < longest ? 1 : 0)),
  );
  return { labels, frames, paddedLength };
}

/**
 * The logits of every output of a batch, from the dropped-out input that the steps derive by: a segment that two
 * windows share is masked alike in both, as in the reference.
 * @returns one [outputs, V] an utterance
 */
export async function batchLogits(
  batch: Batch,
  config: GanConfig,
  classes: number,
  forward: ForwardPass,
): Promise<Float32Array[]> {
  const { kernel, stride } = config.generator;
  const taps = await forward.taps(batch);
  return batchOutputs(batch, config).map((rows, b) =>
    sumTaps(taps, batch.firsts[b]!, { rows, kernel, classes, stride }),
  );
}

/** Outputs in the run that starts with the n-th frame; 1 where a frame stands for its run alone. */
const runLength = (joined: Joined, b: number, n: number, config: GanConfig): number =>
  config.joinFrame === 'random' ? 1 : (joined.frames[b]![n + 1] ?? joined.labels[b]!.length) - joined.frames[b]![n]!;

/** Logits of the joined frames, zeros on padding: [B * length, V]. The mean of a run where runs are averaged. */
function gatherLogits(
  logits: readonly Float32Array[],
  joined: Joined,
  { batch, classes }: GanShape,
  config: GanConfig,
  length: number,
): Float32Array {
  const gathered = new Float32Array(batch * length * classes);
  joined.frames.forEach((frames, b) => {
    frames.forEach((frame, n) => {
      const to = (b * length + n) * classes;
      const count = runLength(joined, b, n, config);
      for (let i = 0; i < count; i++) {
        const from = (frame + i) * classes;
        for (let v = 0; v < classes; v++) gathered[to + v]! += logits[b]![from + v]! / count;
      }
    });
  });
  return gathered;
}

/**
 * Where each input row went: as tap j of which joined frame, and with what share. The generator is linear, so this
 * is all that its gradient needs besides the input; windows of it need not be made.
 */
function tapRows(
  batch: Batch,
  joined: Joined,
  shape: GanShape,
  config: GanConfig,
  { length, rows }: StepSize,
): { joinedRow: Int32Array; joinedShare: Float32Array } {
  const { kernel, stride } = config.generator;
  const joinedRow = new Int32Array(rows * kernel).fill(shape.batch * length);
  const joinedShare = new Float32Array(rows * kernel);
  joined.frames.forEach((frames, b) => {
    frames.forEach((frame, n) => {
      const count = runLength(joined, b, n, config);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < kernel; j++) {
          const at = (batch.firsts[b]! + (frame + i) * stride + j) * kernel + j;
          joinedRow[at] = b * length + n;
          joinedShare[at] = 1 / count;
        }
      }
    });
  });
  return { joinedRow, joinedShare };
}

/** What the generator's gradient is made of. */
function gradientFeeds({ batch, joined, shape, config, size }: StepMaterial): Feeds<GeneratorGradientInput> {
  return {
    ...layerFeeds(batch, config, shape.columns),
    ...tapRows(batch, joined, shape, config, size),
  } as Feeds<GeneratorGradientInput>;
}

/** value / n on the first n of `length` places of each row. */
function rowWeights(lengths: readonly number[], length: number, total: (n: number) => number): Float32Array {
  const weights = new Float32Array(lengths.length * length);
  lengths.forEach((n, b) => weights.fill(total(n), b * length, b * length + n));
  return weights;
}

/** Frames that the mean of the auxiliary loss is over: the padded batch, or the labelled ones; see `auxiliary.pads`. */
function auxiliaryFrames({ labels, longestLabels, segments }: Batch, { auxiliary }: GanConfig): number {
  // The reference pads frames and labels each to the longest of the batch and takes what both have.
  const padded = Math.min(longestLabels!, Math.max(...segments));
  const frames = auxiliary.pads
    ? segments.length * padded
    : labels!.reduce((sum, label) => sum + (label >= 0 ? 1 : 0), 0);
  return Math.max(1, frames);
}

const fakeLengths = (joined: Joined): number[] => joined.frames.map((frames) => frames.length);

/** What one update works on. */
export interface StepMaterial {
  readonly batch: Batch;
  /** Logits of every output, from `batchLogits`. */
  readonly logits: readonly Float32Array[];
  readonly joined: Joined;
  readonly shape: GanShape;
  readonly config: GanConfig;
  /** That the graph was compiled for. */
  readonly size: StepSize;
  readonly pace: Pace;
  /** Classes that text may hold; the next one, if there is one, fills its padding. */
  readonly vocabularySize: number;
  /** Shares of pairs of phones in the text, where there is a term for them. */
  readonly pairShares?: Float32Array;
  /** Logits of every output for other dropout masks, where there is a term for them. */
  readonly otherLogits?: readonly Float32Array[];
}

/** Of the settings that `course` moves. */
const courseFeeds = ({ config, pace }: StepMaterial, network: 'generator' | 'discriminator') =>
  Object.fromEntries(
    Object.keys(courseInputs(config, network)).map((name) => [
      name,
      Float32Array.of(pace.course?.[name.slice('course.'.length) as keyof Course] ?? 1),
    ]),
  );

/** Lines of text as one-hot classes, and weights that average over them. */
function textFeeds({ batch, shape, size: { length }, vocabularySize }: StepMaterial): Feeds<'tokens' | 'realWeights'> {
  const tokens = new Int32Array(shape.batch * length).fill(shape.classes > vocabularySize ? vocabularySize : -1);
  batch.lines.forEach((line, b) => {
    tokens.set(line, b * length);
  });
  const lengths = batch.lines.map((line) => line.length);
  return { tokens, realWeights: rowWeights(lengths, length, (n) => 1 / n) };
}

export function generatorFeeds(material: StepMaterial): Feeds<GeneratorInput> {
  const { batch, logits, joined, shape, config, size, pace } = material;
  const { length } = size;
  const lengths = fakeLengths(joined);
  const valid = lengths.reduce((sum, n) => sum + n, 0);
  const all = shape.batch * joined.paddedLength;
  const pairs = config.smoothnessPads ? all - shape.batch : valid - shape.batch;
  return {
    ...gradientFeeds(material),
    ...(config.auxiliary.weight > 0
      ? { labels: batch.labels!, auxiliaryFrames: Float32Array.of(auxiliaryFrames(batch, config)) }
      : {}),
    ...(config.anchor.weight > 0 ? anchorFeeds(batch, joined, length, pace.anchorWeight ?? 0) : {}),
    ...courseFeeds(material, 'generator'),
    ...(adversaryOf(config).paired ? textFeeds(material) : {}),
    ...(config.pairs.weight > 0
      ? { pairShares: material.pairShares!, pairWeight: Float32Array.of(pace.pairWeight ?? 0) }
      : {}),
    ...(config.consistency > 0
      ? { otherLogits: gatherLogits(material.otherLogits!, joined, shape, config, length) }
      : {}),
    logits: gatherLogits(logits, joined, shape, config, length),
    fakeWeights: rowWeights(lengths, length, (n) => 1 / n),
    fakeMask: rowWeights(lengths, length, () => 1),
    padFrames: Float32Array.of(config.codePenaltyPads ? all - valid : 0),
    codeFrames: Float32Array.of(config.codePenaltyPads ? all : valid),
    // With one frame everywhere there are no differences; 1 avoids 0 / 0, which is what the reference computes.
    smoothCount: Float32Array.of(Math.max(1, pairs * shape.classes)),
    adamStep: Float32Array.of(pace.adamStep),
    lrShare: Float32Array.of(pace.lrShare),
  };
}

/** Frames of the longest line of the batch: what its text is padded to. */
export const textLength = (batch: Batch): number => Math.max(1, ...batch.lines.map((line) => line.length));

/** @param rng one stream for the batch */
export function discriminatorFeeds(material: StepMaterial, rng: Rng): Feeds<DiscriminatorInput> {
  const { batch, logits, joined, shape, config, size, pace } = material;
  const { length } = size;
  const shared = Math.min(joined.paddedLength, textLength(batch));
  return {
    ...(config.clipScope === 'joint' ? gradientFeeds(material) : {}),
    logits: gatherLogits(logits, joined, shape, config, length),
    fakeWeights: rowWeights(fakeLengths(joined), length, (n) => 1 / n),
    ...textFeeds(material),
    ...courseFeeds(material, 'discriminator'),
    mix: Float32Array.from({ length: shape.batch }, () => rng.uniform()),
    penaltyWeights: rowWeights([shared], length, () => 1 / shared),
    adamStep: Float32Array.of(pace.adamStep),
    lrShare: Float32Array.of(pace.lrShare),
  } as Feeds<DiscriminatorInput>;
}

/** Outputs of each utterance of a batch before JOIN. */
export const batchOutputs = (batch: Batch, { generator }: GanConfig): number[] =>
  batch.segments.map((rows) => outputRows(rows, generator.kernel, generatorPadding(generator), generator.stride));
