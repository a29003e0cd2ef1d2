// A few recordings, drawn evenly from the whole corpus, decoded and measured: enough to see what is wrong with all.
import type { AudioConfig } from '../../audio/config.js';
import { decodeToGrid } from '../../audio/decode.js';
import { findRecordings, type Candidate } from '../../audio/layouts.js';
import { fullScale, type GridAudio } from '../../audio/mono.js';
import { cut } from '../../audio/source.js';
import { itemProblem } from '../../core/errors.js';
import type { Rng } from '../../core/rng.js';
import { sampleRate } from '../../core/time.js';
import { detectSpeech } from '../../vad/energy.js';
import { regionSamples } from '../../vad/regions.js';
import type { VadConfig } from '../../vad/config.js';

export type UsableCandidate = Exclude<Candidate, { readonly problem: string }>;

export interface SampledCorpus {
  readonly train: number;
  readonly test: number;
  readonly speakers: number;
  /** Entries that cannot be used, with the first few reasons. */
  readonly bad: number;
  readonly reasons: readonly string[];
  /** Drawn evenly, in corpus order. */
  readonly drawn: readonly UsableCandidate[];
}

/** Reads the whole listing and keeps `size` recordings of it (reservoir sampling, Vitter's algorithm R). */
export async function listCorpus(config: AudioConfig, data: string, size: number, rng: Rng): Promise<SampledCorpus> {
  const drawn: { at: number; candidate: UsableCandidate }[] = [];
  const reasons: string[] = [];
  const speakers = new Set<string>();
  const count = { train: 0, test: 0 };
  let bad = 0;
  for await (const candidate of findRecordings(config, data)) {
    if ('problem' in candidate) {
      bad++;
      if (reasons.length < 3) reasons.push(`"${candidate.id}": ${candidate.problem}`);
      continue;
    }
    const at = count.train + count.test;
    count[candidate.split]++;
    speakers.add(candidate.speaker);
    const place = at < size ? at : rng.integer(at + 1);
    if (place < size) drawn[place] = { at, candidate };
  }
  return {
    ...count,
    speakers: speakers.size,
    bad,
    reasons,
    drawn: drawn.sort((a, b) => a.at - b.at).map(({ candidate }) => candidate),
  };
}

export interface MeasuredRecording {
  readonly candidate: UsableCandidate;
  readonly seconds: number;
  readonly speech: number;
  /** Share of samples in runs of three or more at full scale. */
  readonly clipped: number;
  readonly sourceRate: number;
  readonly channels: number;
  readonly warning: string | undefined;
  /** What had to be done about its channels or its level. */
  readonly note: string | undefined;
}

export interface MeasuredSample {
  readonly recordings: readonly MeasuredRecording[];
  readonly failures: readonly string[];
}

/** Decodes the drawn recordings in a random order until the time is up. */
export async function measureSample(
  drawn: readonly UsableCandidate[],
  vad: VadConfig,
  rng: Rng,
  budgetMs: number,
): Promise<MeasuredSample> {
  const recordings: MeasuredRecording[] = [];
  const failures: string[] = [];
  const until = performance.now() + budgetMs;
  for (const candidate of rng.shuffleInPlace([...drawn])) {
    if (performance.now() > until && recordings.length > 0) break;
    try {
      const audio = cut(await decodeToGrid(candidate.path, candidate), candidate);
      if (typeof audio === 'string') failures.push(`"${candidate.id}": ${audio}`);
      else recordings.push(measure(candidate, audio, vad));
    } catch (thrown) {
      const error = itemProblem(thrown);
      failures.push(`"${candidate.id}": ${error.message}`);
    }
  }
  return { recordings, failures };
}

function measure(candidate: UsableCandidate, audio: GridAudio, vad: VadConfig): MeasuredRecording {
  const { samples, sourceRate, sourceChannels, warning, note } = audio;
  return {
    candidate,
    seconds: samples.length / sampleRate,
    speech: regionSamples(detectSpeech(samples, vad)) / sampleRate,
    clipped: clippedShare(samples),
    sourceRate,
    channels: sourceChannels,
    warning,
    note,
  };
}

/** Share of samples that stand in runs of three or more within a thousandth of full scale. */
export function clippedShare(samples: Int16Array): number {
  const limit = fullScale * 0.999;
  let clipped = 0;
  let run = 0;
  for (let i = 0; i <= samples.length; i++) {
    if (i < samples.length && Math.abs(samples[i] as number) >= limit) run++;
    else {
      if (run >= 3) clipped += run;
      run = 0;
    }
  }
  return samples.length === 0 ? 0 : clipped / samples.length;
}
