// One recipe of a suite in one night: its seeds, further ones where too little is known of noise, the comparison, the
// row in the history. Which night is the reference: the last that was blessed, or that was better by more than noise.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../core/log.js';
import type { Environment } from './environment.js';
import type { History, Night, NightEnd } from './history.js';
import { compareNights, seedNoise, type NightComparison, type Noise, type SeedValue } from './comparison.js';
import { runSeed, type SeedResult } from './seed-run.js';
import type { Suite, SuiteEntry } from './suite.js';
import { comparisonLine } from './lines.js';
import { exitCodeOf, isGood, verdicts, type NightVerdict } from './verdicts.js';

export interface NightOptions {
  readonly suite: Suite;
  readonly history: History;
  readonly environment: Environment;
  /** Where relative `data` of the entries starts. */
  readonly corpora: string;
  /** Folder that runs are written into. */
  readonly work: string;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

export interface NightOutcome {
  readonly name: string;
  readonly verdict: NightVerdict;
  /** One line, without the name. */
  readonly reason: string;
}

/** Results of a night that can be compared. */
export function valuesOf(night: Pick<Night, 'results' | 'measure'>): SeedValue[] {
  return night.results.flatMap((result) => {
    const value = result[night.measure as SuiteEntry['measure']];
    return result.status === 'ok' && value !== null ? [{ seed: result.seed, value }] : [];
  });
}

/** What listening to nothing gets, mean over the seeds; only error rates of phones have such a value. */
export function guessOf({ results, measure }: Pick<Night, 'results' | 'measure'>): number | undefined {
  const guesses = measure === 'per' ? results.flatMap(({ guess }) => guess ?? []) : [];
  return guesses.length === 0 ? undefined : guesses.reduce((sum, guess) => sum + guess, 0) / guesses.length;
}

/**
 * The night to compare with. Of automatic ones the first, until one is better by more than noise; a blessing decides
 * against all nights before it. One that is a little worse never moves it, so that a slow drift stays visible.
 * @param nights of one series, in order of time
 */
export function referenceOf(nights: readonly Night[]): Night | undefined {
  let reference: Night | undefined;
  let since = '';
  for (const night of nights)
    if (night.verdict === 'first' || night.verdict === 'improved') [reference, since] = [night, night.started];
  for (const night of nights)
    if (night.blessed && night.blessed.time > since) [reference, since] = [night, night.blessed.time];
  return reference;
}

/** Nights whose seeds tell of noise: good ones, and those that a person accepted. The latest thirty. */
export function noiseOf(nights: readonly Night[]): Noise {
  return seedNoise(
    nights
      .filter((night) => isGood(night.verdict) || night.blessed !== null)
      .slice(-30)
      .map(valuesOf),
  );
}

/** The folder of an entry's corpus that is not there; undefined where nothing is missing. */
export function absentCorpus(entry: SuiteEntry, corpora: string): string | undefined {
  if (entry.data === undefined) return undefined;
  const folder = join(corpora, entry.data);
  return existsSync(folder) ? undefined : folder;
}

export async function runNight(entry: SuiteEntry, options: NightOptions): Promise<NightOutcome> {
  const { history, suite, environment, log } = options;
  const past = await history.nights(entry.series);
  const id = await history.startNight({
    suite: suite.name,
    name: entry.name,
    series: entry.series,
    measure: entry.measure,
    started: new Date().toISOString(),
    environment,
    settings: { recipe: entry.recipe.split('/').at(-1), set: entry.set, seeds: entry.seeds, minutes: entry.minutes },
  });
  const end = async (night: NightEnd): Promise<NightOutcome> => {
    await history.endNight(id, night);
    return { name: entry.name, verdict: night.verdict, reason: night.reason };
  };
  const absent = absentCorpus(entry, options.corpora);
  if (absent !== undefined)
    return end({
      ...nothing,
      verdict: 'skipped',
      reason: `skipped: its corpus "${entry.data ?? ''}" is not there (set ASR_CORPORA or --corpora)`,
    });
  const results = await runSeeds(entry, past, options, async (result) => {
    await history.addResult(id, result);
    log.info(`${entry.name}, seed ${result.seed}: ${result.status}${result.reason === '' ? '' : `, ${result.reason}`}`);
  });
  const bad = verdicts.find((verdict) => results.some(({ status }) => status === verdict));
  if (bad !== undefined && bad !== 'ok')
    return end({ ...nothing, verdict: bad, reason: results.find(({ status }) => status === bad)?.reason ?? '' });
  const tonight = valuesOf({ results, measure: entry.measure });
  const reference = referenceOf(past);
  const comparison = compareNights(
    tonight,
    reference && valuesOf(reference),
    noiseWithTonight(past, tonight, entry),
    suite.confidence,
    guessOf({ results, measure: entry.measure }),
  );
  return end({
    verdict: comparison.verdict,
    reason: comparisonLine(comparison, entry, results, reference),
    value: comparison.value,
    tolerance: 'tolerance' in comparison ? comparison.tolerance : null,
    ...recordedNoise(comparison),
    reference: reference?.id ?? null,
  });
}

const nothing: Omit<NightEnd, 'verdict' | 'reason'> = {
  value: null,
  tolerance: null,
  noise: null,
  degrees: null,
  reference: null,
};
const recordedNoise = ({ noise }: NightComparison): Pick<NightEnd, 'noise' | 'degrees'> =>
  noise.degrees === 0 ? { noise: null, degrees: 0 } : { noise: noise.deviation, degrees: noise.degrees };

/** Tonight's own spread counts only while too little is known: a broken program may spread far, and hide behind it. */
function noiseWithTonight(past: readonly Night[], tonight: readonly SeedValue[], entry: SuiteEntry): Noise {
  const known = noiseOf(past);
  if (known.degrees > 0 && known.degrees >= entry.calibrate) return known;
  return seedNoise([
    ...past
      .filter((night) => isGood(night.verdict) || night.blessed !== null)
      .slice(-30)
      .map(valuesOf),
    tonight,
  ]);
}

async function runSeeds(
  entry: SuiteEntry,
  past: readonly Night[],
  options: NightOptions,
  onResult: (result: SeedResult) => Promise<void>,
): Promise<SeedResult[]> {
  const { work, corpora, log, signal } = options;
  const started = performance.now();
  const left = (): number => entry.minutes * 60 - (performance.now() - started) / 1000;
  const results: SeedResult[] = [];
  const attempt = async (seed: number): Promise<boolean> => {
    signal?.throwIfAborted();
    log.info(`${entry.name}, seed ${seed}: starts, ${(left() / 60).toFixed(1)} minutes left of ${entry.minutes}`);
    const result = await runSeed(entry, seed, {
      data: entry.data === undefined ? undefined : join(corpora, entry.data),
      run: join(work, entry.name, `seed-${seed}`),
      seconds: Math.max(1, left()),
      signal,
    });
    results.push(result);
    await onResult(result);
    return result.status !== 'failed' && result.status !== 'over-budget';
  };
  for (const seed of entry.seeds) if (!(await attempt(seed))) return results;
  if (exitCodeOf(results.map(({ status }) => status)) !== 0) return results;
  const longest = Math.max(...results.map(({ wall }) => wall));
  const degrees = (): number => noiseWithTonight(past, valuesOf({ results, measure: entry.measure }), entry).degrees;
  for (let seed = Math.max(...entry.seeds) + 1; degrees() < entry.calibrate; seed++) {
    if (left() < 1.3 * longest) {
      log.warn(
        `${entry.name}: no time for further seeds, ${degrees()} degrees of freedom for the noise instead of ` +
          entry.calibrate,
      );
      break;
    }
    if (!(await attempt(seed))) break;
  }
  return results;
}
