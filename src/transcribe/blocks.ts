// A stream of samples of any length in, blocks of some minutes out, cut at pauses: so much of a recording is in memory
// at once. A recording of up to one and a half blocks stays whole, and no last block is shorter than half a block.
import type { Region } from '../core/records.js';
import { sampleRate, type Samples } from '../core/time.js';
import type { VadConfig } from '../vad/config.js';
import { detectSpeech, quietestMoment } from '../vad/energy.js';

/** Long enough to know a voice by, short enough to hold: 19 MiB. */
export const blockSeconds = 300;

export interface SpeechBlock {
  /** Position of the first sample in the recording. */
  readonly start: Samples;
  readonly samples: Float32Array;
}

/** @param blockSamples mean length of a block; blocks have half to one and a half times as many samples */
export async function* cutBlocks(
  pieces: AsyncIterable<Float32Array>,
  vad: Pick<VadConfig, 'method' | 'energy'>,
  blockSamples = blockSeconds * sampleRate,
): AsyncGenerator<SpeechBlock> {
  const most = Math.floor(1.5 * blockSamples);
  let held = new Float32Array(Math.min(most, 1 << 18));
  let length = 0;
  let start = 0;
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + most - length);
      if (length + part.length > held.length) held = grown(held, Math.min(most, 2 * (length + part.length)));
      held.set(part, length);
      length += part.length;
      taken += part.length;
      if (length < most) continue;
      const cut = findCut(held, vad, Math.floor(blockSamples / 2), blockSamples);
      yield { start: start as Samples, samples: held.slice(0, cut) };
      held.copyWithin(0, cut, length);
      length -= cut;
      start += cut;
    }
  }
  if (length > 0) yield { start: start as Samples, samples: held.subarray(0, length) };
}

function grown(values: Float32Array, length: number): Float32Array<ArrayBuffer> {
  const longer = new Float32Array(length);
  longer.set(values);
  return longer;
}

/** The middle of the longest pause that begins in [from, until); the quietest moment there where nobody pauses. */
function findCut(
  samples: Float32Array,
  vad: Pick<VadConfig, 'method' | 'energy'>,
  from: number,
  until: number,
): number {
  const pauses = pausesBetween(detectSpeech(samples, vad), samples.length)
    .map(([start, end]): Region => [Math.max(start, from), Math.min(end, until)] as Region)
    .filter(([start, end]) => end > start);
  const [start, end] = pauses.reduce((best, pause) => (pause[1] - pause[0] > best[1] - best[0] ? pause : best), [
    0, 0,
  ] as Region);
  if (end > start) return Math.floor((start + end) / 2);
  return Math.min(until, from + quietestMoment(samples.subarray(from, until)));
}

function pausesBetween(regions: readonly Region[], length: number): Region[] {
  const pauses: Region[] = [];
  let before = 0;
  for (const [start, end] of regions) {
    pauses.push([before, start] as Region);
    before = end;
  }
  pauses.push([before, length] as Region);
  return pauses;
}
