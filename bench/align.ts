// How near aligned phones lie to those of a reference with other symbols: which of them belong together is learned from
// their order alone, never from their times. Beside it the same for phones that are spread evenly over the speech.

export interface TimedSymbol {
  readonly symbol: string;
  readonly start: number;
  readonly end: number;
}

export interface UtterancePair {
  readonly found: readonly TimedSymbol[];
  readonly reference: readonly TimedSymbol[];
}

/** Counts of boundaries, and of those within so many milliseconds of the reference. */
export class BoundaryCounts {
  boundaries = 0;
  readonly #within = new Map<number, number>();

  constructor(private readonly limits: readonly number[] = [20, 50]) {}

  /** @param distance in seconds */
  add(distance: number): void {
    this.boundaries++;
    for (const limit of this.limits)
      if (Math.abs(distance) <= limit / 1000 + 1e-9) this.#within.set(limit, (this.#within.get(limit) ?? 0) + 1);
  }

  toString(): string {
    const shares = this.limits.map((limit) => {
      const share = (this.#within.get(limit) ?? 0) / Math.max(1, this.boundaries);
      return `${(100 * share).toFixed(1)} % within ${limit} ms`;
    });
    return `${shares.join(', ')} (${this.boundaries} boundaries)`;
  }
}

/** Natural log cost of a symbol that has no partner. */
const gapCost = 3;
const rounds = 8;

/** Partners of all utterances, as pairs of indices: costs of pairs are learned from the pairs of the round before. */
export function partners(pairs: readonly UtterancePair[]): (readonly [number, number])[][] {
  let cost: (found: string, reference: string) => number = () => 1;
  let matched: (readonly [number, number])[][] = [];
  for (let round = 0; round < rounds; round++) {
    matched = pairs.map((pair) => cheapest(pair, cost));
    const counts = new Map<string, Map<string, number>>();
    matched.forEach((own, i) => {
      for (const [f, r] of own) {
        const found = pairs[i]!.found[f]!.symbol;
        const row = counts.get(found) ?? new Map<string, number>();
        counts.set(found, row);
        const reference = pairs[i]!.reference[r]!.symbol;
        row.set(reference, (row.get(reference) ?? 0) + 1);
      }
    });
    cost = (found, reference) => {
      const row = counts.get(found) ?? new Map<string, number>();
      const all = [...row.values()].reduce((sum, count) => sum + count, 0);
      return -Math.log(((row.get(reference) ?? 0) + 0.1) / (all + 7));
    };
  }
  return matched;
}

function cheapest({ found, reference }: UtterancePair, cost: (a: string, b: string) => number): [number, number][] {
  const width = reference.length + 1;
  const best = new Float64Array((found.length + 1) * width);
  for (let j = 1; j < width; j++) best[j] = j * gapCost;
  for (let i = 1; i <= found.length; i++) {
    best[i * width] = i * gapCost;
    for (let j = 1; j < width; j++)
      best[i * width + j] = Math.min(
        best[(i - 1) * width + j - 1]! + cost(found[i - 1]!.symbol, reference[j - 1]!.symbol),
        best[(i - 1) * width + j]! + gapCost,
        best[i * width + j - 1]! + gapCost,
      );
  }
  const matched: [number, number][] = [];
  for (let i = found.length, j = reference.length; i > 0 && j > 0;) {
    const here = best[i * width + j]!;
    if (here === best[(i - 1) * width + j]! + gapCost) i--;
    else if (here === best[i * width + j - 1]! + gapCost) j--;
    else matched.push([--i, --j]);
  }
  return matched.reverse();
}

/** As many phones of equal length between the beginning and the end of the reference. */
export function evenly({ found, reference }: UtterancePair): TimedSymbol[] {
  const first = reference[0]?.start ?? 0;
  const step = ((reference.at(-1)?.end ?? first) - first) / Math.max(1, found.length);
  return found.map(({ symbol }, i) => ({ symbol, start: first + i * step, end: first + (i + 1) * step }));
}

/** How near the beginnings of all pairs lie to the reference's, aligned and spread evenly. */
export function beginnings(pairs: readonly UtterancePair[]): { aligned: BoundaryCounts; even: BoundaryCounts } {
  const [aligned, even] = [new BoundaryCounts(), new BoundaryCounts()];
  const matched = partners(pairs);
  pairs.forEach((pair, i) => {
    const spread = evenly(pair);
    for (const [f, r] of matched[i]!) {
      aligned.add(pair.found[f]!.start - pair.reference[r]!.start);
      even.add(spread[f]!.start - pair.reference[r]!.start);
    }
  });
  return { aligned, even };
}
