// How loud each recording is and how far its speech stands above what is around it, from the samples and the regions
// that vad found: the attributes of a recording that every corpus has. Groups are the halves at the median.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sampleRate } from '../core/time.js';
import { SampleReader } from '../audio/samples.js';
import { readUtterances } from '../vad/folder.js';
import type { Attributes } from './metadata.js';

interface Level {
  /** Of its speech, in dB below full scale. */
  readonly loudness: number;
  /** In dB; undefined where too little lies outside of speech, or speech is no louder. */
  readonly signalToNoise?: number;
}

/** Sound outside of speech that says how loud the noise is; vad keeps a margin around speech, which is passed over. */
const leastNoise = 0.1 * sampleRate;
/** Below this, samples are digital silence: there is no noise to measure. */
const leastPower = 1e-10;

/** @returns undefined where the samples are not there any more */
export async function soundGroups(audio: string, vad: string): Promise<Map<string, Attributes> | undefined> {
  if (!existsSync(join(audio, 'samples'))) return undefined;
  const regions = new Map<string, (readonly [number, number])[]>();
  for await (const { recording, regions: own } of readUtterances(vad))
    regions.set(recording, [...(regions.get(recording) ?? []), ...own]);
  const levels = new Map<string, Level>();
  const reader = await SampleReader.open(audio);
  try {
    for (const [recording, own] of regions) levels.set(recording, levelOf(await reader.read(recording), own));
  } finally {
    await reader.close();
  }
  const parts = {
    loudness: halves([...levels.values()].map(({ loudness }) => loudness)),
    'signal-to-noise': halves([...levels.values()].flatMap(({ signalToNoise }) => signalToNoise ?? [])),
  };
  return new Map(
    [...levels].map(([recording, { loudness, signalToNoise }]) => [
      recording,
      {
        loudness: parts.loudness(loudness),
        ...(signalToNoise === undefined ? {} : { 'signal-to-noise': parts['signal-to-noise'](signalToNoise) }),
      },
    ]),
  );
}

/** @param samples full scale 1. @param regions of speech, half-open */
export function levelOf(samples: Float32Array, regions: readonly (readonly [number, number])[]): Level {
  const inSpeech = new Uint8Array(samples.length);
  for (const [start, end] of regions) inSpeech.fill(1, start, end);
  const power = [0, 0];
  const count = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    const which = inSpeech[i] as 0 | 1;
    power[which] = (power[which] as number) + (samples[i] as number) ** 2;
    count[which] = (count[which] as number) + 1;
  }
  const [noise, speech] = [0, 1].map((which) => (power[which] as number) / Math.max(1, count[which] as number)) as [
    number,
    number,
  ];
  const loudness = 10 * Math.log10(Math.max(leastPower, speech));
  return (count[0] as number) < leastNoise || noise < leastPower || speech <= noise
    ? { loudness }
    : { loudness, signalToNoise: 10 * Math.log10((speech - noise) / noise) };
}

function halves(values: readonly number[]): (value: number) => string {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const edge = `${middle.toFixed(1)} dB`;
  return (value) => (value < middle ? `below ${edge}` : `${edge} and above`);
}
