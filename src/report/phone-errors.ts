// Errors by phone over aligned utterances: confusion matrix, insertions, deletions, substitutions. No files.
import type { Edit } from '../score/edit-distance.js';

/** Counts of one phone. */
export interface PhoneErrors {
  readonly phone: string;
  /** How often it stands in the references. */
  readonly reference: number;
  readonly correct: number;
  readonly substituted: number;
  readonly deleted: number;
  /** How often it was recognised where nothing was said. */
  readonly inserted: number;
}

interface Row {
  reference: number;
  correct: number;
  deleted: number;
  inserted: number;
  as: Map<string, number>;
}

export class PhoneErrorTally {
  readonly #rows = new Map<string, Row>();

  add(edits: readonly Edit[]): void {
    for (const { kind, reference, hypothesis } of edits) {
      if (reference === undefined) {
        this.#row(hypothesis as string).inserted++;
        continue;
      }
      const row = this.#row(reference);
      row.reference++;
      if (kind === 'match') row.correct++;
      if (hypothesis === undefined) row.deleted++;
      else row.as.set(hypothesis, (row.as.get(hypothesis) ?? 0) + 1);
      if (hypothesis !== undefined) this.#row(hypothesis);
    }
  }

  /** Every phone of references or output, the most frequent in the references first. */
  get phones(): PhoneErrors[] {
    return [...this.#rows]
      .map(([phone, { reference, correct, deleted, inserted }]) => ({
        phone,
        reference,
        correct,
        deleted,
        inserted,
        substituted: reference - correct - deleted,
      }))
      .sort((a, b) => b.reference - a.reference || b.inserted - a.inserted);
  }

  /** How often `reference` was recognised as `hypothesis`. */
  count(reference: string, hypothesis: string): number {
    return this.#rows.get(reference)?.as.get(hypothesis) ?? 0;
  }

  /** Pairs of different phones, the most frequent first. */
  confusions(limit: number): { reference: string; hypothesis: string; count: number }[] {
    const pairs = [...this.#rows].flatMap(([reference, { as }]) =>
      [...as].map(([hypothesis, count]) => ({ reference, hypothesis, count })),
    );
    return pairs
      .filter(({ reference, hypothesis }) => reference !== hypothesis)
      .sort((a, b) => b.count - a.count)
      .slice(0, limit);
  }

  #row(phone: string): Row {
    let row = this.#rows.get(phone);
    if (!row) this.#rows.set(phone, (row = { reference: 0, correct: 0, deleted: 0, inserted: 0, as: new Map() }));
    return row;
  }
}
