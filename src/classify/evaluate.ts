// How far labels can be trusted: labelled texts in; errors over all, by label, by group with intervals over speakers,
// and after simulated errors of recognition out.
import type { Rng } from '../core/rng.js';
import { errorsByGroup, type GroupedErrors, type GroupReport } from '../score/groups.js';
import { noErrors } from '../score/score.js';
import type { Labeller } from './labeller.js';
import type { LabelledRow } from './labelled-table.js';
import { misheard, unitsOf, type ErrorUnit } from './recognition-errors.js';

export const errorRates = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5] as const;
const draws = 3;
/** At which groups are counted once more. */
const groupedRate = 0.2;

interface LabelErrors {
  readonly label: string;
  /** Rows that have it. */
  readonly rows: number;
  /** Of these, the share that got it; null without rows. */
  readonly found: number | null;
  /** Of those that got it, the share that should not have; null where nobody got it. */
  readonly wronglyGiven: number | null;
}

export interface RobustnessPoint {
  /** Simulated errors per phone or letter. */
  readonly rate: number;
  readonly accuracy: number;
  /** Share of rows whose label differs from the one without errors of recognition. */
  readonly changed: number;
  /** Mean score of the given label: it should fall with the accuracy, and often does not. */
  readonly score: number;
  readonly labels: readonly LabelErrors[];
}

export interface ClassifierEvaluation {
  readonly rows: number;
  readonly seed: string;
  readonly unit: ErrorUnit;
  readonly draws: number;
  readonly curve: readonly RobustnessPoint[];
  /** Absent where no row says who speaks. `per` is the share of wrong labels. */
  readonly groups?: GroupReport;
  /** The same after a fifth of wrong phones or letters, which one group may bear less well. */
  readonly misheardGroups?: GroupReport;
  readonly bySpeaker?: Readonly<Record<string, { readonly rows: number; readonly wrong: number }>>;
}

/** @param seed of `rng`, as it is printed */
export async function evaluate(
  labeller: Labeller,
  rows: readonly LabelledRow[],
  unit: ErrorUnit,
  { rng, seed }: { readonly rng: Rng; readonly seed: string },
  signal?: AbortSignal,
): Promise<ClassifierEvaluation> {
  const texts = rows.map(({ text }) => text);
  const units = unitsOf(texts, unit);
  const clean = await given(labeller, texts);
  const curve: RobustnessPoint[] = [];
  let misheardLabels = clean.labels;
  for (const rate of errorRates) {
    const recognised: Given[] = [];
    for (let draw = 0; draw < (rate === 0 ? 1 : draws); draw++) {
      signal?.throwIfAborted();
      const stream = rng.fork(`${rate}/${draw}`);
      recognised.push(
        await given(
          labeller,
          texts.map((text) => (rate === 0 ? text : misheard(text, rate, unit, units, stream))),
        ),
      );
    }
    if (rate === groupedRate) misheardLabels = recognised[0]?.labels ?? clean.labels;
    curve.push(pointOf(rate, labeller.labels, rows, clean.labels, recognised));
  }
  const people = byPeople(rows, clean.labels, rng, seed);
  const { groups: misheardGroups } = byPeople(rows, misheardLabels, rng, seed);
  return {
    ...{ rows: rows.length, seed, unit, draws, curve, ...people },
    ...(misheardGroups ? { misheardGroups } : {}),
  };
}

interface Given {
  readonly labels: readonly string[];
  readonly scores: readonly number[];
}

async function given(labeller: Labeller, texts: readonly string[]): Promise<Given> {
  const scores = await labeller.scores(texts);
  const best = scores.map((one) => Math.max(...one));
  return { labels: scores.map((one, i) => labeller.labels[one.indexOf(best[i] as number)] ?? ''), scores: best };
}

function pointOf(
  rate: number,
  labels: readonly string[],
  rows: readonly LabelledRow[],
  clean: readonly string[],
  recognised: readonly Given[],
): RobustnessPoint {
  const pairs = recognised.flatMap((one) =>
    one.labels.map((label, i) => ({ label, right: rows[i]?.label ?? '', before: clean[i] ?? '' })),
  );
  const share = (all: typeof pairs, wanted: (pair: (typeof pairs)[number]) => boolean): number | null =>
    all.length === 0 ? null : all.filter(wanted).length / all.length;
  const scores = recognised.flatMap((one) => one.scores);
  const known = [...new Set([...labels, ...rows.map(({ label }) => label)])].sort();
  return {
    rate,
    accuracy: share(pairs, ({ label, right }) => label === right) ?? 0,
    changed: share(pairs, ({ label, before }) => label !== before) ?? 0,
    score: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    labels: known.map((label) => {
      const own = pairs.filter(({ right }) => right === label);
      return {
        label,
        rows: own.length / recognised.length,
        found: share(own, (pair) => pair.label === label),
        wronglyGiven: share(
          pairs.filter((pair) => pair.label === label),
          ({ right }) => right !== label,
        ),
      };
    }),
  };
}

function byPeople(
  rows: readonly LabelledRow[],
  labels: readonly string[],
  rng: Rng,
  seed: string,
): Pick<ClassifierEvaluation, 'groups' | 'bySpeaker'> {
  const items: GroupedErrors[] = rows.flatMap(({ speaker, groups, label }, i) => {
    const errors = labels[i] === label ? 0 : 1;
    return speaker === undefined
      ? []
      : [{ speaker, groups, counts: { ...noErrors, length: 1, errors, substitutions: errors } }];
  });
  if (items.length === 0) return {};
  const bySpeaker: Record<string, { rows: number; wrong: number }> = {};
  for (const { speaker, counts } of items) {
    const row = Object.hasOwn(bySpeaker, speaker) ? bySpeaker[speaker] : undefined;
    bySpeaker[speaker] = { rows: (row?.rows ?? 0) + 1, wrong: (row?.wrong ?? 0) + counts.errors };
  }
  return { groups: errorsByGroup(items, rng.fork('groups'), `${seed}/groups`), bySpeaker };
}
