// Samples in, speech regions out: frames within 9 (natural log) of the recording's 95th percentile of log energy,
// gaps filled, clicks dropped, and a hangover on both sides. The threshold is relative, so loudness does not matter.
import { fullScale } from '../audio/mono.js';
import { frameCount, frameMiddle, frameStartWithin, usualGrid } from '../core/frame-grid.js';
import type { Region } from '../core/records.js';
import { samplesOf, type Frames, type Samples } from '../core/time.js';
import type { EnergyConfig, VadConfig } from './config.js';

/** 10 ms hop and 25 ms window, made of blocks of 5 ms. */
const { hop, window } = usualGrid;
const blocksPerHop = 2;
const block = hop / blocksPerHop;
const blocksPerWindow = window / block;

type FrameRun = readonly [first: Frames, end: Frames];

/**
 * Speech regions [start, end) in samples, sorted, apart from each other, inside the recording; none when all is silent.
 * @param samples mono, 16 kHz, full scale 1, or the same as integers of the 16-bit grid
 * @param peak natural log of the power that counts as loud; by default the 95th percentile of these samples
 */
export function detectSpeech(
  samples: Float32Array | Int16Array,
  config: Pick<VadConfig, 'method' | 'energy'>,
  peak?: number,
): Region[] {
  if (samples.length === 0) return [];
  if (config.method === 'none') return [[0, samples.length] as Region];
  const { energy } = config;
  const stretches = speechFrames(frameLogEnergy(samples), energy, peak).map((frames) =>
    frameRegion(frames, samples.length as Samples),
  );
  return tidyRegions(stretches, energy, samples.length);
}

/** Fills short gaps, drops short bursts, widens what is left; all in seconds. */
export function tidyRegions(
  stretches: readonly Region[],
  { maxGap, minBurst, hangover }: Pick<EnergyConfig, 'maxGap' | 'minBurst' | 'hangover'>,
  length: number,
): Region[] {
  const speech = joinGaps(stretches, samplesOf(maxGap)).filter(([start, end]) => end - start >= samplesOf(minBurst));
  const margin = samplesOf(hangover);
  return joinGaps(
    speech.map(([start, end]) => [Math.max(0, start - margin), Math.min(length, end + margin)] as Region),
    1 as Samples,
  );
}

/** The middle of the quietest 25 ms, the first of equals, as a sample of these. */
export function quietestMoment(samples: Float32Array | Int16Array): Samples {
  const energies = frameLogEnergy(samples);
  const quietest = energies.reduce((best, energy, t) => (energy < (energies[best] as number) ? t : best), 0);
  return frameMiddle(quietest as Frames, usualGrid);
}

/**
 * Natural log of the mean power of each 25 ms frame, every 10 ms, without its mean: an offset of the
 * sound card is no speech. [T], T = 1 + floor((samples - 400) / 160), at least 1.
 */
export function frameLogEnergy(samples: Float32Array | Int16Array): Float64Array {
  const onGrid = samples instanceof Int16Array;
  const blocks = Math.max(blocksPerWindow, Math.floor(samples.length / block));
  const sums = new Float64Array(blocks);
  const squares = new Float64Array(blocks);
  for (let i = 0; i < Math.min(samples.length, blocks * block); i++) {
    // Rounded as `fromGrid` would, so that a recording and a transcribed file give the same regions.
    const value = onGrid ? Math.fround((samples[i] as number) / fullScale) : (samples[i] as number);
    const at = Math.floor(i / block);
    sums[at] = (sums[at] as number) + value;
    squares[at] = (squares[at] as number) + value * value;
  }
  const energies = new Float64Array(1 + Math.floor((blocks - blocksPerWindow) / blocksPerHop));
  const inWindow = Math.min(window, samples.length);
  for (let t = 0; t < energies.length; t++) {
    let sum = 0;
    let square = 0;
    for (let b = t * blocksPerHop; b < t * blocksPerHop + blocksPerWindow; b++) {
      sum += sums[b] as number;
      square += squares[b] as number;
    }
    energies[t] = Math.log(Math.max(1e-12, square / inWindow - (sum / inWindow) ** 2));
  }
  return energies;
}

/** The 95th percentile. */
function loudQuantile(logEnergy: Float64Array): number {
  const sorted = logEnergy.slice().sort();
  return sorted[Math.floor(0.95 * (sorted.length - 1))] as number;
}

/** Runs [first, end) of frames above the threshold. */
function speechFrames(logEnergy: Float64Array, config: EnergyConfig, peak = loudQuantile(logEnergy)): FrameRun[] {
  const threshold = Math.max(peak - config.belowPeak, (config.floor / 10) * Math.LN10);
  const runs: FrameRun[] = [];
  let first = -1;
  for (let t = 0; t <= logEnergy.length; t++) {
    const loud = t < logEnergy.length && (logEnergy[t] as number) > threshold;
    if (loud && first < 0) first = t;
    if (!loud && first >= 0) {
      runs.push([first as Frames, t as Frames]);
      first = -1;
    }
  }
  return runs;
}

/** A frame stands for the hop in the middle of its window; the first and last reach to the edges. */
function frameRegion([first, end]: FrameRun, length: Samples): Region {
  const frames = Math.max(1, frameCount(length, usualGrid)) as Frames;
  return [frameStartWithin(first, frames, length, usualGrid), frameStartWithin(end, frames, length, usualGrid)];
}

/** Joins regions with less than `gap` samples between them. */
function joinGaps(regions: readonly Region[], gap: Samples): Region[] {
  const joined: Region[] = [];
  for (const [start, end] of regions) {
    const last = joined.at(-1);
    if (last && start - last[1] < gap) last[1] = Math.max(last[1], end) as Samples;
    else joined.push([start, end]);
  }
  return joined;
}
