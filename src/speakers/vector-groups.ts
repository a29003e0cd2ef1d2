// Vectors of stretches of speech in, whose each is out: joined two by two, and as many people taken as foretell the
// vectors best. Nothing depends on the scale of a model's cosines: vectors are centred on the recording, and a vector
// counts by how much nearer it is to its own group than to all, both without what is said around it.
import type { Region } from '../core/records.js';
import { joinNearest, partingsOf, type Parting } from './cluster.js';
import { entropyBits, nearInTime, type Near } from './count.js';
import type { VoiceOptions } from './voices.js';

/**
 * Seconds around a stretch that are left out; how much farther a vector is than from all where nothing else is known of
 * its group; logarithm of distance that a bit of whose it is has to gain, chosen on single voices and mixtures.
 */
const settings = { around: 3, unknown: 2, bit: 0.125 };

/**
 * @param vectors of length 1. @param parts the stretch of each, in samples, in order. @param rate samples a second
 * @returns the group of each, from 0
 */
export function groupVectors(
  vectors: readonly Float32Array[],
  parts: readonly Region[],
  rate: number,
  { count, most }: VoiceOptions,
): ArrayLike<number> {
  const own = centred(vectors);
  const single = own.map((sum): Group => ({ sum, size: 1 }));
  if (count !== 'auto') return joinNearest(single, ward, count).of;
  const partings = partingsOf(single, ward, most);
  const near = nearInTime(parts, settings.around * rate);
  let best: { of: ArrayLike<number>; score: number } = { of: [], score: -Infinity };
  let alone: readonly (number | undefined)[] | undefined;
  for (const parting of partings) {
    const away = distances(own, near, parting);
    alone ??= away;
    let [sum, base] = [1e-9, 1e-9];
    away.forEach((square, i) => {
      const all = alone![i] ?? 1;
      base += all;
      sum += square ?? settings.unknown * all;
    });
    const counts = new Float64Array(parting.voices);
    for (let i = 0; i < own.length; i++) counts[parting.of[i]!]!++;
    const score = Math.log(base / sum) - settings.bit * entropyBits(counts);
    if (score > best.score) best = { of: parting.of, score };
  }
  return best.of;
}

interface Group {
  readonly sum: Float32Array;
  readonly size: number;
}

/** What joining two adds to the squares within groups (Ward, 1963). */
const ward = {
  distance: (a: Group, b: Group): number => {
    let square = 0;
    for (let i = 0; i < a.sum.length; i++) square += (a.sum[i]! / a.size - b.sum[i]! / b.size) ** 2;
    return (square * a.size * b.size) / (a.size + b.size);
  },
  join: (a: Group, b: Group): Group => ({ sum: a.sum.map((value, i) => value + b.sum[i]!), size: a.size + b.size }),
};

/** Less their mean, then of length 1 again. */
function centred(vectors: readonly Float32Array[]): Float32Array[] {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) vector.forEach((value, i) => (mean[i]! += value / vectors.length));
  return vectors.map((vector) => {
    const away = vector.map((value, i) => value - mean[i]!);
    const norm = Math.hypot(...away);
    return norm > 1e-6 ? away.map((value) => value / norm) : away.fill(0);
  });
}

/**
 * Of each vector the square of its distance from the mean of its group, without those near in time; undefined where
 * nothing is left of the group. @param near first and last that are left out
 */
function distances(
  vectors: readonly Float32Array[],
  near: readonly Near[],
  { of, voices }: Parting,
): (number | undefined)[] {
  const dim = vectors[0]?.length ?? 0;
  const sums = Array.from({ length: voices }, () => ({ sum: new Float64Array(dim), size: 0 }));
  vectors.forEach((vector, i) => {
    const group = sums[of[i]!]!;
    group.size++;
    for (let d = 0; d < dim; d++) group.sum[d]! += vector[d]!;
  });
  return vectors.map((vector, i) => {
    const { sum, size } = sums[of[i]!]!;
    const rest = Float64Array.from(sum);
    let left = size;
    for (let k = near[i]![0]; k <= near[i]![1]; k++) {
      if (of[k] !== of[i]) continue;
      left--;
      for (let d = 0; d < dim; d++) rest[d]! -= vectors[k]![d]!;
    }
    if (left === 0) return undefined;
    let square = 0;
    for (let d = 0; d < dim; d++) square += (vector[d]! - rest[d]! / left) ** 2;
    return square;
  });
}
