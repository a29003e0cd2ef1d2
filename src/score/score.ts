// Error counts and rates over aligned utterances: pure functions, no files.
import { align, type Edit } from './edit-distance.js';

export interface ErrorCounts {
  readonly errors: number;
  /** Tokens in the references. */
  readonly length: number;
  readonly insertions: number;
  readonly deletions: number;
  readonly substitutions: number;
}

export const noErrors: ErrorCounts = { errors: 0, length: 0, insertions: 0, deletions: 0, substitutions: 0 };

export function countErrors(edits: readonly Edit[]): ErrorCounts {
  let insertions = 0;
  let deletions = 0;
  let substitutions = 0;
  for (const { kind } of edits) {
    if (kind === 'insertion') insertions++;
    else if (kind === 'deletion') deletions++;
    else if (kind === 'substitution') substitutions++;
  }
  return {
    errors: insertions + deletions + substitutions,
    length: edits.length - insertions,
    insertions,
    deletions,
    substitutions,
  };
}

export function addErrors(a: ErrorCounts, b: ErrorCounts): ErrorCounts {
  return {
    errors: a.errors + b.errors,
    length: a.length + b.length,
    insertions: a.insertions + b.insertions,
    deletions: a.deletions + b.deletions,
    substitutions: a.substitutions + b.substitutions,
  };
}

/**
 * Errors per reference token, a fraction that can exceed 1. Without any reference token: 0
 * when nothing was recognised, else 1.
 */
export function errorRate({ errors, length }: ErrorCounts): number {
  if (length > 0) return errors / length;
  return errors === 0 ? 0 : 1;
}

/** Sums of error counts by name (speaker, split), in order of first appearance. */
export class ErrorTable {
  readonly #rows = new Map<string, ErrorCounts>();

  add(name: string, counts: ErrorCounts): void {
    this.#rows.set(name, addErrors(this.#rows.get(name) ?? noErrors, counts));
  }

  has(name: string): boolean {
    return this.#rows.has(name);
  }

  get(name: string): ErrorCounts {
    return this.#rows.get(name) ?? noErrors;
  }

  /** Counts and rate by name. */
  toJSON(): Record<string, ErrorCounts & { per: number }> {
    return Object.fromEntries([...this.#rows].map(([name, counts]) => [name, { per: errorRate(counts), ...counts }]));
  }
}

/** Error counts of one utterance. */
export function compare(reference: readonly string[], hypothesis: readonly string[]): ErrorCounts {
  return countErrors(align(reference, hypothesis));
}
