// Stage features: utterances in, normalised frames [T, D] out, in shards by utterance id. Normalising by speaker
// needs the sums of all their utterances first, so frames then pass through a temporary folder on disk.
import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError, isFatal, toAsrError } from '../core/errors.js';
import { readJsonl } from '../core/jsonl.js';
import { startProgress } from '../core/progress.js';
import { sampleRate, utteranceSchema } from '../core/records.js';
import { ShardReader, ShardWriter } from '../core/shards.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { featuresConfig, type FeaturesConfig } from './config.js';
import { createExtractor, type FeatureExtractor } from './extractor.js';
import type { FeaturesInfo } from './info.js';
import { FrameSums, normaliseInPlace, PooledDeviation } from './normalise.js';
import { countUtterances, utteranceSounds } from './utterance-sound.js';

export { featuresInfoSchema, type FeaturesInfo } from './info.js';

export const featuresStage = defineStage({
  name: 'features',
  version: 1,
  reads: ['audio', 'vad'],
  config: featuresConfig,
  async run(io) {
    const extractor = await createExtractor(io.config, io.compute);
    try {
      const { dim, hop, window } = extractor;
      const frames = join(io.out, 'frames');
      const raw = join(io.out, 'unnormalised');
      const pooled = new PooledDeviation(dim);
      const bySpeaker = io.config.normalise === 'speaker';
      const speakers = new Map<string, FrameSums>();
      const counts = await extractAll(io, extractor, bySpeaker ? raw : frames, (data, speaker) => {
        if (bySpeaker) addTo(speakers, speaker, data, dim);
        else if (io.config.normalise === 'utterance') normaliseAlone(data, dim, pooled);
      });
      if (bySpeaker) {
        for (const sums of speakers.values()) pooled.addGroup(sums);
        await normaliseSpeakers(io, raw, frames, speakers, dim);
        await rm(raw, { recursive: true });
      }
      const info: FeaturesInfo = {
        kind: io.config.kind, dim, hop, window, sampleRate, config: io.config,
        ...(io.config.normalise === 'none' ? {} : { deviations: pooled.values() }),
      };
      await writeFile(join(io.out, 'features.json'), `${JSON.stringify(info, null, 2)}\n`);
      return { ...counts, ...(bySpeaker ? { speakers: speakers.size } : {}) };
    } finally {
      await extractor.dispose();
    }
  },
});

type Io = StageIo<FeaturesConfig>;

function addTo(speakers: Map<string, FrameSums>, speaker: string, data: Float32Array, columns: number): void {
  const sums = speakers.get(speaker) ?? new FrameSums(columns);
  speakers.set(speaker, sums);
  sums.add(data);
}

function normaliseAlone(data: Float32Array, columns: number, pooled: PooledDeviation): void {
  const sums = new FrameSums(columns);
  sums.add(data);
  pooled.addGroup(sums);
  normaliseInPlace(data, sums);
}

/** Frames of every utterance into `folder`, after `each` has seen (and perhaps changed) them. */
async function extractAll(io: Io, extractor: FeatureExtractor, folder: string, each: (data: Float32Array, speaker: string) => void): Promise<{ utterances: number; frames: number }> {
  const { audio, vad } = io.inputs as { audio: string; vad: string };
  const total = await countUtterances(vad);
  const type = io.config.normalise === 'speaker' ? 'float32' : io.config.storage;
  const writer = await ShardWriter.create(folder, { columns: extractor.dim, type });
  const progress = startProgress(io.log, 'features', total, 'utterances');
  let utterances = 0;
  try {
    for await (const { utterance, samples } of utteranceSounds(audio, vad, (id, reason) => io.skip(id, reason))) {
      io.signal?.throwIfAborted();
      const data = await extractOrSkip(io, extractor, utterance.id, samples);
      if (!data) continue;
      each(data, utterance.speaker);
      await writer.append(utterance.id, data);
      progress.update(++utterances);
    }
  } finally {
    progress.finish();
    await writer.close();
  }
  if (utterances === 0) throw new AsrError('input', `features: none of ${total} utterances gave frames`, 'The reasons are in the warnings above; with 0 utterances, look at the vad stage.');
  return { utterances, frames: writer.rows };
}

async function extractOrSkip(io: Io, extractor: FeatureExtractor, id: string, samples: Float32Array): Promise<Float32Array | undefined> {
  try {
    const { data, rows } = await extractor.extract(samples);
    if (rows > 0) return data;
    await io.skip(id, `${samples.length} samples are less than one frame of ${extractor.window}`);
  } catch (thrown) {
    const error = toAsrError(thrown);
    if (isFatal(error)) throw error;
    await io.skip(id, error.message);
  }
  return undefined;
}

/** Second pass: each frame by the sums of its speaker. */
async function normaliseSpeakers(io: Io, from: string, to: string, sums: ReadonlyMap<string, FrameSums>, columns: number): Promise<void> {
  const reader = await ShardReader.open(from);
  const writer = await ShardWriter.create(to, { columns, type: io.config.storage });
  try {
    for await (const { id, speaker } of readJsonl(join(io.inputs['vad'] as string, 'utterances.jsonl'), utteranceSchema)) {
      io.signal?.throwIfAborted();
      if (!reader.has(id)) continue;
      const { data } = await reader.read(id);
      normaliseInPlace(data, sums.get(speaker) as FrameSums);
      await writer.append(id, data);
    }
  } finally {
    await writer.close();
    await reader.close();
  }
}
