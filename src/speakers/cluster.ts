// Things that are joined two by two, the nearest first, until so many are left.

export interface Joinable<T> {
  readonly distance: (a: T, b: T) => number;
  readonly join: (a: T, b: T) => T;
}

/**
 * @param count how many are to be left
 * @param onLevel called with the group of each, before the first join and after each one
 * @returns the number of the group of each, in the order in which groups first appear; and the groups
 */
export function joinNearest<T>(
  items: readonly T[],
  { distance, join }: Joinable<T>,
  count: number,
  onLevel?: (owner: Int32Array, left: number) => void,
): { of: Int32Array; groups: T[] } {
  const groups: (T | undefined)[] = [...items];
  const owner = Int32Array.from(items, (_, i) => i);
  const size = items.length;
  const table = new Float32Array(size * size).fill(Infinity);
  // The nearest later group of each; only those of the two that were joined change.
  const nearest = new Int32Array(size).fill(-1);
  const look = (i: number): void => {
    let best = -1;
    for (let j = i + 1; j < size; j++)
      if (groups[j] !== undefined && (best < 0 || table[i * size + j]! < table[i * size + best]!)) best = j;
    nearest[i] = best;
  };
  for (let i = 0; i < size; i++)
    for (let j = i + 1; j < size; j++) table[i * size + j] = distance(groups[i]!, groups[j]!);
  for (let i = 0; i < size; i++) look(i);
  if (size > 0) onLevel?.(owner, size);
  for (let left = size; left > count; left--) {
    let first = -1;
    for (let i = 0; i < size; i++) {
      if (groups[i] === undefined || nearest[i]! < 0) continue;
      if (first < 0 || table[i * size + nearest[i]!]! < table[first * size + nearest[first]!]!) first = i;
    }
    if (first < 0) break;
    const second = nearest[first]!;
    groups[first] = join(groups[first]!, groups[second]!);
    groups[second] = undefined;
    for (let i = 0; i < size; i++) if (owner[i] === second) owner[i] = first;
    onLevel?.(owner, left - 1);
    for (let i = 0; i < size; i++) {
      if (i === first || groups[i] === undefined) continue;
      table[Math.min(i, first) * size + Math.max(i, first)] = distance(groups[i]!, groups[first]!);
    }
    for (let i = 0; i < size; i++)
      if (groups[i] !== undefined && (i <= first || nearest[i] === second || nearest[i] === first)) look(i);
  }
  const { of, names } = numbered(owner);
  return { of, groups: names.map((group) => groups[group]!) };
}

/** @returns the groups' numbers in the order in which they first appear, and the name that each had */
function numbered(owner: Int32Array): { of: Int32Array; names: number[] } {
  const numbers = new Map<number, number>();
  const of = owner.map((group) => {
    if (!numbers.has(group)) numbers.set(group, numbers.size);
    return numbers.get(group)!;
  });
  return { of, names: [...numbers.keys()] };
}

/** A way to part things. */
export interface Parting {
  /** Of each, from 0. */
  readonly of: Int32Array;
  readonly voices: number;
}

/** What is left at each step on the way down to one, from one to `most` groups. */
export function partingsOf<T>(items: readonly T[], joinable: Joinable<T>, most: number): Parting[] {
  const partings: Parting[] = [];
  joinNearest(items, joinable, 1, (owner, voices) => {
    if (voices <= most) partings.unshift({ of: numbered(owner).of, voices });
  });
  return partings;
}
