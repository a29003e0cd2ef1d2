// A loaded model: the sound of one recording in, phones with times out, through the same pure functions as the stages.
import { join } from 'node:path';
import { findModelFolder, readModelRecord, type ModelRecord } from '../bundle/model-folder.js';
import { loadClusters, type Clusters } from '../clusters/clusters.js';
import { disposeAll, Lifetime, openTogether } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import { computeSchema, type Compute } from '../core/stage.js';
import type { Region } from '../core/records.js';
import type { Decoder } from '../decode/decoder.js';
import { decoderFolder, loadDecoder } from '../decode/decoder-files.js';
import { decodeUtterance } from '../decode/utterance.js';
import { createExtractor, type FeatureExtractor, type Frames } from '../features/extractor.js';
import { brokenFrame } from '../features/frame-grid.js';
import { FrameSums, normaliseTogetherInPlace } from '../features/normalise.js';
import { loadEmission, type EmissionInput, type EmissionModel } from '../learn/emission.js';
import { loadSegmenter, type Segmenter } from '../segments/segmenter.js';
import { createDetector, type SpeechDetector } from '../vad/detector.js';
import { findUtterances } from '../vad/find.js';
import { keepRegions } from '../vad/regions.js';
import { RunningPeak } from '../vad/running-peak.js';
import { cutBlocks } from './blocks.js';
import type { RecognisedUtterance } from './transcript.js';

export interface RecogniseOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called when everything before this sample is recognised. */
  readonly onPosition?: ((sample: number) => void) | undefined;
  /** Called for a stretch of speech [start, end), in samples, that is left out, with the reason. */
  readonly onLeftOut?: ((start: number, end: number, reason: string) => void) | undefined;
}

