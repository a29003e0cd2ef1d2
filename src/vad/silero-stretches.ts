// Recordings in, the probability of speech every 32 ms out, many stretches of sound side by side: Silero's step is
// far too little work for one call. Long recordings are cut into stretches that begin in the sound before them, so
// that the network's memory has settled; what a recording gives does not depend on the others.
import { fullScale } from '../audio/mono.js';
import { sampleRate } from '../core/time.js';
import type { ModelArray, ModelSession } from '../engine/index.js';

/** Samples that one step is about, and those before it that it also hears. */
export const chunk = 512;
const context = 64;
const width = 128; // of each of the two parts of the network's memory

export interface StretchOptions {
  /** Stretches that one call computes. */
  readonly lanes: number;
  /** Chunks of a stretch: two minutes. */
  readonly chunks: number;
  /**
   * Chunks before a stretch that are heard, but answered by the one before: 16 s, after which few
   * decisions differ from an uncut recording's.
   */
  readonly warmUp: number;
}
export const usualStretches: StretchOptions = {
  lanes: 32,
  chunks: Math.round((120 * sampleRate) / chunk),
  warmUp: Math.round((16 * sampleRate) / chunk),
};

export type SoundSamples = Float32Array | Int16Array;

interface Stretch {
  readonly samples: SoundSamples;
  readonly into: Float32Array;
  /** Chunks: where hearing begins, where answers begin, and the end. */
  readonly from: number;
  readonly first: number;
  readonly end: number;
}

/** One probability for every 512 samples of each recording, the last stretch filled up with silence. */
export async function speechProbabilities(
  session: Pick<ModelSession, 'run'>,
  recordings: readonly SoundSamples[],
  options = usualStretches,
): Promise<Float32Array[]> {
  const probabilities = recordings.map((samples) => new Float32Array(Math.ceil(samples.length / chunk)));
  const stretches = recordings.flatMap((samples, r) => stretchesOf(samples, probabilities[r] as Float32Array, options));
  stretches.sort((a, b) => b.end - b.from - (a.end - a.from)); // those that run together end together
  for (let at = 0; at < stretches.length; at += options.lanes)
    await runTogether(session, stretches.slice(at, at + options.lanes));
  return probabilities;
}

function stretchesOf(samples: SoundSamples, into: Float32Array, { chunks, warmUp }: StretchOptions): Stretch[] {
  const count = Math.max(1, Math.ceil(into.length / chunks));
  return Array.from({ length: into.length === 0 ? 0 : count }, (_, i) => ({
    samples,
    into,
    from: Math.max(0, i * chunks - warmUp),
    first: i * chunks,
    end: Math.min(into.length, (i + 1) * chunks),
  }));
}

/** @param stretches longest first: as they end, the batch becomes smaller at its end */
async function runTogether(session: Pick<ModelSession, 'run'>, stretches: readonly Stretch[]): Promise<void> {
  const rate: ModelArray = { data: Float32Array.of(sampleRate), shape: [] };
  const size = context + chunk;
  const input = new Float32Array(stretches.length * size);
  stretches.forEach(({ samples, from }, lane) => {
    if (from > 0) fill(input, lane * size, samples, from * chunk - context, context);
  });
  let active = stretches.length;
  let state: Float32Array = new Float32Array(2 * active * width);
  for (let step = 0; active > 0; step++) {
    const left = stretches.findIndex(({ from, end }) => step >= end - from);
    if (left >= 0 && left < active) {
      state = firstLanes(state, active, left);
      active = left;
      if (active === 0) break;
    }
    for (let lane = 0; lane < active; lane++) {
      const { samples, from } = stretches[lane] as Stretch;
      const at = lane * size;
      if (step > 0) input.copyWithin(at, at + chunk, at + size);
      fill(input, at + context, samples, (from + step) * chunk, chunk);
    }
    const { output, stateN } = await session.run({
      input: { data: input.subarray(0, active * size), shape: [active, size] },
      state: { data: state, shape: [2, active, width] },
      sr: rate,
    });
    for (let lane = 0; lane < active; lane++) {
      const { into, from, first } = stretches[lane] as Stretch;
      if (from + step >= first) into[from + step] = output?.data[lane] as number;
    }
    state = stateN?.data as Float32Array;
  }
}

/** Samples [start, start + count) as full scale 1, zeros beyond the end. */
function fill(input: Float32Array, at: number, samples: SoundSamples, start: number, count: number): void {
  const scale = samples instanceof Int16Array ? fullScale : 1;
  const have = Math.max(0, Math.min(count, samples.length - start));
  for (let i = 0; i < have; i++) input[at + i] = (samples[start + i] as number) / scale;
  input.fill(0, at + have, at + count);
}

/** [2, lanes, width] -> [2, kept, width] */
function firstLanes(state: Float32Array, lanes: number, kept: number): Float32Array {
  const smaller = new Float32Array(2 * kept * width);
  for (const part of [0, 1])
    smaller.set(state.subarray(part * lanes * width, part * lanes * width + kept * width), part * kept * width);
  return smaller;
}
