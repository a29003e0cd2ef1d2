// Turns by a speaker model of the user's, an ONNX file: each second and a half of speech becomes a vector, vectors
// are joined by the cosine between them. The model takes a waveform [1, samples], or 80 log-mel bands [1, frames,
// bands] as WeSpeaker's and 3D-Speaker's exports do; it gives one vector.
import { readFile } from 'node:fs/promises';
import { fromGrid } from '../audio/mono.js';
import { AsrError, toAsrError } from '../core/errors.js';
import { sampleRate, type Region } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import { ModelSession } from '../engine/index.js';
import { featuresConfig } from '../features/config.js';
import type { FeatureExtractor } from '../features/extractor.js';
import { createLogMel } from '../features/logmel.js';
import { joinNearest } from './cluster.js';
import { stretches, turnsOf, type Turn } from './turns.js';
import type { VoiceOptions } from './voices.js';

const stretchSeconds = 1.5;
/** A stretch is heard with what is around it, so that a vector has enough to tell by. */
const contextSeconds = 0.75;
const gapSeconds = 0.5;
/** Vectors of one person have a cosine above it, as mean over pairs of two groups. */
const sameVoice = 0.4;
const mostStretches = 2500;
/** Kaldi's front end, which these models learned with, counts samples as 16-bit integers. */
const integerScale = 32768;

export interface SpeakerModel {
  turns(samples: Int16Array, regions: readonly Region[], options: VoiceOptions): Promise<Turn[]>;
  dispose(): Promise<void>;
}

/** @throws AsrError 'model' for a file that is no such model, 'io' for one that cannot be read */
export async function openSpeakerModel(path: string, compute: Compute): Promise<SpeakerModel> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw toAsrError(error);
  });
  const session = await ModelSession.open(bytes, { name: path, threads: compute.threads, engine: 'cpu' });
  const [input, ...more] = session.inputs;
  const bands = input?.shape.length === 3 ? input.shape[2] : undefined;
  const isWave = input?.shape.length === 2;
  if (!input || more.length > 0 || (!isWave && typeof bands !== 'number')) {
    await session.dispose();
    throw new AsrError(
      'model',
      `${path}: takes ${session.inputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')}`,
      'A speaker model takes one input: a waveform [1, samples] at 16 kHz, or log-mel bands [1, frames, 80].',
    );
  }
  const mel = typeof bands === 'number' ? await logMel(bands, compute) : undefined;
  const vectorOf = async (sound: Float32Array): Promise<Float32Array | undefined> => {
    const fed = mel ? await melOf(mel, sound) : { data: sound, shape: [1, sound.length] };
    if (!fed) return undefined;
    const [first] = Object.values(await session.run({ [input.name]: fed }));
    return first && unit(path, first.data);
  };
  return {
    turns: async (samples, regions, { count, most }) => {
      const total = regions.reduce((sum, [start, end]) => sum + end - start, 0);
      const length = Math.max(stretchSeconds * sampleRate, total / mostStretches);
      const margin = contextSeconds * sampleRate;
      const parts: Region[] = [];
      const vectors: { sum: Float32Array; size: number }[] = [];
      for (const [region, part] of regions.flatMap((own) =>
        stretches([own], length).map((cut) => [own, cut] as const),
      )) {
        const sound = fromGrid(
          samples.subarray(Math.max(region[0], part[0] - margin), Math.min(region[1], part[1] + margin)),
        );
        const vector = await vectorOf(sound);
        if (!vector) continue;
        parts.push(part);
        vectors.push({ sum: vector, size: 1 });
      }
      const { of } = joinNearest(vectors, byCosine, count, most);
      return turnsOf(parts, of, gapSeconds * sampleRate);
    },
    dispose: async () => {
      await mel?.dispose();
      await session.dispose();
    },
  };
}

/** Average linkage: the mean cosine of all pairs is that of the sums, each divided by its size. */
const byCosine = {
  distance: (a: { sum: Float32Array; size: number }, b: { sum: Float32Array; size: number }): number => {
    let product = 0;
    for (let i = 0; i < a.sum.length; i++) product += a.sum[i]! * b.sum[i]!;
    return sameVoice - product / (a.size * b.size);
  },
  join: (a: { sum: Float32Array; size: number }, b: { sum: Float32Array; size: number }) => ({
    sum: a.sum.map((value, i) => value + b.sum[i]!),
    size: a.size + b.size,
  }),
};

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
