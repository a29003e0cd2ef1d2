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

export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The value at a share of the sorted values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}
