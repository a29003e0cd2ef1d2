// A folder in, its sound files out (below it at any depth, in an order that does not depend on the file system). A
// folder that cannot be read comes with the reason.
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError, isFatal, toAsrError } from '../core/errors.js';
import { nameOf, openable } from '../core/file-names.js';
import { isRunFolder } from '../core/run-folder.js';
import { isSoundFile } from './ids.js';

export interface SoundFile {
  /** Below the folder that was searched, in its parts; the last is the file name. */
  readonly parts: readonly string[];
  readonly path: string;
  /** Of a folder: why it cannot be read. */
  readonly problem?: string;
}

/**
 * All sound files below `folder`, sorted by folder and name; links are followed, hidden files and runs of the program
 * passed over. A folder that is reached twice is searched once.
 * @throws AsrError 'input' when the folder is missing
 */
export function soundFiles(folder: string): AsyncGenerator<SoundFile> {
  return filesBelow(folder, isSoundFile);
}

/** The same for files of other names. @throws AsrError 'input' when the folder is missing */
export async function* filesBelow(folder: string, wanted: (name: string) => boolean): AsyncGenerator<SoundFile> {
  const real = await realFolder(folder).catch((error: unknown) => {
    throw new AsrError(
      'input',
      `${folder}: no such folder of sound files`,
      'Check the path; of a recipe it is made of --data and audio.dir.',
      error,
    );
  });
  yield* walk(folder, [], new Set([real]), wanted);
}

/** `seen` holds the real folders so far: links between folders would lead round for ever, or along every way. */
async function* walk(
  root: string,
  parts: readonly string[],
  seen: Set<string>,
  wanted: (name: string) => boolean,
): AsyncGenerator<SoundFile> {
  const folder = join(root, ...parts);
  const entries = await entriesOf(folder);
  if (entries instanceof AsrError) {
    if (parts.length === 0) throw entries;
    yield { parts, path: folder, problem: entries.message };
    return;
  }
  for (const { name, entry } of entries) {
    const below = [...parts, name];
    const path = join(root, ...below);
    if (await isFolder(path, entry)) {
      if (name.startsWith('.') || isRunFolder(path)) continue;
      const real = await realFolder(path).catch(() => undefined);
      if (real === undefined || seen.has(real)) continue;
      seen.add(real);
      yield* walk(root, below, seen, wanted);
    } else if (wanted(name)) yield { parts: below, path };
  }
}

const realFolder = async (path: string): Promise<string> =>
  nameOf(await realpath(openable(path), { encoding: 'buffer' }));

/** Sorted by name; the bytes of names are kept where they are not UTF-8. */
async function entriesOf(folder: string): Promise<{ name: string; entry: Dirent }[] | AsrError> {
  try {
    const entries = await readdir(openable(folder), { withFileTypes: true, encoding: 'buffer' });
    return entries
      .map((entry) => ({ name: nameOf(entry.name as unknown as Buffer), entry: entry as unknown as Dirent }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    // One folder that cannot be read costs itself; a machine that is out of file handles costs the run.
    const error = toAsrError(thrown);
    if (isFatal(error)) throw error;
    return error;
  }
}

/** Links lead on; drives that do not say what an entry is are asked. What cannot be opened is found when it is. */
async function isFolder(path: string, entry: Dirent): Promise<boolean> {
  if (entry.isFile() || entry.isDirectory()) return entry.isDirectory();
  return (await stat(openable(path)).catch(() => undefined))?.isDirectory() === true;
}

/** What an entry is that is no file. */
export function notAFile(path: string, kind: Pick<Dirent, 'isDirectory' | 'isFIFO' | 'isSocket'>): string {
  const what = kind.isDirectory()
    ? 'a folder'
    : kind.isFIFO()
      ? 'a named pipe'
      : kind.isSocket()
        ? 'a socket'
        : 'a device';
  return `${JSON.stringify(path)}: this is ${what}, not a file`;
}
