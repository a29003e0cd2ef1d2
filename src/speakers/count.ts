// How many people speak: stretches of speech and several ways to part them into voices in, the best number out. Each
// stretch is scored by the voice that it was given to, learned from the rest of the recording alone, without the
// stretch and what is said around it: a voice that is parted in two loses by it, since each half knows less. What a
// parting gains is held against the bits that it takes to say whose each frame is: for such a bit one voice in two
// rooms gains some tenths of a nat and two voices more, whether they speak as much or one of them says little.
import type { Region } from '../core/records.js';
import type { Parting } from './cluster.js';
import { GaussianStats } from './gaussian-stats.js';

/**
 * Seconds around a stretch that are left out; frames of the covariance that all voices share; frames without which
 * nothing is known of a voice, and what a frame of a stretch loses then, and loses at most, against one voice for all
 * (nats); nats a frame that a bit of whose it is has to gain, chosen on single voices and mixtures (RESULTS.md).
 */
const settings = { around: 3, shared: 300, least: 50, unknown: 1, worst: 3, bit: 0.55 };

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
  const near = nearInTime(parts, settings.around * rate);
  let best = { at: 0, score: -Infinity };
  let floor: Float64Array | undefined;
  partings.forEach((parting, at) => {
    const scores = scoresOf(near, stats, parting, floor);
    floor ??= scores;
    let sum = 0;
    let frames = 0;
    scores.forEach((score, i) => {
      sum += score * stats[i]!.count;
      frames += stats[i]!.count;
    });
    const shares = new Float64Array(parting.voices);
    stats.forEach(({ count }, i) => (shares[parting.of[i]!]! += count));
    const score = sum / Math.max(1, frames) - settings.bit * entropyBits(shares);
    if (score > best.score) best = { at, score };
  });
  return best.at;
}

/** First and last stretch that begin near one in time, itself among them. */
export type Near = readonly [from: number, to: number];

/** @param within samples between their beginnings */
export function nearInTime(parts: readonly Region[], within: number): Near[] {
  return parts.map(([start], i) => {
    let [from, to] = [i, i];
    while (from > 0 && start - parts[from - 1]![0] < within) from--;
    while (to + 1 < parts.length && parts[to + 1]![0] - start < within) to++;
    return [from, to];
  });
}

/** Bits that it takes to say which of several was drawn. @param counts of each */
export function entropyBits(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((bits, count) => (count > 0 ? bits - (count / total) * Math.log2(count / total) : bits), 0);
}

/** @param floor scores of each stretch where all are one voice */
function scoresOf(
  near: readonly Near[],
  stats: readonly GaussianStats[],
  { of, voices }: Parting,
  floor: Float64Array | undefined,
): Float64Array {
  const { shared, least, unknown, worst } = settings;
  const dim = stats[0]?.dim ?? 0;
  const all = Array.from({ length: voices }, () => new GaussianStats(dim));
  stats.forEach((own, i) => (all[of[i]!] = all[of[i]!]!.with(own)));
  const common = new Float64Array((dim * (dim + 1)) / 2);
  const frames = all.reduce((sum, { count }) => sum + count, 0);
  for (const voice of all) voice.scatter().forEach((value, at) => (common[at]! += value / Math.max(1, frames)));
  return Float64Array.from(stats, (_, i) => {
    const own = all[of[i]!]!;
    let rest = own;
    const [from, to] = near[i]!;
    for (let k = i; k >= from; k--) if (of[k] === of[i]) rest = rest.without(stats[k]!);
    for (let k = i + 1; k <= to; k++) if (of[k] === of[i]) rest = rest.without(stats[k]!);
    const alone = floor?.[i];
    // Somebody who speaks once, and not for long, is known by what stands around the stretch.
    if (rest.count < least) rest = own.without(stats[i]!);
    if (rest.count < least) return alone === undefined ? 0 : alone - unknown;
    const score = rest.meanScore(stats[i]!, common, shared);
    return alone === undefined ? score : Math.max(score, alone - worst);
  });
}
