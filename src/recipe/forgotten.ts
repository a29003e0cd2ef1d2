// Who is kept out of a run: `forgotten.json` in its folder, which `asr forget` writes before it deletes anything and
// every plan lays over `audio.without`, so that the same command does not decode the same person again.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { without, type Without } from '../audio/config.js';
import { writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { parseOrUndefined } from '../core/partial-folder.js';

const forgottenPath = (run: string): string => join(run, 'forgotten.json');

/** @returns undefined where nobody was forgotten. @throws AsrError 'input' when the file is damaged */
export async function readForgotten(run: string): Promise<Without | undefined> {
  const path = forgottenPath(run);
  if (!existsSync(path)) return undefined;
  const parsed = without.safeParse(parseOrUndefined(await readFile(path, 'utf8')));
  if (!parsed.success)
    throw new AsrError(
      'input',
      `${path}: expected {"speakers": [...], "recordings": [...]}`,
      'It says who is kept out of this run: mend it by hand, and do not delete it before you know whom it named.',
    );
  return parsed.data;
}

export async function writeForgotten(run: string, forgotten: Without): Promise<void> {
  await writeFileDurably(forgottenPath(run), `${JSON.stringify(forgotten, null, 2)}\n`);
}

/** Both lists together, each name once, in order of the alphabet. */
export function joinWithout(one: Without | undefined, other: Without | undefined): Without | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const joined = (key: keyof Without): string[] => [...new Set([...one[key], ...other[key]])].sort();
  return { speakers: joined('speakers'), recordings: joined('recordings') };
}
