// A loaded model: the sound of one recording in, phones with times out, through the same pure functions as the
// stages.
import { join } from 'node:path';
import { findModelFolder, readModelRecord } from '../bundle/model-folder.js';
import type { ModelRecord } from '../bundle/model-record.js';
import { loadClusters, type Clusters } from '../clusters/clusters.js';
import { disposeAll, Lifetime, openTogether, type Disposable } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import type { Region } from '../core/records.js';
import { computeSchema, type Compute } from '../core/stage.js';
import { decoderFolder, loadDecoder } from '../decode/decoder-files.js';
import type { Decoder } from '../decode/decoder.js';
import type { FrameGrid } from '../core/frame-grid.js';
import type { Samples } from '../core/time.js';
import { createExtractor } from '../features/extractor.js';
import { FrameSums } from '../features/normalise.js';
import { createReduction, readReduction, reductionFolder } from '../features/reduction.js';
import { loadEmission } from '../learn/emission.js';
import { loadSegmenter, type Segmenter } from '../segments/segmenter.js';
import { createDetector } from '../vad/detector.js';
import { findUtterances } from '../vad/find.js';
import { RunningPeak } from '../vad/running-peak.js';
import { cutBlocks } from './blocks.js';
import { listen, recogniseLive, type Listener, type LiveEvent, type LiveOptions } from './live.js';
import {
  emitGroups,
  frameSize,
  recogniseGroups,
  pastFrames,
  type EmittedUtterance,
  type HearOptions,
  type SoundBlock,
  type KnownVoice,
  type ModelParts,
  type Past,
  type RecogniseOptions,
} from './parts.js';
import type { RecognisedUtterance } from './transcript.js';

export type { RecogniseOptions } from './parts.js';

export interface Model {
  readonly record: ModelRecord;
  /**
   * Utterances in order, as soon as they are recognised. A recording of up to 7.5 minutes is treated as a whole, as in
   * training: one speaker, one loudness. A longer one goes block by block (about 5 minutes): features are normalised
   * over the block and a minute's weight of what came before it, speech is found by the loudness of all heard so far.
   * @param pieces mono, 16 kHz, in [-1, 1], of any length each
   * Any number of recordings may be recognised at once: each gives what it gives alone.
   * @throws AsrError 'input' when a sample is not finite; the signal's reason when it
   * is aborted; 'usage' after dispose()
   */
  recognise(pieces: AsyncIterable<Float32Array>, options?: RecogniseOptions): AsyncGenerator<RecognisedUtterance>;
  /**
   * What the model makes of each utterance before it decides what was said: for those who know what was said.
   * @param pieces as of recognise()
   */
  emissions(pieces: AsyncIterable<Float32Array>, options?: RecogniseOptions): AsyncGenerator<EmittedUtterance>;
  /** How it decides, and where its frames lie. */
  readonly decoder: Decoder;
  readonly grid: FrameGrid;
  /**
   * The same of sound that is still coming: partial transcripts of the stretch of speech that goes
   * on, a final one at each pause. Speech is told from silence by the loudness of all heard so far,
   * so the first second may be cut otherwise.
   */
  live(pieces: AsyncIterable<Float32Array>, options?: LiveOptions): AsyncGenerator<LiveEvent>;
  /** As live(), for sound that is given piece by piece. */
  listen(options?: LiveOptions): Listener;
  /** Frees what the model holds, after the steps that are going on. @throws AsrError 'usage' the second time */
  dispose(): Promise<void>;
  /** For `await using`: as dispose(), but nothing the second time. */
  [Symbol.asyncDispose](): Promise<void>;
}

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
  const [extractor, emission, detector] = await openTogether([
    createExtractor(record.features, full, folder),
    loadEmission(join(folder, 'emission'), full, record.decode.method === 'greedy'),
    createDetector(record.vad, full, folder),
  ]);
  const opened: Disposable[] = [detector, extractor, emission];
  try {
    const reduction = record.features.reduction.components
      ? createReduction(await readReduction(join(folder, reductionFolder)), full)
      : undefined;
    if (reduction) opened.push(reduction);
    const dim = frameSize({ extractor, reduction });
    const cutter = emission.needsFrames ? undefined : await openCutter(folder, full, dim, opened);
    const decoder = await loadDecoder(join(folder, decoderFolder), emission);
    return modelOf({ record, detector, extractor, reduction, cutter, emission, decoder }, opened);
  } catch (error) {
    await disposeAll(opened);
    throw error;
  }
}

