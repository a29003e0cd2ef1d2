// Which n-grams a language model leaves out for being rare: thresholds by length as they are set, raised where the
// model would hold more n-grams than it may.
import { AsrError } from '../core/errors.js';

/** @returns [order + 1] thresholds by length. @throws AsrError 'config' for thresholds that fall, or too many */
export function thresholds(order: number, given: readonly number[]): number[] {
  const all = Array.from({ length: order + 1 }, (_, length) =>
    length === 0 ? 0 : (given[Math.min(length, given.length) - 1] ?? 0),
  );
  const bad = all.findIndex((value, length) => !Number.isInteger(value) || value < (all[length - 1] ?? 0));
  if (bad >= 0 || given.length > order || (given[0] ?? 0) > 0) {
    throw new AsrError(
      'config',
      `pruning thresholds ${given.join(', ')}: expected at most ${order} whole ` +
        'numbers that never fall, the first of them 0',
      'For instance 0,0,1: trigrams that occur once are left out.',
    );
  }
  return all;
}

/** Occurrences are told apart up to here; who needs more has words alone. */
const mostRaised = 1000;

/** How many n-grams of each length occur how often. */
export class Occurrences {
  readonly #times: readonly Float64Array[];

  constructor(private readonly order: number) {
    this.#times = Array.from({ length: order + 1 }, () => new Float64Array(mostRaised + 1));
  }

  add(length: number, occurrences: number): void {
    (this.#times[length] as Float64Array)[Math.min(occurrences, mostRaised)]! += 1;
  }

  /**
   * The thresholds `given`, raised by as little as it takes, the longest n-grams first and shorter ones in turn: of
   * trigrams 0,0,1, then 0,1,1, then 0,1,2.
   * @param most n-grams of two words and more
   */
  raised(given: readonly number[], most: number): number[] {
    let found = [...given];
    const steps = Math.max(1, this.order - 1);
    for (let step = 1; this.#kept(found) > most && step < steps * mostRaised; step++)
      found = given.map((value, length) =>
        length < 2 ? value : Math.max(value, Math.floor((step + length - 2) / steps)),
      );
    return found;
  }

  #kept(above: readonly number[]): number {
    let kept = 0;
    for (let length = 2; length <= this.order; length++)
      for (let times = (above[length] as number) + 1; times <= mostRaised; times++)
        kept += this.#times[length]?.[times] ?? 0;
    return kept;
  }
}
