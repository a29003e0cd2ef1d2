// Makes clean phone sentences look as rough as segmented audio: some phones missing, some doubled.
// Matching needs this: without it, text and segments differ in rate and their skipgrams cannot agree.
import type { Rng } from '../core/rng.js';
import type { MatchingConfig } from './config.js';

export interface TextNoise {
  /** Chance that a phone is left out. */
  readonly deletion: number;
  /** Chance that a phone which stays is followed by itself once more. */
  readonly duplication: number;
}

const largestDuplication = 0.9;

const meanLength = (sequences: readonly ArrayLike<number>[]): number =>
  sequences.reduce((sum, sequence) => sum + sequence.length, 0) / Math.max(1, sequences.length);

/** The config's noise, with `auto` resolved so that the noised sentences are on average as long as the utterances. */
export function textNoise(
  config: Pick<MatchingConfig, 'deletion' | 'duplication'>,
  units: readonly ArrayLike<number>[],
  sentences: readonly ArrayLike<number>[],
): TextNoise {
  const { deletion } = config;
  if (config.duplication !== 'auto') return { deletion, duplication: config.duplication };
  const ratio = meanLength(units) / Math.max(1e-9, meanLength(sentences));
  return { deletion, duplication: Math.min(largestDuplication, Math.max(0, ratio - 1 + deletion)) };
}

/** Reads all sentences `passes` times, each time with fresh noise from its own stream. */
export function* noisySentences(
  sentences: readonly Int32Array[],
  noise: TextNoise,
  passes: number,
  rng: Rng,
): Generator<number[]> {
  for (let pass = 0; pass < passes; pass++) {
    const stream = rng.fork(pass);
    for (const sentence of sentences) yield noisySentence(sentence, noise, stream);
  }
}

function noisySentence(sentence: Int32Array, noise: TextNoise, rng: Rng): number[] {
  const noisy: number[] = [];
  for (const phone of sentence) {
    if (rng.uniform() < noise.deletion) continue;
    noisy.push(phone);
    if (rng.uniform() < noise.duplication) noisy.push(phone);
  }
  return noisy;
}
