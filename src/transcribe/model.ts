// A loaded model: the sound of one recording in, phones with times out, through the same pure functions as the stages.
import { join } from 'node:path';
import { readModelRecord, type ModelRecord } from '../bundle/model-folder.js';
import { loadClusters, type Clusters } from '../clusters/clusters.js';
import { computeSchema, type Compute } from '../core/stage.js';
import type { Region } from '../core/records.js';
import type { Decoder } from '../decode/decoder.js';
import { decoderFolder, loadDecoder } from '../decode/decoder-files.js';
import { decodeUtterance } from '../decode/utterance.js';
import { createExtractor, type FeatureExtractor, type Frames } from '../features/extractor.js';
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
}

export interface Model {
  readonly record: ModelRecord;
  /**
   * Utterances in order, as soon as they are recognised. A recording of up to 7.5 minutes is treated as a whole, as in
   * training: one speaker, one loudness. A longer one goes block by block (about 5 minutes): features are normalised
   * over the block and a minute's weight of what came before it, speech is found by the loudness of all heard so far.
   * @param pieces mono, 16 kHz, in [-1, 1], of any length each
   * @throws AsrError 'input' when a sample is not finite; the signal's reason when it is aborted
   */
  recognise(pieces: AsyncIterable<Float32Array>, options?: RecogniseOptions): AsyncGenerator<RecognisedUtterance>;
  dispose(): Promise<void>;
}

/** Frames (10 ms) of the past that weigh in when a block of a long recording is normalised. */
const pastFrames = 6000;

/** @throws AsrError 'model' when a part is missing, changed or from a newer version */
export async function loadModel(folder: string, compute: Partial<Compute> = {}): Promise<Model> {
  const full = computeSchema.parse(compute);
  const record = await readModelRecord(folder);
  const [extractor, segmenter, clusters, emission] = await Promise.all([
    createExtractor(record.features, full, folder),
    loadSegmenter(join(folder, 'segments'), full),
    loadClusters(join(folder, 'clusters'), full),
    loadEmission(join(folder, 'emission'), full),
  ]);
  const detector = await createDetector(record.vad, full, folder);
  const decoder = await loadDecoder(join(folder, decoderFolder), emission);
  const parts: Parts = { record, detector, extractor, segmenter, clusters, emission, decoder };
  return {
    record,
    recognise: (pieces, options = {}) => recognise(parts, pieces, options),
    dispose: async () => {
      for (const part of [detector, extractor, segmenter, clusters, emission]) await part.dispose();
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
  { signal, onPosition }: RecogniseOptions,
): AsyncGenerator<RecognisedUtterance> {
  const { record, extractor, detector } = parts;
  const loudness = new RunningPeak();
  const heard = new FrameSums(extractor.dim);
  for await (const { start, samples } of cutBlocks(pieces, record.vad)) {
    signal?.throwIfAborted();
    loudness.add(samples);
    const groups = await findUtterances(samples, record.vad, detector, start === 0 ? undefined : loudness.value);
    const utterances: { regions: Region[]; frames: Frames }[] = [];
    for (const regions of typeof groups === 'string' ? [] : groups) {
      const frames = await extractor.extract(keepRegions(samples, regions));
      if (frames.rows > 0) utterances.push({ regions, frames });
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
      const utterance = await recogniseUtterance(
        parts,
        regions.map(([from, to]): Region => [from + start, to + start]),
        frames,
      );
      yield utterance;
      onPosition?.(utterance.end);
    }
    onPosition?.(start + samples.length);
  }
}

/** @param regions of the recording */
async function recogniseUtterance(
  { extractor, segmenter, clusters, emission, decoder }: Parts,
  regions: readonly Region[],
  frames: Frames,
): Promise<RecognisedUtterance> {
  const input = emission.needsFrames ? noSegments : await segmentsOf(segmenter, clusters, frames);
  const emitted = await emission.emit({ ...input, frames: { ...frames, dim: extractor.dim } });
  const { phones, words } = decodeUtterance(emitted, decoder, regions, extractor);
  return { start: regions[0]?.[0] ?? 0, end: regions.at(-1)?.[1] ?? 0, phones, words };
}

/** What a model gets that works on frames alone: cutting them up would be half of the work. */
const noSegments = { pooled: new Float32Array(0), segments: 0, columns: 0, units: [], ends: [] };

async function segmentsOf(segmenter: Segmenter, clusters: Clusters, frames: Frames): Promise<EmissionInput> {
  const { pooled, segments, columns, ends } = await segmenter.segment(frames.data, frames.rows);
  return { pooled, segments, columns, units: await clusters.assign(pooled, segments), ends };
}
