// One recording's samples in, its utterances as groups of speech regions out: what the vad stage and
// `asr transcribe` both run.
import type { Region } from '../core/records.js';
import { sampleRate, samplesOf, secondsOf } from '../core/time.js';
import type { VadConfig } from './config.js';
import type { SpeechDetector } from './detector.js';
import { regionSamples } from './regions.js';
import { splitRegions } from './split.js';

/**
 * Groups of speech regions, one per utterance, or why there are none.
 * @param samples a recording, mono, 16 kHz; full scale 1, or integers of the 16-bit grid
 * @param peak of the whole recording, where `samples` is a part of it
 */
export async function findUtterances(
  samples: Float32Array | Int16Array,
  config: VadConfig,
  detector: SpeechDetector,
  peak?: number,
): Promise<Region[][] | string> {
  return utterancesOf(samples, samples.length === 0 ? [] : await detector.detect(samples, peak), config);
}

/** The same from regions that are known. */
export function utterancesOf(
  samples: Float32Array | Int16Array,
  regions: readonly Region[],
  config: VadConfig,
): Region[][] | string {
  const length = regionSamples(regions);
  if (length === 0) return 'no speech: all of it is silent';
  if (length < config.minSpeech * sampleRate)
    return `only ${secondsOf(length).toFixed(3)} s of speech, less than vad.minSpeech=${config.minSpeech}`;
  return splitRegions(samples, regions, samplesOf(config.maxSeconds));
}
