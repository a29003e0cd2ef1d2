// What `asr regress` does with a suite: checks it before the night is spent, plans, runs, accepts.
import { dirname } from 'node:path';
import { AsrError } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { loadRecipe } from '../recipe/config.js';
import { locateRecipe } from '../recipe/locate.js';
import type { History, Night } from './history.js';
import { toleranceOf } from './comparison.js';
import { shownChange, shownValue } from './lines.js';
import {
  absentCorpus,
  noiseOf,
  referenceOf,
  runNight,
  valuesOf,
  type NightOptions,
  type NightOutcome,
} from './night.js';
import { assignments, type Suite, type SuiteEntry } from './suite.js';
import { hasValues } from './verdicts.js';

/** @throws AsrError 'usage' or 'config' for a recipe or setting that does not exist: before the night, not in it */
export async function checkRecipes(entries: readonly SuiteEntry[]): Promise<void> {
  for (const entry of entries) await loadRecipe(locateRecipe(entry.recipe).yaml, assignments(entry));
}

/** The entries of these names, in the suite's order; all where none is named. */
export function selectEntries(suite: Suite, names: readonly string[]): readonly SuiteEntry[] {
  const known = suite.entries.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const hint = didYouMean(name, known, `It has: ${known.join(', ')}.`);
    throw new AsrError('usage', `the suite has no recipe "${name}"`, hint);
  }
  return names.length === 0 ? suite.entries : suite.entries.filter(({ name }) => names.includes(name));
}

/** @param onOutcome gets each recipe as soon as it ends. @throws AbortError when interrupted */
export async function runSuite(
  entries: readonly SuiteEntry[],
  options: NightOptions,
  onOutcome: (outcome: NightOutcome) => void,
): Promise<NightOutcome[]> {
  const outcomes: NightOutcome[] = [];
  for (const entry of entries) {
    const outcome = await runNight(entry, options);
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  return outcomes;
}

/** One line for each entry: what would run, for how long, and what it would be compared with. */
export async function planLines(
  suite: Suite,
  entries: readonly SuiteEntry[],
  history: History,
  corpora: string,
): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of entries) {
    const nights = await history.nights(entry.series);
    const absent = absentCorpus(entry, corpora);
    const { name, seeds, minutes, measure, calibrate } = entry;
    if (absent !== undefined) {
      lines.push(`${name}: would be skipped: no corpus at ${absent} (set ASR_CORPORA or --corpora)`);
      continue;
    }
    const noise = noiseOf(nights);
    const reference = referenceOf(nights);
    const few =
      noise.degrees < calibrate
        ? `, and more until its noise has ${calibrate} degrees of freedom (now ${noise.degrees})`
        : '';
    const past =
      reference === undefined
        ? 'no reference yet'
        : `reference ${shownValue(reference.value ?? NaN, measure)} of ${reference.started.slice(0, 10)}`;
    const tolerance =
      reference === undefined || noise.degrees === 0
        ? ''
        : ', tolerance ' +
          `${shownChange(toleranceOf(noise, seeds.length, valuesOf(reference).length, suite.confidence), measure)} ` +
          `(${noise.degrees} degrees of freedom)`;
    lines.push(
      `${name}: would run ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}${few}; budget ${minutes} ` +
        `minutes${lastMinutes(nights)}; ${past}${tolerance}`,
    );
  }
  return lines;
}

function lastMinutes(nights: readonly Night[]): string {
  const last = nights.findLast(({ results }) => results.length > 0);
  return last === undefined
    ? ''
    : ` (${(last.results.reduce((sum, { wall }) => sum + wall, 0) / 60).toFixed(1)} the last time)`;
}

/**
 * Accepts the last night of each entry: it is the reference from now on.
 * @throws AsrError 'usage' where there is nothing to accept
 */
export async function blessLast(entries: readonly SuiteEntry[], history: History, note: string): Promise<string[]> {
  const chosen: { entry: SuiteEntry; night: Night }[] = [];
  for (const entry of entries) {
    const last = (await history.nights(entry.series)).findLast(({ verdict }) => verdict !== 'skipped');
    if (!last) continue;
    if (!hasValues(last.verdict))
      throw new AsrError(
        'usage',
        `${entry.name}: its last night left nothing to accept (${last.verdict}: ${last.reason})`,
        'Name the recipes to bless with --only.',
      );
    chosen.push({ entry, night: last });
  }
  if (chosen.length === 0)
    throw new AsrError(
      'usage',
      `${history.path}: no night of these recipes to accept`,
      `Run the suite first; runs lie beside the history in ${dirname(history.path)}.`,
    );
  const lines: string[] = [];
  for (const { entry, night } of chosen) {
    await history.bless(night.id, new Date().toISOString(), note);
    lines.push(
      `${entry.name}: blessed ${shownValue(night.value ?? NaN, entry.measure)} of ` +
        `${night.started.slice(0, 16).replace('T', ' ')}; it is the reference from now on`,
    );
  }
  return lines;
}
