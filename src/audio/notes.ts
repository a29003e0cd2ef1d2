// What was done about the sound of recordings, said once for all of them: a corpus of floats beyond full scale is one
// line of the log, not one for each file.
import type { Log } from '../core/log.js';

const named = 3;

export class Notes {
  readonly #ids = new Map<string, string[]>();
  readonly #counts = new Map<string, number>();

  /** @param note as GridAudio has it; numbers in it differ between recordings of one kind */
  add(id: string, note: string | undefined): void {
    if (note === undefined) return;
    const kind = note.replace(/\d[\d.e+]*/g, 'N');
    const ids = this.#ids.get(kind) ?? [];
    this.#ids.set(kind, ids);
    if (ids.length < named) ids.push(`"${id}": ${note}`);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  tell(log: Log): void {
    for (const [kind, ids] of this.#ids) {
      const more = (this.#counts.get(kind) ?? 0) - ids.length;
      log.warn(`${ids.join('; ')}${more > 0 ? `; and so ${more} more recordings` : ''}`);
    }
  }
}
