// Whether a night is worse than its reference by more than chance: seed noise from past results of the same series, a
// t test on the difference of two means. Pure; all measures are errors, lower is better.
import { studentTQuantile } from './student-t.js';

/** What one seed gave. */
export interface SeedValue {
  readonly seed: number;
  readonly value: number;
}

export interface Noise {
  /** Standard deviation between seeds, pooled over nights; 0 where `degrees` is. */
  readonly deviation: number;
  /** Degrees of freedom that it was estimated from. */
  readonly degrees: number;
  readonly results: number;
}

export const mean = (values: readonly SeedValue[]): number =>
  values.reduce((sum, { value }) => sum + value, 0) / values.length;

/**
 * Seed noise: spread of the seeds of one night around that night's mean, pooled over nights. Between nights it is not
 * measured, since the program may have changed. The same seed with the same result
 * again is the same program: counted once.
 * @param nights any order, each with the results of its seeds
 */
export function seedNoise(nights: readonly (readonly SeedValue[])[]): Noise {
  const seen = new Set<string>();
  let squares = 0;
  let degrees = 0;
  let results = 0;
  for (const night of nights) {
    const fresh = night.filter(({ seed, value }) => !seen.has(`${seed} ${value}`));
    for (const { seed, value } of fresh) seen.add(`${seed} ${value}`);
    if (fresh.length < 2) continue;
    const middle = mean(fresh);
    squares += fresh.reduce((sum, { value }) => sum + (value - middle) ** 2, 0);
    degrees += fresh.length - 1;
    results += fresh.length;
  }
  return { deviation: degrees === 0 ? 0 : Math.sqrt(squares / degrees), degrees, results };
}

export type NightComparison = { readonly value: number; readonly noise: Noise } &
  /** There is nothing to compare with: this night becomes the reference. */
  (
    | { readonly verdict: 'first' }
    /** No night has two seeds yet: nothing is known of noise. */
    | { readonly verdict: 'unjudged'; readonly change: number }
    /** `improved` becomes the reference, `ok` does not: a slow drift upwards stays visible. */
    | { readonly verdict: 'ok' | 'improved' | 'worse'; readonly change: number; readonly tolerance: number }
    /** The reference and its tolerance reach what a guess gets: a night that learned nothing would be called ok. */
    | {
        readonly verdict: 'noisy';
        readonly change: number;
        readonly tolerance: number;
        readonly guess: number;
        /**
         * Seeds a night with which it could be judged; undefined where the reference
         * itself is no better than the guess.
         */
        readonly seedsNeeded: number | undefined;
      }
  );

/**
 * @param tonight at least one result
 * @param reference results of the night to compare with
 * @param confidence one-sided, for instance 0.99
 * @param guess what comes of listening to nothing, where the measure has such a value
 */
export function compareNights(
  tonight: readonly SeedValue[],
  reference: readonly SeedValue[] | undefined,
  noise: Noise,
  confidence: number,
  guess?: number,
): NightComparison {
  const value = mean(tonight);
  if (!reference || reference.length === 0) return { verdict: 'first', value, noise };
  const change = value - mean(reference);
  if (noise.degrees === 0) return { verdict: 'unjudged', value, noise, change };
  const tolerance = toleranceOf(noise, tonight.length, reference.length, confidence);
  const verdict = change > tolerance ? 'worse' : -change > tolerance ? 'improved' : 'ok';
  const room = guess === undefined ? Infinity : guess - mean(reference);
  if (verdict === 'ok' && guess !== undefined && tolerance >= room) {
    const seedsNeeded = room > 0 ? seedsFor(noise, room, confidence) : undefined;
    return { verdict: 'noisy', value, noise, change, tolerance, guess, seedsNeeded };
  }
  return { verdict, value, noise, change, tolerance };
}

/** Seeds of each of two nights with which their means tell a difference of `room`. */
function seedsFor({ deviation, degrees }: Noise, room: number, confidence: number): number {
  const limit = studentTQuantile(confidence, degrees) * deviation * Math.SQRT2;
  return Math.floor((limit / room) ** 2) + 1;
}

/** How far two means of so many seeds may lie apart by chance. */
export function toleranceOf(
  { deviation, degrees }: Noise,
  tonight: number,
  reference: number,
  confidence: number,
): number {
  return studentTQuantile(confidence, degrees) * deviation * Math.sqrt(1 / tonight + 1 / reference);
}
