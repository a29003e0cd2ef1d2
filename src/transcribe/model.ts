// A loaded model: sound of one file in, phones with times out, through the same pure functions as the stages.
import { join } from 'node:path';
import { readModelRecord, type ModelRecord } from '../bundle/model-folder.js';
import { loadClusters, type Clusters } from '../clusters/clusters.js';
import { computeSchema, type Compute } from '../core/stage.js';
import type { Region, TimedPhone } from '../core/records.js';
import { decodeUtterance } from '../decode/utterance.js';
import { createExtractor, type FeatureExtractor, type Frames } from '../features/extractor.js';
import { normaliseTogetherInPlace } from '../features/normalise.js';
import { loadEmission, type EmissionModel } from '../learn/emission.js';
import { loadSegmenter, type Segmenter } from '../segments/segmenter.js';
import { keepRegions } from '../vad/regions.js';
import { findUtterances } from '../vad/stage.js';

export interface Model {
  readonly record: ModelRecord;
  /**
   * @param samples mono, 16 kHz, in [-1, 1]; the whole recording counts as one speaker
   * @returns phones with times in samples of the recording; none where nobody speaks
   */
  recognise(samples: Float32Array): Promise<TimedPhone[]>;
  dispose(): Promise<void>;
}

/** @throws AsrError 'model' when a part is missing, changed or from a newer version */
export async function loadModel(folder: string, compute: Compute = computeSchema.parse({})): Promise<Model> {
  const record = await readModelRecord(folder);
  const extractor = await createExtractor(record.features, compute);
  const segmenter = await loadSegmenter(join(folder, 'segments'), compute);
  const clusters = await loadClusters(join(folder, 'clusters'), compute);
  const emission = await loadEmission(join(folder, 'emission'), compute);
  const parts: Parts = { record, extractor, segmenter, clusters, emission };
  return {
    record,
    recognise: (samples) => recognise(parts, samples),
    dispose: async () => {
      for (const part of [extractor, segmenter, clusters, emission]) await part.dispose();
    },
  };
}

interface Parts {
  readonly record: ModelRecord;
  readonly extractor: FeatureExtractor;
  readonly segmenter: Segmenter;
  readonly clusters: Clusters;
  readonly emission: EmissionModel;
}

async function recognise(parts: Parts, samples: Float32Array): Promise<TimedPhone[]> {
  const { record, extractor } = parts;
  const groups = findUtterances(samples, record.vad);
  if (typeof groups === 'string') return [];
  const utterances: { regions: Region[]; frames: Frames }[] = [];
  for (const regions of groups) {
    const frames = await extractor.extract(keepRegions(samples, regions));
    if (frames.rows > 0) utterances.push({ regions, frames });
  }
  normaliseTogetherInPlace(utterances.map(({ frames }) => frames), extractor.dim, record.features.normalise);
  const phones: TimedPhone[] = [];
  for (const { regions, frames } of utterances) phones.push(...await recogniseUtterance(parts, regions, frames));
  return phones;
}

async function recogniseUtterance({ record, extractor, segmenter, clusters, emission }: Parts, regions: readonly Region[], frames: Frames): Promise<TimedPhone[]> {
  const { pooled, segments, columns, ends } = await segmenter.segment(frames.data, frames.rows);
  const units = await clusters.assign(pooled, segments);
  const emitted = await emission.emit({ pooled, segments, columns, units, ends, frames: { data: frames.data, rows: frames.rows, dim: extractor.dim } });
  return decodeUtterance(emitted, emission, regions, extractor, record.decode);
}
