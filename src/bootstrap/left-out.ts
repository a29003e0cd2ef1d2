// Utterances of a source that cannot be learned from: each costs itself alone, is counted by reason, and the first of
// each reason is named.
import type { Log } from '../core/log.js';

export class SourceLosses {
  readonly #counts: Record<string, number> = {};

  constructor(
    private readonly source: string,
    private readonly log: Log,
  ) {}

  /** @param reason one of a few, without what differs between utterances */
  add(reason: string, id: string, detail = ''): void {
    const before = this.#counts[reason] ?? 0;
    this.#counts[reason] = before + 1;
    if (before === 0)
      this.log.warn(`${this.source}: "${id}" is left out: ${reason}${detail === '' ? '' : `: ${detail}`}`);
  }

  counts(): Record<string, number> {
    return { ...this.#counts };
  }
}
