// What a check of a recipe says: one finding a line, with why it matters and what to do.

export type Severity = 'ok' | 'warning' | 'problem';

export interface Finding {
  /** What was looked at, for instance `sample rates`. */
  readonly about: string;
  readonly level: Severity;
  /** What was found, with its numbers. */
  readonly what: string;
  /** Why it matters, and what to do about it; on an ok finding for those who ask with --json. */
  readonly why: string;
  readonly todo: string;
}

/** A finding whose level follows from two conditions; `todo` is needed only when one of them holds. */
export function findingOf(
  about: string,
  what: string,
  conditions: { readonly problem?: boolean; readonly warning?: boolean },
  why: string,
  todo: string,
): Finding {
  return {
    about,
    level: conditions.problem === true ? 'problem' : conditions.warning === true ? 'warning' : 'ok',
    what,
    why,
    todo,
  };
}

export const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;

/** The value at a share of the sorted values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}