export interface Model {
  readonly record: ModelRecord;
  /**
   * Utterances in order, as soon as they are recognised. A recording of up to 7.5 minutes is treated as a whole, as in
   * training: one speaker, one loudness. A longer one goes block by block (about 5 minutes): features are normalised
   * over the block and a minute's weight of what came before it, speech is found by the loudness of all heard so far.
   * @param pieces mono, 16 kHz, in [-1, 1], of any length each
   * Any number of recordings may be recognised at once: each gives what it gives alone.
   * @throws AsrError 'input' when a sample is not finite; the signal's reason when it is aborted; 'usage' after dispose()
   */
  recognise(pieces: AsyncIterable<Float32Array>, options?: RecogniseOptions): AsyncGenerator<RecognisedUtterance>;
  /** Frees what the model holds, after the steps that are going on. @throws AsrError 'usage' the second time */
  dispose(): Promise<void>;
  /** For `await using`: as dispose(), but nothing the second time. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Frames (10 ms) of the past that weigh in when a block of a long recording is normalised. */
const pastFrames = 6000;

/**
 * @param named a model folder, or a run that has made one
 * @throws AsrError 'model' when a part is missing, changed or from a newer version
 */
export async function loadModel(named: string, compute: Partial<Compute> = {}): Promise<Model> {
  const folder = findModelFolder(named);
  const full = computeSchema.parse(compute);
  const record = await readModelRecord(folder);
  try {
    return await openParts(folder, record, full);
  } catch (error) {
    throw ofModel(folder, error);
  }
}

/** Whatever is wrong with a part is wrong with the model: nothing that its user set or gave. */
function ofModel(folder: string, error: unknown): unknown {
  if (!(error instanceof AsrError) || !['input', 'config', 'usage'].includes(error.code)) return error;
  const where = error.message.includes(folder) ? '' : `${folder}: `;
  return new AsrError(
    'model',
    `${where}${error.message}`,
    error.hint ?? 'Copy the model again, or make it again.',
    error,
  );
}

async function openParts(folder: string, record: ModelRecord, full: Compute): Promise<Model> {
  const [extractor, segmenter, clusters, emission, detector] = await openTogether([
    createExtractor(record.features, full, folder),
    loadSegmenter(join(folder, 'segments'), full),
    loadClusters(join(folder, 'clusters'), full),
    loadEmission(join(folder, 'emission'), full),
    createDetector(record.vad, full, folder),
  ]);
  const opened = [detector, extractor, segmenter, clusters, emission];
  try {
    if (!emission.needsFrames) checkSizes(folder, extractor, segmenter, clusters);
    const decoder = await loadDecoder(join(folder, decoderFolder), emission);
    return modelOf({ record, detector, extractor, segmenter, clusters, emission, decoder }, opened);
  } catch (error) {
    await disposeAll(opened);
    throw error;
  }
}

/** @throws AsrError 'model' when what one part gives is not what the next one takes */
function checkSizes(folder: string, extractor: FeatureExtractor, segmenter: Segmenter, clusters: Clusters): void {
  const odd =
    extractor.dim !== segmenter.dim
      ? `features of ${extractor.dim} values, a segmenter for ${segmenter.dim}`
      : segmenter.columns !== clusters.columns
        ? `segments of ${segmenter.columns} values, clusters for ${clusters.columns}`
        : undefined;
  if (odd !== undefined)
    throw new AsrError('model', `${folder}: its parts do not belong together (${odd})`, 'Make the model again.');
}

function modelOf(parts: Parts, opened: readonly { dispose(): Promise<void> }[]): Model {
  const life = new Lifetime('the model');
  const dispose = (): Promise<void> => life.end(() => disposeAll(opened));
  return {
    record: parts.record,
    recognise: (pieces, options = {}) => recognise(parts, pieces, options, life),
    dispose,
    [Symbol.asyncDispose]: async () => {
      if (!life.over) await dispose();
    },
  };
}

interface Parts {
  readonly record: ModelRecord;
  readonly detector: SpeechDetector;
  readonly extractor: FeatureExtractor;
  readonly segmenter: Segmenter;
  readonly clusters: Clusters;
  readonly emission: EmissionModel;
  readonly decoder: Decoder;
}

async function* recognise(
  parts: Parts,
  pieces: AsyncIterable<Float32Array>,
  { signal, onPosition, onLeftOut }: RecogniseOptions,
  life: Lifetime,
): AsyncGenerator<RecognisedUtterance> {
  life.refuseOver();
  const { record, extractor, detector } = parts;
  const loudness = new RunningPeak();
  const heard = new FrameSums(extractor.dim);
  for await (const { start, samples } of cutBlocks(pieces, record.vad)) {
    signal?.throwIfAborted();
    loudness.add(samples);
    const peak = start === 0 ? undefined : loudness.value;
    const groups = await life.step(() => findUtterances(samples, record.vad, detector, peak));
    const utterances: { regions: Region[]; frames: Frames }[] = [];
    for (const regions of typeof groups === 'string' ? [] : groups) {
      const frames = await life.step(() => extractor.extract(keepRegions(samples, regions)));
      const broken = brokenFrame(frames.data, extractor.dim);
      if (broken !== undefined) onLeftOut?.(start + firstOf(regions), start + endOf(regions), broken);
      else if (frames.rows > 0) utterances.push({ regions, frames });
      signal?.throwIfAborted();
    }
    heard.fade(pastFrames);
    normaliseTogetherInPlace(
      utterances.map(({ frames }) => frames),
      extractor.dim,
      record.features.normalise,
      heard,
    );
    for (const { regions, frames } of utterances) {
      signal?.throwIfAborted();
      const placed = regions.map(([from, to]): Region => [from + start, to + start]);
      const utterance = await life.step(() => recogniseUtterance(parts, placed, frames));
      yield utterance;
      onPosition?.(utterance.end);
    }
    onPosition?.(start + samples.length);
  }
}

const firstOf = (regions: readonly Region[]): number => regions[0]?.[0] ?? 0;
const endOf = (regions: readonly Region[]): number => regions.at(-1)?.[1] ?? 0;

/** @param regions of the recording */
async function recogniseUtterance(
  { extractor, segmenter, clusters, emission, decoder }: Parts,
  regions: readonly Region[],
  frames: Frames,
): Promise<RecognisedUtterance> {
  const input = emission.needsFrames ? noSegments : await segmentsOf(segmenter, clusters, frames);
  const emitted = await emission.emit({ ...input, frames: { ...frames, dim: extractor.dim } });
  const { phones, words } = decodeUtterance(emitted, decoder, regions, extractor);
  return { start: firstOf(regions), end: endOf(regions), phones, words };
}

/** What a model gets that works on frames alone: cutting them up would be half of the work. */
const noSegments = { pooled: new Float32Array(0), segments: 0, columns: 0, units: [], ends: [] };

async function segmentsOf(segmenter: Segmenter, clusters: Clusters, frames: Frames): Promise<EmissionInput> {
  const { pooled, segments, columns, ends } = await segmenter.segment(frames.data, frames.rows);
  return { pooled, segments, columns, units: await clusters.assign(pooled, segments), ends };
}
