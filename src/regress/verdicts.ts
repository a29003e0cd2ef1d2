// What can become of a recipe in a night, and the exit code of each; documented in docs/errors.md.

/** In the order of gravity: of several, the first decides the exit code. */
export const verdicts = [
  'failed',
  'missing',
  'collapsed',
  'over-budget',
  'worse',
  'interrupted',
  'unjudged',
  'noisy',
  'skipped',
  'first',
  'improved',
  'ok',
] as const;
export type NightVerdict = (typeof verdicts)[number];

const exitCodes: Partial<Record<NightVerdict, number>> = {
  worse: 20,
  collapsed: 21,
  failed: 22,
  'over-budget': 23,
  missing: 24,
  interrupted: 130,
};

/** A night may be the reference of later ones, and its seeds say something of noise. */
export const isGood = (verdict: NightVerdict): boolean =>
  ['first', 'improved', 'ok', 'unjudged', 'noisy'].includes(verdict);

/** There are values: the night can be blessed. */
export const hasValues = (verdict: NightVerdict): boolean => isGood(verdict) || verdict === 'worse';

export function exitCodeOf(found: readonly NightVerdict[]): number {
  const gravest = verdicts.find((verdict) => found.includes(verdict));
  return gravest === undefined ? 0 : (exitCodes[gravest] ?? 0);
}
