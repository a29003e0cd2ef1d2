// Transcribed recordings of another language that a person has, for `asr new`: may they be a source, and how does the
// recipe name them?
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { detectLayout } from '../audio/detect.js';
import { transcribedLayouts } from '../audio/config.js';
import { isSpoken } from './is-spoken.js';

export interface LabelledWish {
  /** Folder of recordings in a layout that holds transcripts. */
  readonly folder: string;
  /** eSpeak NG voice of what is said there. */
  readonly language: string;
}

/** What is wrong with it; undefined when it can be used. */
export async function labelledProblem(
  { folder, language }: LabelledWish,
  byBootstrap: boolean,
): Promise<string | undefined> {
  if (!byBootstrap) return '--labelled: only learn.method=bootstrap learns from recordings of others';
  if (!existsSync(folder)) return `--labelled ${folder}: no such folder`;
  const found = detectLayout(folder);
  if (!found) return `--labelled ${folder}: no sound file in it`;
  if (!(transcribedLayouts as readonly string[]).includes(found.layout))
    return (
      `--labelled ${folder}: its layout (${found.layout}) has no place for transcripts; write the source into the ` +
      'recipe with `transcripts: FILE` (docs/bootstrap.md)'
    );
  return (await isSpoken(language)) ? undefined : `--labelled-language ${language}: eSpeak NG has no such voice`;
}

/** The settings of `learn` for the bootstrap. @param scalar a text as YAML */
export const bootstrapSettings = (wish: LabelledWish | undefined, scalar: (text: string) => string): string =>
  wish === undefined
    ? 'method: bootstrap'
    : 'method: bootstrap, bootstrap: { sources: [{ kind: espeak }, { kind: folder, dir: ' +
      `${scalar(resolve(wish.folder))}, language: ${scalar(wish.language)} }] }`;
