// What the recordings hold beside speech: stretches that the vad stage rejected, and how loud their speech is.
// Synthetic speech is laid into them, so that the network knows the room and its pauses before it hears a person in it.
import { readRecordings, SampleReader } from '../audio/samples.js';
import type { Region } from '../core/records.js';
import type { Rng } from '../core/rng.js';
import { sampleRate, samplesOf } from '../core/time.js';
import { readUtterances } from '../vad/folder.js';

export interface Background {
  /** Samples at 16 kHz without speech. */
  readonly stretches: readonly Float32Array[];
  /** Root mean square of the speech of some utterances. */
  readonly levels: readonly number[];
}

/** Next to speech a detector is not to be trusted. */
const edge = samplesOf(0.1);
const shortest = samplesOf(0.1);
const longest = 2 * sampleRate;
const wanted = 240 * sampleRate;
const looked = 400;

/** Of training recordings in random order, until there are four minutes of background or 400 recordings. */
export async function readBackground(audio: string, vad: string, rng: Rng): Promise<Background> {
  const regions = new Map<string, Region[]>();
  for await (const { recording, split, regions: own } of readUtterances(vad))
    if (split === 'train') regions.set(recording, [...(regions.get(recording) ?? []), ...own]);
  const known: string[] = [];
  for await (const { id } of readRecordings(audio)) if (regions.has(id)) known.push(id);
  await using samples = await SampleReader.open(audio);
  const stretches: Float32Array[] = [];
  const levels: number[] = [];
  let total = 0;
  for (const id of rng.shuffleInPlace(known).slice(0, looked)) {
    if (total >= wanted) break;
    const length = samples.lengthOf(id);
    const speech = regions.get(id)!;
    for (const [start, end] of rejected(speech, length)) {
      const stretch = await samples.readRange(id, start, Math.min(end, start + longest));
      stretches.push(stretch);
      total += stretch.length;
    }
    const [start, end] = speech.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a));
    levels.push(rootMeanSquare(await samples.readRange(id, start, Math.min(end, length))));
  }
  return { stretches, levels };
}

/** The gaps between regions and at the ends, without what lies next to speech. */
export function rejected(regions: readonly Region[], length: number): Region[] {
  const sorted = [...regions].sort((a, b) => a[0] - b[0]);
  const gaps: Region[] = [];
  let from = 0;
  for (const [start, end] of [...sorted, [length, length] as Region]) {
    gaps.push([from === 0 ? 0 : from + edge, start === length ? length : start - edge] as Region);
    from = Math.max(from, end);
  }
  return gaps.filter(([start, end]) => end - start >= shortest);
}

export const rootMeanSquare = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, samples.length));

const fade = 160; // 10 ms: no clicks where stretches meet

/** Stretches drawn at random, end to end. @returns silence where there are none */
export function drawBackground({ stretches }: Background, length: number, rng: Rng): Float32Array {
  const out = new Float32Array(length);
  for (let at = 0; at < length && stretches.length > 0;) {
    const stretch = rng.choice(stretches);
    const taken = Math.min(stretch.length, length - at);
    for (let i = 0; i < taken; i++)
      out[at + i] = stretch[i]! * Math.min(1, (i + 1) / fade, (stretch.length - i) / fade);
    at += taken;
  }
  return out;
}
