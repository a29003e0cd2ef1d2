// How near aligned phones lie to those of a reference: of utterances with as many phones, boundary by boundary; of all, the
// nearest one. Beside it the same for phones that are spread evenly over the speech.

export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Counts of boundaries, and of those within so many milliseconds of the reference. */
export class BoundaryCounts {
  boundaries = 0;
  utterances = 0;
  readonly #within = new Map<number, number>();

  constructor(private readonly limits: readonly number[] = [20, 50]) {}

  /** @param distances in seconds */
  add(distances: readonly number[]): void {
    this.utterances++;
    this.boundaries += distances.length;
    for (const limit of this.limits) {
      const near = distances.filter((distance) => distance <= limit / 1000 + 1e-9).length;
      this.#within.set(limit, (this.#within.get(limit) ?? 0) + near);
    }
  }

  toString(): string {
    const shares = this.limits.map((limit) => {
      const share = (this.#within.get(limit) ?? 0) / Math.max(1, this.boundaries);
      return `${(100 * share).toFixed(1)} % within ${limit} ms`;
    });
    return `${shares.join(', ')} (${this.boundaries} boundaries, ${this.utterances} utterances)`;
  }
}

/** Starts of phones, and the end of the last. */
export const boundariesOf = (phones: readonly Stretch[]): number[] =>
  phones.length === 0 ? [] : [...phones.map(({ start }) => start), phones.at(-1)!.end];

export const inOrder = (found: readonly number[], reference: readonly number[]): number[] =>
  reference.map((time, i) => Math.abs(time - (found[i] ?? Infinity)));

export const toNearest = (found: readonly number[], reference: readonly number[]): number[] =>
  reference.map((time) => found.reduce((least, other) => Math.min(least, Math.abs(time - other)), Infinity));

/** As many boundaries at equal distances between the first and the last of the reference. */
export const evenly = (reference: readonly number[], count: number): number[] => {
  const [first = 0] = reference;
  const last = reference.at(-1) ?? first;
  return Array.from({ length: count }, (_, i) => first + ((last - first) * i) / Math.max(1, count - 1));
};
