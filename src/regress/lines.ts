// The one line that a recipe gets on stdout, and a rate as people read it.
import type { Night } from './history.js';
import type { NightComparison } from './comparison.js';
import { measureNames, type SeedResult } from './seed-run.js';
import type { Measure, SuiteEntry } from './suite.js';

/** 15.3 %, or a metric as it is. */
export const shownValue = (value: number, measure: Measure): string =>
  measure === 'metric' ? value.toFixed(2) : `${(value * 100).toFixed(1)} %`;
/** A difference: 4.6 points. */
export const shownChange = (change: number, measure: Measure): string =>
  measure === 'metric' ? Math.abs(change).toFixed(2) : `${Math.abs(change * 100).toFixed(1)} points`;

/** What was compared with what, and how the tolerance was made. */
export function comparisonLine(
  comparison: NightComparison,
  { measure }: Pick<SuiteEntry, 'measure'>,
  results: readonly SeedResult[],
  reference: Night | undefined,
): string {
  const { verdict, value, noise } = comparison;
  const name = measureNames[measure];
  const seeds =
    `${name} ${shownValue(value, measure)} (mean of ` +
    `${results.length === 1 ? '1 seed' : `${results.length} seeds`})`;
  if (verdict === 'first') return `first result, ${seeds}: it is the reference from now on`;
  const there = reference
    ? `${shownValue(value - comparison.change, measure)} of ${reference.started.slice(0, 10)}` +
      (reference.commit === null ? '' : `, commit ${reference.commit.slice(0, 7)}`) +
      (reference.blessed ? ', blessed' : '')
    : '';
  const direction = comparison.change > 0 ? 'above' : 'below';
  const compared = `${seeds}, ${shownChange(comparison.change, measure)} ${direction} the reference ${there}`;
  if (verdict === 'unjudged')
    return (
      `not judged: ${compared}; no night has two seeds, so nothing is known of seed ` +
      'noise (give the recipe more seeds or minutes)'
    );
  const tolerance =
    `tolerance ${shownChange(comparison.tolerance, measure)} from a seed noise of ` +
    `${shownChange(noise.deviation, measure)}, ` +
    `${noise.degrees === 1 ? '1 degree' : `${noise.degrees} degrees`} of freedom`;
  if (verdict === 'noisy')
    return `too noisy to judge: ${compared}; ${tolerance}, and a guess gets ${shownValue(comparison.guess, measure)}; ${
      comparison.seedsNeeded === undefined
        ? 'the reference is no better than that'
        : `it would take ${comparison.seedsNeeded} seeds a night`
    }`;
  if (verdict === 'worse') return `worse: ${compared}; ${tolerance}`;
  if (verdict === 'improved')
    return `better by more than noise: ${compared}; ${tolerance}; it is the reference from now on`;
  return `ok: ${compared}; ${tolerance}`;
}
