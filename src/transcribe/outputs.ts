// Where transcripts go: one file per recording and format in a folder, each complete or not there at all; or one
// stream, in the order in which recordings are finished.
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { stem } from '../audio/ids.js';
import { AsrError, toAsrError } from '../core/errors.js';
import { withoutRaw } from '../core/file-names.js';
import { hashText } from '../core/fingerprint.js';
import { makeFolder } from '../core/folders.js';
import { legibleLine } from '../core/shown.js';
import { formatOf, written } from './formats/table.js';
import type { Transcript } from './transcript.js';

export interface Output {
  /** @param unfinished of a recording that was stopped: goes into files of another name, until the whole is written */
  write(transcript: Transcript, unfinished?: boolean): Promise<void>;
  /** True when everything that would be written for this recording is there already. */
  has(file: string): Promise<boolean>;
}

/** In names of files that hold the beginning of a recording. */
const unfinishedPart = '.unfinished';

/** @throws AsrError 'io' when the folder cannot be made or written: before hours are spent */
export async function folderOutput(
  folder: string,
  names: readonly string[],
  files: readonly string[],
): Promise<Output> {
  await tryFolder(folder);
  return placedOutput(names, files, () => folder);
}

/** Each output beside its recording. @throws AsrError 'io' when one of their folders cannot be written */
export async function besideOutput(names: readonly string[], files: readonly string[]): Promise<Output> {
  for (const folder of new Set(files.map((file) => dirname(file)))) await tryFolder(folder);
  return placedOutput(names, files, dirname);
}

/**
 * Outputs in a tree of folders like that of the recordings.
 * @param named what the user named: a recording lies below the longest that is a part of its path
 */
export async function treeOutput(
  folder: string,
  names: readonly string[],
  files: readonly string[],
  named: readonly string[],
): Promise<Output> {
  await tryFolder(folder);
  const roots = named.map((name) => resolve(name)).sort((a, b) => b.length - a.length);
  return placedOutput(names, files, (file) => {
    const own = dirname(resolve(file));
    const root = roots.find((path) => own === path || own.startsWith(path + sep));
    return root === undefined ? folder : join(folder, relative(root, own));
  });
}

async function tryFolder(folder: string): Promise<void> {
  const probe = join(folder, `.asr-${process.pid}`);
  try {
    await makeFolder(folder);
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw unwritable(error, folder);
  }
}

/** @param folderOf the folder of a recording's outputs; names differ within one */
function placedOutput(names: readonly string[], files: readonly string[], folderOf: (file: string) => string): Output {
  const together = new Map<string, string[]>();
  for (const file of files) {
    const folder = folderOf(file);
    const own = together.get(folder);
    if (own) own.push(file);
    else together.set(folder, [file]);
  }
  const stems = new Map([...together.values()].flatMap((own) => [...outputStems(own)]));
  const pathOf = (file: string, name: string, part = ''): string =>
    join(folderOf(file), `${stems.get(file) ?? 'stdin'}${part}.${formatOf(name).ending}`);
  return {
    write: async (transcript, unfinished = false) => {
      for (const name of names) {
        const path = pathOf(transcript.file, name, unfinished ? unfinishedPart : '');
        const partial = `${path}.partial`;
        try {
          await makeFolder(dirname(path));
          await writeFile(partial, written(transcript, name));
          await rename(partial, path);
          if (!unfinished) await rm(pathOf(transcript.file, name, unfinishedPart), { force: true });
        } catch (error) {
          await rm(partial, { force: true }).catch(() => undefined);
          throw unwritable(error, path);
        }
      }
    },
    has: async (file) => {
      for (const name of names) if (!(await stat(pathOf(file, name)).catch(() => undefined))?.isFile()) return false;
      return true;
    },
  };
}

/** What cannot be written ends the command, unlike a sound file that cannot be read. */
export class OutputError extends AsrError {}

function unwritable(error: unknown, path: string): OutputError {
  const { message, hint } = toAsrError(error);
  return new OutputError(
    'io',
    `cannot write ${JSON.stringify(path)}: ${message.replace(/^.*: /s, '')}`,
    hint ?? 'Choose another folder with --output-dir.',
    error,
  );
}

/**
 * A name for each file's outputs: the file's own without ending; with it where two would be the same; with the
 * folders above it where that is not enough.
 */
export function outputStems(files: readonly string[]): Map<string, string> {
  const folders = files.map((file) => dirname(resolve(file)).split(/[\\/]/));
  const candidates = [
    (file: string) => stem(basename(file)),
    (file: string) => basename(file),
    ...Array.from(
      { length: Math.max(0, ...folders.map((parts) => parts.length)) },
      (_, depth) => (file: string) =>
        [
          ...dirname(resolve(file))
            .split(/[\\/]/)
            .slice(-depth - 1),
          basename(file),
        ].join('_'),
    ),
  ];
  const stems = new Map<string, string>();
  let open = files.filter((file) => file !== '-');
  for (const candidate of candidates) {
    const counts = new Map<string, number>();
    for (const file of open) counts.set(candidate(file), (counts.get(candidate(file)) ?? 0) + 1);
    const taken = new Set(stems.values());
    const settled = open.filter((file) => counts.get(candidate(file)) === 1 && !taken.has(candidate(file)));
    for (const file of settled) stems.set(file, candidate(file));
    open = open.filter((file) => !stems.has(file));
  }
  for (const file of files) if (file === '-') stems.set(file, 'stdin');
  for (const [file, name] of stems) stems.set(file, ofBoundedLength(withoutRaw(name), file));
  return stems;
}

/** File systems hold names of 255 bytes; what the formats add (`.unfinished.TextGrid.partial`) takes 28 of them. */
const longestStem = 220;

/** A name that is too long keeps its beginning, and a hash of the whole path tells it from others. */
function ofBoundedLength(name: string, file: string): string {
  if (Buffer.byteLength(name) <= longestStem) return name;
  let kept = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > longestStem - 9) break;
    kept += character;
  }
  return `${kept}-${hashText(resolve(file)).slice(0, 8)}`;
}

/** @param named puts the file's name before its text where several share the stream */
export function streamOutput(write: (text: string) => Promise<void>, name: string, named: boolean): Output {
  const format = formatOf(name);
  let first = true;
  return {
    write: async (transcript) => {
      const head = first ? (format.head ?? '') : '';
      first = false;
      await write(
        head + (name === 'text' && named ? `${legibleLine(transcript.file)}: ` : '') + format.write(transcript),
      );
    },
    has: async () => false,
  };
}
