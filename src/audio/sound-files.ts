// A folder in, its sound files out (below it at any depth, in an order that does not depend on the file system). A
// folder that cannot be read comes with the reason.
import { readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { AsrError, isFatal, toAsrError } from '../core/errors.js';
import { nameOf, openable } from '../core/file-names.js';
import { isRunOf } from '../core/run-folder.js';
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

/**
 * The same for files of other names. Folders are listed one after the other and at once: waiting for each in turn gains
 * nothing, and costs as much as a million files.
 * @throws AsrError 'input' when the folder is missing
 */
export async function* filesBelow(folder: string, wanted: (name: string) => boolean): AsyncGenerator<SoundFile> {
  let real: string;
  try {
    real = realFolder(folder);
  } catch (error) {
    throw new AsrError(
      'input',
      `${folder}: no such folder of sound files`,
      'Check the path; of a recipe it is made of --data and audio.dir.',
      error,
    );
  }
  // No `yield*`, which would make a promise of every file once more.
  for (const file of walk({ path: folder, real, parts: [] }, new Set([real]), wanted)) yield file;
}

interface Place {
  readonly path: string;
  /** Its path without links. */
  readonly real: string;
  readonly parts: readonly string[];
}

/** `seen` holds the real folders so far: links between folders would lead round for ever, or along every way. */
function* walk(place: Place, seen: Set<string>, wanted: (name: string) => boolean): Generator<SoundFile> {
  const entries = entriesOf(place.path);
  if (entries instanceof AsrError) {
    if (place.parts.length === 0) throw entries;
    yield { parts: place.parts, path: place.path, problem: entries.message };
    return;
  }
  if (place.parts.length > 0 && isRunOf(entries)) return;
  const prefix = join(place.path, '_').slice(0, -1);
  for (const { name, entry } of entries) {
    const path = prefix + name;
    const parts = [...place.parts, name];
    if (isFolder(path, entry)) {
      if (name.startsWith('.')) continue;
      // What is a folder itself lies where it seems to: only links have to be followed.
      const real = entry.isDirectory() ? join(place.real, name) : realOrNothing(path);
      if (real === undefined || seen.has(real)) continue;
      seen.add(real);
      yield* walk({ path, real, parts }, seen, wanted);
    } else if (wanted(name)) yield { parts, path };
  }
}

const realFolder = (path: string): string => nameOf(realpathSync.native(openable(path), { encoding: 'buffer' }));

function realOrNothing(path: string): string | undefined {
  try {
    return realFolder(path);
  } catch {
    return undefined;
  }
}

/** Sorted by name; the bytes of names are kept where they are not UTF-8. */
function entriesOf(folder: string): { name: string; entry: Dirent }[] | AsrError {
  try {
    return namedEntries(folder).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    // One folder that cannot be read costs itself; a machine that is out of file handles costs the run.
    const error = toAsrError(thrown);
    if (isFatal(error)) throw error;
    return error;
  }
}

/** As strings first, in half the time, and as bytes where some were no UTF-8 and came as U+FFFD. */
function namedEntries(folder: string): { name: string; entry: Dirent }[] {
  const entries = readdirSync(openable(folder), { withFileTypes: true });
  if (!entries.some(({ name }) => name.includes('\uFFFD')))
    return entries.map((entry) => ({ name: entry.name, entry }));
  return readdirSync(openable(folder), { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
    name: nameOf(entry.name as unknown as Buffer),
    entry: entry as unknown as Dirent,
  }));
}

/** Links lead on; drives that do not say what an entry is are asked. What cannot be opened is found when it is. */
function isFolder(path: string, entry: Dirent): boolean {
  if (entry.isFile() || entry.isDirectory()) return entry.isDirectory();
  try {
    return statSync(openable(path)).isDirectory();
  } catch {
    return false;
  }
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
