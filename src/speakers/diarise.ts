// A recording in, turns out: who speaks when, as numbers. With a speaker model of the user's by its embeddings, else
// by statistics of voices (voices.ts). Memory grows with the recording: 30 MB an hour.
import { fromGrid } from '../audio/mono.js';
import type { Region } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import { sampleRate } from '../core/time.js';
import { held } from '../core/disposal.js';
import { featuresConfig } from '../features/config.js';
import { createMfcc } from '../features/mfcc.js';
import { openSpeakerModel } from './embeddings.js';
import { mostSpeakers, type Turn } from './turns.js';
import { tellVoices, type VoiceFrames } from './voices.js';

export interface SpeakerOptions {
  /** How many people speak; 'auto' finds out. */
  readonly count: number | 'auto';
  /** An ONNX file that turns speech into a vector of who speaks. */
  readonly model?: string | undefined;
}

/** Frames are made of so much sound at once. */
const blockSamples = 60 * sampleRate;
const cepstra = 20;

/**
 * @param samples mono, 16 kHz, integers of the 16-bit grid
 * @param speech where somebody speaks, in samples, in order
 * @throws AsrError 'model' for a speaker model that cannot be used
 */
export async function diarise(
  samples: Int16Array,
  speech: readonly Region[],
  { count, model }: SpeakerOptions,
  compute: Compute,
): Promise<Turn[]> {
  if (speech.length === 0) return [];
  const options = { count, most: mostSpeakers };
  if (model === undefined) return tellVoices(await voiceFrames(samples, compute), speech, sampleRate, options);
  await using speakers = held(await openSpeakerModel(model, compute));
  return await speakers.turns(samples, speech, options);
}

/** Cepstra without the first, which is loudness. */
export async function voiceFrames(samples: Int16Array, compute: Compute): Promise<VoiceFrames> {
  await using mfcc = held(
    await createMfcc(
      featuresConfig.parse({ kind: 'mfcc', coefficients: cepstra, deltas: 0, normalise: 'none' }),
      compute,
    ),
  );
  const { hop, window } = mfcc;
  const dim = cepstra - 1;
  const parts: Float32Array[] = [];
  let rows = 0;
  for (let at = 0; at + window <= samples.length; at += blockSamples) {
    // The last frames of a block begin in it and end in the next.
    const frames = await mfcc.extract(fromGrid(samples.subarray(at, at + blockSamples + window - hop)));
    const kept = new Float32Array(frames.rows * dim);
    for (let t = 0; t < frames.rows; t++) kept.set(frames.data.subarray(t * cepstra + 1, (t + 1) * cepstra), t * dim);
    parts.push(kept);
    rows += frames.rows;
  }
  const data = new Float32Array(rows * dim);
  parts.reduce((from, part) => (data.set(part, from), from + part.length), 0);
  return { data, rows, dim, hop };
}
