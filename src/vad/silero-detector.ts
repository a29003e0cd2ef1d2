// From a session of Silero's network, wherever it is computed, to regions of speech: probabilities every 32 ms, two
// thresholds, and the rules that tidy regions up.
import type { Region } from '../core/records.js';
import type { ModelSession } from '../engine/index.js';
import type { SileroConfig } from './config.js';
import type { SpeechDetector } from './detector.js';
import { tidyRegions } from './energy.js';
import { chunk, speechProbabilities } from './silero-stretches.js';

/** @param session of the network, wherever it is computed */
export function sileroDetector(
  config: SileroConfig,
  session: Pick<ModelSession, 'run'>,
): Required<Pick<SpeechDetector, 'detect' | 'detectMany'>> {
  const detectMany = async (recordings: readonly (Float32Array | Int16Array)[]): Promise<Region[][]> => {
    const probabilities = await speechProbabilities(session, recordings);
    return recordings.map(({ length }, i) =>
      tidyRegions(speechRuns(probabilities[i] as Float32Array, config, length), config, length),
    );
  };
  return { detect: async (samples) => (await detectMany([samples]))[0] as Region[], detectMany };
}

/** Speech begins above `threshold` and ends below `release`. */
export function speechRuns(
  probabilities: Float32Array,
  { threshold, release }: Pick<SileroConfig, 'threshold' | 'release'>,
  length: number,
): Region[] {
  const runs: Region[] = [];
  let first = -1;
  probabilities.forEach((probability, i) => {
    if (first < 0 && probability >= threshold) first = i;
    else if (first >= 0 && probability < release) {
      runs.push([first * chunk, i * chunk] as Region);
      first = -1;
    }
  });
  if (first >= 0) runs.push([first * chunk, length] as Region);
  return runs;
}
