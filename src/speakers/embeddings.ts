// Turns by a speaker model of the user's, an ONNX file: each second and a half of speech becomes a vector, vectors
// are joined by the cosine between them. The model takes a waveform [1, samples], or 80 log-mel bands [1, frames,
// bands] as WeSpeaker's and 3D-Speaker's exports do; it gives one vector.
import { fromGrid } from '../audio/mono.js';
import { buildOn } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import type { Region } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import { sampleRate } from '../core/time.js';
import { readModelFile } from '../core/lfs-pointer.js';
import { ModelSession } from '../engine/index.js';
import { featuresConfig } from '../features/config.js';
import type { FeatureExtractor } from '../features/extractor.js';
import { createLogMel } from '../features/logmel.js';
import { stretches, turnsOf, type Turn } from './turns.js';
import { groupVectors } from './vector-groups.js';
import type { VoiceOptions } from './voices.js';

const stretchSeconds = 1.5;
/** A stretch is heard with what is around it, so that a vector has enough to tell by. */
const contextSeconds = 0.75;
const gapSeconds = 0.5;
const mostStretches = 2500;
/** Kaldi's front end, which these models learned with, counts samples as 16-bit integers. */
const integerScale = 32768;

export interface SpeakerModel {
  /** Stretches of speech of a second and a half, in samples, and the vector of each, of length 1. */
  vectors(samples: Int16Array, regions: readonly Region[]): Promise<{ parts: Region[]; vectors: Float32Array[] }>;
  turns(samples: Int16Array, regions: readonly Region[], options: VoiceOptions): Promise<Turn[]>;
  dispose(): Promise<void>;
}

/** @throws AsrError 'model' for a file that is no such model, 'io' for one that cannot be read */
export async function openSpeakerModel(path: string, compute: Compute): Promise<SpeakerModel> {
  const bytes = await readModelFile(path);
  const session = await ModelSession.open(bytes, { name: path, threads: compute.threads, engine: 'cpu' });
  return buildOn(session, () => speakerModelOf(session, path, compute));
}

async function speakerModelOf(session: ModelSession, path: string, compute: Compute): Promise<SpeakerModel> {
  const [input, ...more] = session.inputs;
  const bands = input?.shape.length === 3 ? input.shape[2] : undefined;
  const isWave = input?.shape.length === 2;
  if (!input || more.length > 0 || (!isWave && typeof bands !== 'number'))
    throw new AsrError(
      'model',
      `${path}: takes ${session.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')}`,
      'A speaker model takes one input: a waveform [1, samples] at 16 kHz, or log-mel bands [1, frames, 80].',
    );
  const mel = typeof bands === 'number' ? await logMel(bands, compute) : undefined;
  const vectorOf = async (sound: Float32Array): Promise<Float32Array | undefined> => {
    const fed = mel ? await melOf(mel, sound) : { data: sound, shape: [1, sound.length] };
    if (!fed) return undefined;
    const [first] = Object.values(await session.run({ [input.name]: fed }));
    return first && unit(path, first.data);
  };
  const vectors = async (
    samples: Int16Array,
    regions: readonly Region[],
  ): Promise<{ parts: Region[]; vectors: Float32Array[] }> => {
    const total = regions.reduce((sum, [start, end]) => sum + end - start, 0);
    const length = Math.max(stretchSeconds * sampleRate, total / mostStretches);
    const margin = contextSeconds * sampleRate;
    const told = { parts: [] as Region[], vectors: [] as Float32Array[] };
    for (const region of regions)
      for (const part of stretches([region], length)) {
        const from = Math.max(region[0], part[0] - margin);
        const vector = await vectorOf(fromGrid(samples.subarray(from, Math.min(region[1], part[1] + margin))));
        if (!vector) continue;
        told.parts.push(part);
        told.vectors.push(vector);
      }
    return told;
  };
  return {
    vectors,
    turns: async (samples, regions, { count, most }) => {
      const told = await vectors(samples, regions);
      const of = groupVectors(told.vectors, told.parts, sampleRate, { count, most });
      return turnsOf(told.parts, of, gapSeconds * sampleRate);
    },
    dispose: async () => {
      await mel?.dispose();
      await session.dispose();
    },
  };
}

const logMel = (bands: number, compute: Compute): Promise<FeatureExtractor> =>
  createLogMel(featuresConfig.parse({ kind: 'logmel', melBands: bands, deltas: 0, normalise: 'none' }), compute);

/** Less their mean over the stretch, as these models learned. */
async function melOf(
  mel: FeatureExtractor,
  sound: Float32Array,
): Promise<{ data: Float32Array; shape: number[] } | undefined> {
  const { data, rows } = await mel.extract(sound.map((value) => value * integerScale));
  if (rows === 0) return undefined;
  for (let band = 0; band < mel.dim; band++) {
    let sum = 0;
    for (let t = 0; t < rows; t++) sum += data[t * mel.dim + band]!;
    for (let t = 0; t < rows; t++) data[t * mel.dim + band]! -= sum / rows;
  }
  return { data, shape: [1, rows, mel.dim] };
}

function unit(path: string, vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  if (!(norm > 0 && Number.isFinite(norm)))
    throw new AsrError('model', `${path}: gave a vector of length ${norm}`, 'It does not fit this sound; try another.');
  return vector.map((value) => value / norm);
}