/** What cuts speech into segments and names them, for models that work on segments. */
async function openCutter(
  folder: string,
  full: Compute,
  dim: number,
  opened: Disposable[],
): Promise<NonNullable<ModelParts['cutter']>> {
  const [segmenter, clusters] = await openTogether([
    loadSegmenter(join(folder, 'segments'), full),
    loadClusters(join(folder, 'clusters'), full),
  ]);
  opened.push(segmenter, clusters);
  checkSizes(folder, dim, segmenter, clusters);
  return { segmenter, clusters };
}

/** @throws AsrError 'model' when what one part gives is not what the next one takes */
function checkSizes(folder: string, dim: number, segmenter: Segmenter, clusters: Clusters): void {
  const odd =
    dim !== segmenter.dim
      ? `features of ${dim} values, a segmenter for ${segmenter.dim}`
      : segmenter.columns !== clusters.columns
        ? `segments of ${segmenter.columns} values, clusters for ${clusters.columns}`
        : undefined;
  if (odd !== undefined)
    throw new AsrError('model', `${folder}: its parts do not belong together (${odd})`, 'Make the model again.');
}

/** A model of parts, wherever they were opened. @param opened what ends with it */
export function modelOf(parts: ModelParts, opened: readonly Disposable[]): Model {
  const life = new Lifetime('the model');
  const dispose = (): Promise<void> => life.end(() => disposeAll(opened));
  return {
    record: parts.record,
    decoder: parts.decoder,
    grid: parts.extractor,
    recognise: (pieces, options = {}) => recognise(parts, pieces, options, life),
    emissions: (pieces, options = {}) => inBlocks(parts, pieces, options, life, emitGroups),
    live: (pieces, options = {}) => recogniseLive(parts, pieces, options, life),
    listen: (options = {}) => listen(parts, options, life),
    dispose,
    [Symbol.asyncDispose]: async () => {
      if (!life.over) await dispose();
    },
  };
}

async function* recognise(
  parts: ModelParts,
  pieces: AsyncIterable<Float32Array>,
  options: RecogniseOptions,
  life: Lifetime,
): AsyncGenerator<RecognisedUtterance> {
  for await (const utterance of inBlocks(parts, pieces, options, life, recogniseGroups)) {
    yield utterance;
    options.onPosition?.(utterance.end);
  }
}

/** @param hear what is made of the utterances of a block */
async function* inBlocks<T>(
  parts: ModelParts,
  pieces: AsyncIterable<Float32Array>,
  { signal, onPosition, onLeftOut, onSpeech }: RecogniseOptions,
  life: Lifetime,
  hear: (parts: ModelParts, block: SoundBlock, past: Past, options: HearOptions) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  life.refuseOver();
  const { record, extractor, detector } = parts;
  const loudness = new RunningPeak();
  const past = new FrameSums(extractor.dim);
  const voice: KnownVoice = {};
  for await (const { start, samples } of cutBlocks(pieces, record.vad)) {
    signal?.throwIfAborted();
    loudness.add(samples);
    const peak = start === 0 ? undefined : loudness.value;
    const groups = await life.step(() => findUtterances(samples, record.vad, detector, peak));
    past.fade(pastFrames);
    if (typeof groups !== 'string') {
      onSpeech?.(groups.flat().map(([from, to]) => [start + from, start + to] as Region));
      yield* hear(parts, { samples, groups, start }, { past, voice }, { life, signal, onLeftOut });
    }
    onPosition?.((start + samples.length) as Samples);
  }
}
