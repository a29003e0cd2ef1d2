// Errors by groups of speech in, rates with intervals out: whom does it serve worse? Speakers are drawn with
// replacement (bootstrap), since utterances of one voice are no independent evidence; a difference is called one only
// where an interval that allows for the number of comparisons leaves out zero, and never among few speakers.
import { z } from 'zod';
import type { Rng } from '../core/rng.js';
import { addErrors, errorRate, noErrors, type ErrorCounts } from './score.js';

/** Speakers on each side below which nothing is called a difference, and no interval is given. */
export const fewestSpeakers = 5;
const draws = 2000;
const level = 0.95;

/** One scored utterance: who said it, and its groups by attribute (sex, age …). */
export interface GroupedErrors {
  readonly speaker: string;
  readonly groups: Readonly<Record<string, string>>;
  readonly counts: ErrorCounts;
}

const whole = z.number().int().nonnegative();
const interval = z.tuple([z.number(), z.number()]).nullable();
const groupSchema = z.object({
  name: z.string(),
  per: z.number(),
  errors: whole,
  length: whole,
  utterances: whole,
  speakers: whole,
  /** Of the rate, 95 %; null among few speakers. */
  interval,
  /** Rate of the group less that of all others of the attribute, with its interval for all comparisons together. */
  difference: z.object({ per: z.number(), interval, called: z.boolean() }),
});
export const groupReportSchema = z.object({
  seed: z.string(),
  draws: whole,
  fewestSpeakers: whole,
  /** Comparisons made, for which the intervals of differences are widened (Bonferroni). */
  comparisons: whole,
  speakers: whole,
  interval,
  attributes: z.record(z.string(), z.array(groupSchema)),
});
export type GroupReport = z.infer<typeof groupReportSchema>;

interface Sums {
  readonly errors: Float64Array;
  readonly length: Float64Array;
  readonly present: Uint8Array;
}

/** @param seed of `rng`, as it is printed. @returns attributes with at least two groups; those of one say nothing */
export function errorsByGroup(items: readonly GroupedErrors[], rng: Rng, seed: string): GroupReport {
  const speakers = [...new Set(items.map(({ speaker }) => speaker))].sort();
  const number = new Map(speakers.map((speaker, i) => [speaker, i]));
  const at = (speaker: string): number => number.get(speaker) as number;
  const sums = (wanted: (item: GroupedErrors) => boolean): Sums => {
    const errors = new Float64Array(speakers.length);
    const length = new Float64Array(speakers.length);
    const present = new Uint8Array(speakers.length);
    for (const item of items) {
      if (!wanted(item)) continue;
      const i = at(item.speaker);
      errors[i] = (errors[i] as number) + item.counts.errors;
      length[i] = (length[i] as number) + item.counts.length;
      present[i] = 1;
    }
    return { errors, length, present };
  };
  const drawn = Array.from({ length: draws }, (_, i) => {
    const stream = rng.fork(i);
    return Int32Array.from(speakers, () => stream.integer(speakers.length));
  });
  const attributes = [...new Set(items.flatMap(({ groups }) => Object.keys(groups)))]
    .map((attribute) => ({ attribute, names: namesOf(items, attribute) }))
    .filter(({ names }) => names.length > 1);
  const comparisons = attributes.reduce((sum, { names }) => sum + (names.length === 2 ? 1 : names.length), 0);
  const rows = ({ attribute, names }: (typeof attributes)[number]): z.infer<typeof groupSchema>[] =>
    names.map((name) => {
      const own = items.filter(({ groups }) => groups[attribute] === name);
      const inside = sums(({ groups }) => groups[attribute] === name);
      const outside = sums(({ groups }) => groups[attribute] !== undefined && groups[attribute] !== name);
      const counts = own.reduce((sum, item) => addErrors(sum, item.counts), noErrors);
      const enough = [inside, outside].every((side) => numberOf(side) >= fewestSpeakers);
      const between = enough
        ? quantiles(
            drawn.map((draw) => rateOf(inside, draw) - rateOf(outside, draw)),
            1 - (1 - level) / comparisons,
          )
        : null;
      return {
        name,
        per: errorRate(counts),
        errors: counts.errors,
        length: counts.length,
        utterances: own.length,
        speakers: numberOf(inside),
        interval:
          numberOf(inside) < fewestSpeakers
            ? null
            : quantiles(
                drawn.map((draw) => rateOf(inside, draw)),
                level,
              ),
        difference: {
          per: errorRate(counts) - (rateOf(outside) || 0),
          interval: between,
          called: between !== null && (between[0] > 0 || between[1] < 0),
        },
      };
    });
  const all = sums(() => true);
  return {
    seed,
    draws,
    fewestSpeakers,
    comparisons,
    speakers: speakers.length,
    interval:
      speakers.length < fewestSpeakers
        ? null
        : quantiles(
            drawn.map((draw) => rateOf(all, draw)),
            level,
          ),
    attributes: Object.fromEntries(attributes.map((one) => [one.attribute, rows(one)])),
  };
}

const namesOf = (items: readonly GroupedErrors[], attribute: string): string[] =>
  [...new Set(items.flatMap(({ groups }) => groups[attribute] ?? []))].sort();

const numberOf = ({ present }: Sums): number => present.reduce((sum, one) => sum + one, 0);

/** Of the speakers that were drawn, each as often as it was; NaN where none of them is in the group. */
function rateOf({ errors, length }: Sums, draw?: Int32Array): number {
  let wrong = 0;
  let all = 0;
  for (let i = 0; i < (draw ?? errors).length; i++) {
    const at = draw ? (draw[i] as number) : i;
    wrong += errors[at] as number;
    all += length[at] as number;
  }
  return all === 0 ? NaN : wrong / all;
}

/** The middle share of the values that are numbers. */
function quantiles(values: readonly number[], share: number): [number, number] | null {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length < draws / 2) return null;
  const cut = Math.floor(((1 - share) / 2) * sorted.length);
  return [sorted[cut] as number, sorted[sorted.length - 1 - cut] as number];
}

const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
const shownInterval = (one: readonly [number, number] | null): string =>
  one === null ? `fewer than ${fewestSpeakers} speakers: no interval` : `${percent(one[0])} to ${percent(one[1])}`;

/** What a person reads about one group: rate, interval, numbers, and whether it differs. */
export function describeGroup(row: z.infer<typeof groupSchema>): Record<'rate' | 'interval' | 'says', string> {
  const { difference } = row;
  return {
    rate: percent(row.per),
    interval: shownInterval(row.interval),
    says: difference.called
      ? `differs from the others by ${difference.per > 0 ? '+' : '−'}${percent(Math.abs(difference.per))}`
      : difference.interval === null
        ? 'too few speakers to tell'
        : 'no difference shown',
  };
}

/** Lines for a log or a terminal. */
export function groupLines({ attributes, seed, draws: number, speakers, interval }: GroupReport): string[] {
  const lines = Object.entries(attributes).flatMap(([attribute, rows]) =>
    rows.map((row) => {
      const { rate, interval: range, says } = describeGroup(row);
      const numbers = `${row.speakers} speakers, ${row.utterances} utterances`;
      return `${attribute} ${row.name}: ${rate} (${range}), ${numbers}; ${says}`;
    }),
  );
  return [
    `all ${speakers} speakers: ${shownInterval(interval)} (95 %, ${number} draws of speakers, seed ${seed})`,
    ...lines,
  ];
}
