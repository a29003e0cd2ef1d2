// How many people speak: stretches of speech and several ways to part them into voices in, the best number out. Each
// stretch is scored by the voice that it was given to, learned from the rest of the recording alone, without the
// stretch and what is said around it: a voice that is parted in two loses by it, since each half knows less.
import type { Region } from '../core/records.js';
import { GaussianStats } from './gaussian-stats.js';

/**
 * Chosen on half of the mixtures of bench/speakers-main.ts. Seconds around a stretch that are left out; frames of the
 * covariance that all voices share; frames without which nothing is known of a voice, and what a frame of a stretch
 * loses then, and loses at most, against one voice for all (nats); what one more voice has to gain for each frame.
 */
const settings = { around: 3, shared: 300, least: 50, unknown: 1, worst: 3, gain: 0.25 };

/** A way to part stretches. */
export interface Parting {
  /** Of each stretch, from 0. */
  readonly of: ArrayLike<number>;
  readonly voices: number;
}

/**
 * @param parts stretches in samples, in order, and the statistics of each
 * @param partings from few voices to many; the first has one
 * @param rate samples a second
 * @returns the place of the best
 */
export function likeliest(
  parts: readonly Region[],
  stats: readonly GaussianStats[],
  partings: readonly Parting[],
  rate: number,
): number {
  let best = { at: 0, score: -Infinity };
  let floor: Float64Array | undefined;
  partings.forEach((parting, at) => {
    const scores = scoresOf(parts, stats, parting, floor, rate);
    floor ??= scores;
    let sum = 0;
    let frames = 0;
    scores.forEach((score, i) => {
      sum += score * stats[i]!.count;
      frames += stats[i]!.count;
    });
    const score = sum / Math.max(1, frames) - settings.gain * parting.voices;
    if (score > best.score) best = { at, score };
  });
  return best.at;
}

/** @param floor scores of each stretch where all are one voice */
function scoresOf(
  parts: readonly Region[],
  stats: readonly GaussianStats[],
  { of, voices }: Parting,
  floor: Float64Array | undefined,
  rate: number,
): Float64Array {
  const { around, shared, least, unknown, worst } = settings;
  const dim = stats[0]?.dim ?? 0;
  const all = Array.from({ length: voices }, () => new GaussianStats(dim));
  stats.forEach((own, i) => (all[of[i]!] = all[of[i]!]!.with(own)));
  const common = new Float64Array((dim * (dim + 1)) / 2);
  const frames = all.reduce((sum, { count }) => sum + count, 0);
  for (const voice of all) voice.scatter().forEach((value, at) => (common[at]! += value / Math.max(1, frames)));
  return Float64Array.from(parts, ([start], i) => {
    const own = all[of[i]!]!;
    let rest = own;
    for (let k = i; k >= 0 && start - parts[k]![0] < around * rate; k--)
      if (of[k] === of[i]) rest = rest.without(stats[k]!);
    for (let k = i + 1; k < parts.length && parts[k]![0] - start < around * rate; k++)
      if (of[k] === of[i]) rest = rest.without(stats[k]!);
    const alone = floor?.[i];
    // Somebody who speaks once, and not for long, is known by what stands around the stretch.
    if (rest.count < least) rest = own.without(stats[i]!);
    if (rest.count < least) return alone === undefined ? 0 : alone - unknown;
    const score = rest.meanScore(stats[i]!, common, shared);
    return alone === undefined ? score : Math.max(score, alone - worst);
  });
}
