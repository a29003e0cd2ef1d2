// What a loaded model is made of, and how its parts hear stretches of speech: features of all, normalised together,
// then each recognised. Recordings go block by block through it, live sound stretch by stretch.
import type { ModelRecord } from '../bundle/model-record.js';
import type { Clusters } from '../clusters/clusters.js';
import type { Lifetime } from '../core/disposal.js';
import type { Region } from '../core/records.js';
import type { Samples } from '../core/time.js';
import type { Decoder } from '../decode/decoder.js';
import { decodeUtterance } from '../decode/utterance.js';
import type { FeatureExtractor, FrameRows } from '../features/extractor.js';
import { brokenFrame } from '../features/frames.js';
import { normaliseTogetherInPlace, type FrameSums } from '../features/normalise.js';
import type { Reduction } from '../features/reduction.js';
import type { Emission, EmissionInput, EmissionModel } from '../learn/emission.js';
import type { Segmenter } from '../segments/segmenter.js';
import type { SpeechDetector } from '../vad/detector.js';
import { keepRegions } from '../vad/regions.js';
import type { RecognisedUtterance } from './transcript.js';

export interface ModelParts {
  readonly record: ModelRecord;
  readonly detector: SpeechDetector;
  readonly extractor: FeatureExtractor;
  /** For models whose frames are reduced to components. */
  readonly reduction?: Reduction | undefined;
  /** For models that work on segments. */
  readonly cutter: { readonly segmenter: Segmenter; readonly clusters: Clusters } | undefined;
  readonly emission: EmissionModel;
  readonly decoder: Decoder;
}

export interface RecogniseOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when everything before this sample is recognised. */
  readonly onPosition?: ((sample: Samples) => void) | undefined;
  /** Called for a stretch of speech [start, end), in samples, that is left out, with the reason. */
  readonly onLeftOut?: ((start: Samples, end: Samples, reason: string) => void) | undefined;
  /** Called with stretches of speech, in samples, as soon as they are found; in order. */
  readonly onSpeech?: ((regions: readonly Region[]) => void) | undefined;
}

/** Frames (10 ms) of the past that weigh in when a block of a long recording is normalised. */
export const pastFrames = 6000;

/** What is known of whoever speaks, for models that move voices to a common one. */
export interface KnownVoice {
  map?: Float64Array | undefined;
}

/** Samples of a recording from `start` on, and its utterances as regions of them. */
export interface SoundBlock {
  readonly samples: Float32Array;
  readonly groups: readonly Region[][];
  readonly start: Samples;
}

/** What is known of the recording so far; a block adds to it. */
export interface Past {
  /** Sums of frames that weigh in when later ones are normalised. */
  readonly past: FrameSums;
  readonly voice: KnownVoice;
}

export interface HearOptions {
  readonly life: Lifetime;
  readonly signal?: AbortSignal | undefined;
  readonly onLeftOut?: RecogniseOptions['onLeftOut'];
}

/** Values of a frame as the model gets it. */
export const frameSize = ({ extractor, reduction }: Pick<ModelParts, 'extractor' | 'reduction'>): number =>
  reduction?.components ?? extractor.dim;

/** What the model makes of an utterance before it decides what was said. */
export interface EmittedUtterance {
  /** Of the recording, in samples. */
  readonly regions: readonly Region[];
  readonly emission: Emission;
}

export async function* recogniseGroups(
  parts: ModelParts,
  block: SoundBlock,
  past: Past,
  options: HearOptions,
): AsyncGenerator<RecognisedUtterance> {
  for await (const { regions, emission } of emitGroups(parts, block, past, options)) {
    const { phones, words } = decodeUtterance(emission, parts.decoder, regions, parts.extractor);
    yield { start: firstOf(regions), end: endOf(regions), phones, words };
  }
}

export async function* emitGroups(
  parts: ModelParts,
  { samples, groups, start }: SoundBlock,
  { past, voice }: Past,
  { life, signal, onLeftOut }: HearOptions,
): AsyncGenerator<EmittedUtterance> {
  const { record, extractor, reduction, emission: model } = parts;
  const utterances: { regions: Region[]; frames: FrameRows }[] = [];
  for (const regions of groups) {
    const frames = await life.step(() => extractor.extract(keepRegions(samples, regions)));
    const broken = brokenFrame(frames.data, extractor.dim);
    if (broken !== undefined) {
      const [from, to] = [start + firstOf(regions), start + endOf(regions)] as Region;
      onLeftOut?.(from, to, broken);
    } else if (frames.rows > 0) utterances.push({ regions, frames });
    signal?.throwIfAborted();
  }
  const whole = utterances.map(({ frames }) => frames);
  normaliseTogetherInPlace(whole, extractor.dim, record.features.normalise, past);
  const all = reduction ? await life.step(() => reduceAll(whole, reduction)) : whole;
  const own = await life.step(async () =>
    model.findVoice?.(all.map((frames) => ({ ...frames, dim: frameSize(parts) }))),
  );
  voice.map = own ?? voice.map;
  for (const [i, { regions }] of utterances.entries()) {
    signal?.throwIfAborted();
    const placed = regions.map(([from, to]): Region => [from + start, to + start] as Region);
    const emission = await life.step(() => emit(parts, all[i] as FrameRows, voice.map));
    yield { regions: placed, emission };
  }
}

async function reduceAll(utterances: readonly FrameRows[], reduction: Reduction): Promise<FrameRows[]> {
  const reduced: FrameRows[] = [];
  for (const { data, rows } of utterances) reduced.push({ data: await reduction.apply(data, rows), rows });
  return reduced;
}

const firstOf = (regions: readonly Region[]): Samples => regions[0]?.[0] ?? (0 as Samples);
const endOf = (regions: readonly Region[]): Samples => regions.at(-1)?.[1] ?? (0 as Samples);

async function emit(parts: ModelParts, frames: FrameRows, voice: Float64Array | undefined): Promise<Emission> {
  const { cutter, emission } = parts;
  const input = cutter ? await segmentsOf(cutter.segmenter, cutter.clusters, frames) : noSegments;
  return emission.emit({ ...input, frames: { ...frames, dim: frameSize(parts) }, voice });
}

/** What a model gets that works on frames alone: cutting them up would be half of the work. */
const noSegments = { pooled: new Float32Array(0), segments: 0, columns: 0, units: [], ends: [] };

async function segmentsOf(segmenter: Segmenter, clusters: Clusters, frames: FrameRows): Promise<EmissionInput> {
  const { pooled, segments, columns, ends } = await segmenter.segment(frames.data, frames.rows);
  return { pooled, segments, columns, units: await clusters.assign(pooled, segments), ends };
}
