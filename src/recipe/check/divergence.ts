// Jensen-Shannon divergence (Lin, IEEE Trans. Information Theory 37, 1991) between phone n-grams of parts of a text,
// beside what chance gives: the same parts after the lines were shuffled.
import type { Rng } from '../../core/rng.js';

export type Counts = ReadonlyMap<string, number>;

/** Bits, 0 for equal to 1 for disjoint distributions; 0 when one is empty. */
export function jensenShannon(a: Counts, b: Counts): number {
  const [totalA, totalB] = [a, b].map((counts) => [...counts.values()].reduce((sum, count) => sum + count, 0)) as [
    number,
    number,
  ];
  if (totalA === 0 || totalB === 0) return 0;
  let bits = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const p = (a.get(key) ?? 0) / totalA;
    const q = (b.get(key) ?? 0) / totalB;
    const m = (p + q) / 2;
    if (p > 0) bits += (p / 2) * Math.log2(p / m);
    if (q > 0) bits += (q / 2) * Math.log2(q / m);
  }
  return Math.max(0, bits);
}

export function bigrams(lines: Iterable<readonly string[]>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const phones of lines) {
    for (let i = 0; i + 1 < phones.length; i++) {
      const key = `${phones[i]} ${phones[i + 1]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

export interface PartDivergence {
  /** Largest divergence between two parts, in bits. */
  readonly largest: number;
  /** The same when the lines are shuffled first. */
  readonly chance: number;
  /** Numbers of the two parts, from 1. */
  readonly between: readonly [number, number];
}

/** @param lines phones of each sentence, in the order of the text; cut into `parts` of equal length */
export function partDivergence(lines: readonly (readonly string[])[], parts: number, rng: Rng): PartDivergence {
  const found = largest(lines, parts);
  const chance = largest(rng.shuffleInPlace([...lines]), parts);
  return { largest: found.bits, chance: chance.bits, between: found.between };
}

function largest(lines: readonly (readonly string[])[], parts: number): { bits: number; between: [number, number] } {
  const size = Math.ceil(lines.length / parts);
  const counts = Array.from({ length: parts }, (_, i) => bigrams(lines.slice(i * size, (i + 1) * size)));
  let best = { bits: 0, between: [1, 1] as [number, number] };
  for (const [i, a] of counts.entries()) {
    for (const [j, b] of counts.entries()) {
      const bits = j > i ? jensenShannon(a, b) : 0;
      if (bits > best.bits) best = { bits, between: [i + 1, j + 1] };
    }
  }
  return best;
}
