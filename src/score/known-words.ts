// Word errors by whether the text has the word: a word that no list has can only be spelt, so that its error rate and
// its share say more than the rate over all words.
import { existsSync } from 'node:fs';
import { readLines } from '../core/jsonl.js';
import { textPath } from '../text/folder.js';
import type { Edit } from './edit-distance.js';

/** Words of the text stage's folder. @returns undefined where the text has phones alone */
export async function textWords(text: string): Promise<ReadonlySet<string> | undefined> {
  const path = textPath(text, 'words');
  if (!existsSync(path)) return undefined;
  const words = new Set<string>();
  for await (const line of readLines(path)) for (const word of line.split(' ')) if (word !== '') words.add(word);
  return words;
}

/** Sums over utterances. */
export class KnownWordErrors {
  #errors = 0;
  #known = 0;
  #all = 0;

  constructor(private readonly known: ReadonlySet<string>) {}

  add(edits: readonly Edit[]): void {
    for (const { kind, reference } of edits) {
      if (reference === undefined) continue;
      this.#all++;
      if (!this.known.has(reference)) continue;
      this.#known++;
      if (kind !== 'match') this.#errors++;
    }
  }

  toJSON(): { inText?: { wer: number; errors: number; length: number }; outside?: number } {
    if (this.#all === 0) return {};
    return {
      ...(this.#known > 0
        ? { inText: { wer: this.#errors / this.#known, errors: this.#errors, length: this.#known } }
        : {}),
      outside: 1 - this.#known / this.#all,
    };
  }
}
