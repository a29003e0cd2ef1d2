// Voices told apart without any model of speakers: cepstra of each stretch of speech as a Gaussian, stretches joined
// by the Bayesian information criterion, then every tenth of a second given to the voice that fits best, changes
// being costly.
import type { Region } from '../core/records.js';
import { joinNearest, partingsOf, type Joinable } from './cluster.js';
import { likeliest } from './count.js';
import { bicDistance, GaussianStats } from './gaussian-stats.js';
import { stretches, turnsOf, type Turn } from './turns.js';

export interface VoiceFrames {
  /** [rows, dim] cepstra, frame t about sample t * hop + middle. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly dim: number;
  readonly hop: number;
}

export interface VoiceOptions {
  readonly count: number | 'auto';
  readonly most: number;
}

/**
 * Chosen on mixtures that the benchmark does not use. Which two are joined is told by the plain criterion; when to stop
 * is not, since frames depend on each other, so that each step down to one voice is kept and the best one taken.
 */
const settings = { seconds: 2, penalty: 1, switchCost: 60, passes: 3, mostStretches: 2500 };
const stepSeconds = 0.1;
const gapSeconds = 0.5;

/** @param regions of speech, in samples. @param rate samples a second */
export function tellVoices(
  { data, rows, dim, hop }: VoiceFrames,
  regions: readonly Region[],
  rate: number,
  { count, most }: VoiceOptions,
  { seconds, penalty, switchCost, passes, mostStretches } = settings,
): Turn[] {
  const total = regions.reduce((sum, [start, end]) => sum + end - start, 0);
  const length = Math.max(seconds * rate, total / mostStretches);
  const rowOf = (sample: number): number => Math.min(rows, Math.max(0, Math.round(sample / hop)));
  const parts = stretches(regions, length).filter(([start, end]) => rowOf(end) > rowOf(start));
  if (parts.length === 0) return [];
  const stats = parts.map(([start, end]) => {
    const own = new GaussianStats(dim);
    own.add(data, rowOf(start), rowOf(end));
    return own;
  });
  const joinable = {
    distance: (a: GaussianStats, b: GaussianStats) => bicDistance(a, b, penalty),
    join: (a: GaussianStats, b: GaussianStats) => a.with(b),
  };
  let groups =
    count === 'auto' ? likeliestGroups(parts, stats, joinable, most, rate) : joinNearest(stats, joinable, count).groups;
  const steps = stretches(regions, stepSeconds * rate).filter(([start, end]) => rowOf(end) > rowOf(start));
  let labels = new Int32Array(steps.length);
  for (let pass = 0; pass < passes; pass++) {
    const scorers = groups.map((group) => group.scorer());
    labels = bestLabels(
      steps.map(([start, end]) =>
        scorers.map((score) => {
          let sum = 0;
          for (let t = rowOf(start); t < rowOf(end); t++) sum += score(data, t);
          return sum;
        }),
      ),
      steps.map(([start], i) => start === steps[i - 1]?.[1]),
      switchCost,
    );
    const found = new Map<number, GaussianStats>();
    steps.forEach(([start, end], i) => {
      const own = found.get(labels[i]!) ?? new GaussianStats(dim);
      own.add(data, rowOf(start), rowOf(end));
      found.set(labels[i]!, own);
    });
    groups = groups.map((group, v) => found.get(v) ?? group);
  }
  return turnsOf(steps, labels, gapSeconds * rate);
}

/** Joined down to one, then as many as are likeliest. */
function likeliestGroups(
  parts: readonly Region[],
  stats: readonly GaussianStats[],
  joinable: Joinable<GaussianStats>,
  most: number,
  rate: number,
): GaussianStats[] {
  const partings = partingsOf(stats, joinable, most);
  const { of, voices } = partings[likeliest(parts, stats, partings, rate)]!;
  const groups = Array.from({ length: voices }, () => new GaussianStats(stats[0]!.dim));
  stats.forEach((own, i) => (groups[of[i]!] = groups[of[i]!]!.with(own)));
  return groups;
}

/**
 * The best sequence of labels (Viterbi, 1967).
 * @param scores of every label at every step
 * @param joined whether a step follows the one before without a pause: a change is dearer there
 */
function bestLabels(
  scores: readonly (readonly number[])[],
  joined: readonly boolean[],
  cost: number,
): Int32Array<ArrayBuffer> {
  const labels = scores[0]?.length ?? 0;
  const from: Int32Array[] = [];
  let best = Float64Array.from(scores[0] ?? []);
  for (let i = 1; i < scores.length; i++) {
    let top = 0;
    for (let v = 1; v < labels; v++) if (best[v]! > best[top]!) top = v;
    const change = best[top]! - (joined[i] === true ? cost : cost / 2);
    const origin = Int32Array.from({ length: labels }, (_, v) => (best[v]! >= change ? v : top));
    best = Float64Array.from({ length: labels }, (_, v) => Math.max(best[v]!, change) + scores[i]![v]!);
    from.push(origin);
  }
  const found = new Int32Array(scores.length);
  let at = best.indexOf(Math.max(...best));
  for (let i = scores.length - 1; i >= 0; i--) {
    found[i] = at;
    at = from[i - 1]?.[at] ?? at;
  }
  return found;
}
