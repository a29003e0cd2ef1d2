// Which files of a watched folder are there as a whole and were not tried yet: those that look the same twice.
import { stat } from 'node:fs/promises';

/** Size and time of change of each file, as one text. */
export type FileStates = ReadonlyMap<string, string>;

/** Files that are gone or empty are left out. */
export async function fileStates(files: readonly string[]): Promise<FileStates> {
  const states = new Map<string, string>();
  for (const file of files) {
    const about = await stat(file).catch(() => undefined);
    if (about && about.size > 0) states.set(file, `${about.size} ${about.mtimeMs}`);
  }
  return states;
}

export class Newcomers {
  #before: FileStates = new Map();
  readonly #tried = new Map<string, string>();

  /** @returns those that have not changed since the last call; each once, until it changes */
  ready(states: FileStates): string[] {
    const ready = [...states].filter(
      ([file, state]) => this.#before.get(file) === state && this.#tried.get(file) !== state,
    );
    for (const [file, state] of ready) this.#tried.set(file, state);
    for (const file of this.#tried.keys()) if (!states.has(file)) this.#tried.delete(file);
    this.#before = states;
    return ready.map(([file]) => file);
  }
}
