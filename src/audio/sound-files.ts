// A folder in, its sound files out (below it at any depth, in an order that does not depend on the file system).
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { isSoundFile } from './ids.js';

export interface SoundFile {
  /** Below the folder that was searched, in its parts; the last is the file name. */
  readonly parts: readonly string[];
  readonly path: string;
}

/**
 * All sound files below `folder`, sorted by folder and name; links are followed, hidden files passed over.
 * @throws AsrError 'input' when the folder is missing
 */
export function soundFiles(folder: string): AsyncGenerator<SoundFile> {
  return filesBelow(folder, isSoundFile);
}

/** The same for files of other names. @throws AsrError 'input' when the folder is missing */
export async function* filesBelow(folder: string, wanted: (name: string) => boolean): AsyncGenerator<SoundFile> {
  const real = await realpath(folder).catch((error: unknown) => {
    throw new AsrError('input', `${folder}: no such folder of sound files`, 'Check --data and audio.dir.', error);
  });
  yield* walk(folder, [], new Set([real]), wanted);
}

/** `seen` holds the real folders on the way down: a link to one of them would never end. */
async function* walk(
  root: string,
  parts: readonly string[],
  seen: ReadonlySet<string>,
  wanted: (name: string) => boolean,
): AsyncGenerator<SoundFile> {
  const entries = await readdir(join(root, ...parts), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const below = [...parts, entry.name];
    const path = join(root, ...below);
    const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
    if (target?.isDirectory() && !entry.name.startsWith('.')) {
      const real = await realpath(path);
      if (!seen.has(real)) yield* walk(root, below, new Set([...seen, real]), wanted);
    } else if (wanted(entry.name) && !target?.isDirectory()) {
      yield { parts: below, path };
    }
  }
}
