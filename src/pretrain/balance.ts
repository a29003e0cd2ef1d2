// Which utterances a pass over several corpora reads: a small corpus is read more often than its share, a large one
// less, so that one language does not drown another (temperature sampling, Babu et al. 2021, XLS-R, section 3.3).
import type { Rng } from '../core/rng.js';

export interface SpeechOf {
  /** Utterances. */
  readonly ids: readonly string[];
  readonly seconds: number;
}

/**
 * How often each corpus is read in a pass that is as long as all together: its share of the pass is its share of the
 * seconds to the power of `balance`, over the sum of these.
 * @param balance 1 = as much as there is, 0 = all corpora alike
 */
export function repeatsOf(corpora: readonly Pick<SpeechOf, 'seconds'>[], balance: number): number[] {
  const total = corpora.reduce((sum, { seconds }) => sum + seconds, 0);
  const weights = corpora.map(({ seconds }) => (seconds / total) ** balance);
  const norm = weights.reduce((a, b) => a + b, 0);
  return corpora.map(({ seconds }, c) => ((weights[c] as number) / norm) * (total / seconds));
}

/** An utterance of a pass, and how often it came before in it. */
export interface Reading {
  readonly id: string;
  readonly again: number;
}

/** A pass over one corpus is its utterances, once each, in random order. */
export function readingsOf(corpora: readonly SpeechOf[], balance: number, rng: Rng): Reading[] {
  const once = ({ ids }: SpeechOf): Reading[] => ids.map((id) => ({ id, again: 0 }));
  const repeats = repeatsOf(corpora, balance);
  const draw = rng.fork('balance');
  const readings =
    corpora.length === 1
      ? corpora.flatMap(once)
      : corpora.flatMap(({ ids }, c) => {
          const times = repeats[c] as number;
          return ids.flatMap((id) => {
            const count = Math.floor(times) + (draw.uniform() < times % 1 ? 1 : 0);
            return Array.from({ length: count }, (_, again) => ({ id, again }));
          });
        });
  return rng.fork('order').shuffleInPlace(readings);
}
