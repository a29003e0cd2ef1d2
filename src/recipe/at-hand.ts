// What lies in a folder that a recipe could be made of: sound, a text, a word list, transcripts. The first guesses of
// `asr new --ask`; nothing is opened but by detectLayout.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { detectLayout } from '../audio/detect.js';

export interface AtHand {
  readonly audio: string | undefined;
  readonly text: string | undefined;
  readonly lexicon: string | undefined;
  readonly references: string | undefined;
}

const notSound = new Set(['node_modules', 'runs']);
const listName = /lexicon|dict|pronunciation|\.(lift|sfm|db|dic)$/i;
const transcriptName = /transcri|reference|^ref\b/i;
const textName = /\.txt$/i;
const aboutName = /readme|licen[cs]e|changelog|notice/i;

/** @param audio where the sound is, once that is known: its folder is looked into, too */
export function atHand(folder: string, audio?: string): AtHand {
  const entries = readdirSync(folder, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !notSound.has(entry.name))
    .map(({ name }) => name)
    .sort();
  const withSound = (name: string): boolean => detectLayout(join(folder, name)) !== undefined;
  const files = [folder, ...(audio === undefined ? [] : [audio])].flatMap((place) =>
    readdirSync(place, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => ({ name, path: place === folder ? name : join(place, name) })),
  );
  const largest = (fits: (name: string) => boolean): string | undefined =>
    files
      .filter(({ name }) => fits(name))
      .map(({ path }) => ({ path, size: statSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0 }))
      .filter(({ size }) => size > 0)
      .sort((a, b) => b.size - a.size)[0]?.path;
  const isText = (name: string): boolean =>
    textName.test(name) && !listName.test(name) && !transcriptName.test(name) && !aboutName.test(name);
  return {
    audio: folders.find(withSound) ?? (withSound('.') ? '.' : undefined),
    text: largest(isText),
    lexicon: largest((name) => listName.test(name)),
    references: largest((name) => transcriptName.test(name)),
  };
}
