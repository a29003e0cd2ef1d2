// What a person names on the command line in, files out: files, folders, patterns, and `-` for standard input.
// The shell expands patterns as a rule; not on Windows, and not where they are quoted.
import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { soundFiles } from '../audio/sound-files.js';
import { AsrError } from '../core/errors.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../core/temporary-folder.js';
import { isRaw, nameOf, openable } from '../core/file-names.js';

/**
 * Files in the order they were named, each once. A file that is not there stays in the list, to be reported like
 * any other bad one.
 * @param onEmpty told of each pattern or folder without files, where others have some
 * @throws AsrError 'input' when there is no file at all
 */
export async function expandInputs(
  named: readonly string[],
  onEmpty?: (name: string, error: AsrError) => void,
): Promise<string[]> {
  const files = new Set<string>();
  const empty: [string, AsrError][] = [];
  for (const name of named) {
    const found = await expand(name);
    if (found instanceof AsrError) empty.push([name, found]);
    else for (const file of found) files.add(file);
  }
  const [first] = empty;
  if (first && (files.size === 0 || !onEmpty)) throw first[1];
  for (const [name, error] of empty) onEmpty?.(name, error);
  return [...files];
}

/** An error, not thrown, where a folder or pattern holds nothing. */
async function expand(name: string): Promise<string[] | AsrError> {
  if (name === '-') return [name];
  const info = await stat(openable(name)).catch(() => undefined); // a name may hold a star
  if (info?.isDirectory()) {
    const found: string[] = [];
    for await (const { path } of soundFiles(name)) found.push(path);
    if (found.length === 0)
      return new AsrError(
        'input',
        `${JSON.stringify(name)}: no sound files in this folder`,
        'Name the files themselves if their endings are unusual.',
      );
    return found;
  }
  if (info) return [name];
  const raw = name.includes('\uFFFD') ? await withRawNames(name) : [];
  if (raw.length > 0 || !/[*?[]/.test(name)) return raw.length > 0 ? raw : [name];
  const found = await matches(name);
  if (found.length === 0)
    return new AsrError(
      'input',
      `${JSON.stringify(name)}: no file fits this pattern`,
      'Check the folder; * does not cross folders, ** does.',
    );
  return found;
}

/** Node hands on an argument that is not UTF-8 with U+FFFD in it: the files whose names read the same. */
async function withRawNames(name: string): Promise<string[]> {
  const folder = dirname(name);
  const names = await readdir(openable(folder), { encoding: 'buffer' }).catch(() => []);
  return names
    .map(nameOf)
    .filter((found) => isRaw(found) && Buffer.from(openable(found) as Uint8Array).toString() === basename(name))
    .sort()
    .map((found) => join(folder, found));
}

async function matches(pattern: string): Promise<string[]> {
  const root = isAbsolute(pattern) ? parse(pattern).root : '';
  const parts = pattern
    .slice(root.length)
    .split(sep === '\\' ? /[\\/]/ : '/')
    .filter((part) => part !== '');
  return walk(root, parts);
}

async function walk(folder: string, parts: readonly string[]): Promise<string[]> {
  const [part, ...rest] = parts;
  if (part === undefined) return [];
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part);
    if (!(await stat(path).catch(() => undefined))) return [];
    return rest.length === 0 ? [path] : walk(path, rest);
  }
  const fits = part === '**' ? undefined : partPattern(part);
  const entries = await readdir(folder === '' ? '.' : folder, { withFileTypes: true }).catch(() => []);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = part === '**' ? await walk(folder, rest) : [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const hidden = entry.name.startsWith('.') && !part.startsWith('.');
    const isFolder =
      entry.isDirectory() ||
      (entry.isSymbolicLink() && part !== '**' && (await stat(path).catch(() => undefined))?.isDirectory() === true);
    if (hidden) continue;
    if (part === '**') found.push(...(isFolder ? await walk(path, parts) : []));
    else if (fits?.test(entry.name)) {
      if (rest.length > 0) found.push(...(isFolder ? await walk(path, rest) : []));
      else if (!isFolder) found.push(path);
    }
  }
  return found;
}

/** `*`, `?` and `[a-z]` of one path part. */
function partPattern(part: string): RegExp {
  const lastSet = part.lastIndexOf(']');
  let source = '';
  for (let at = 0; at < part.length; at++) {
    const char = part.charAt(at);
    const not = char === '[' && part.charAt(at + 1) === '!' && part.charAt(at + 2) !== ']';
    const from = at + (not ? 2 : 1);
    const end = char === '[' && from < lastSet ? part.indexOf(']', from) : -1;
    if (end > from) {
      source += `[${not ? '^' : ''}${part.slice(from, end).replace(/[\\^\]]/g, '\\$&')}]`;
      at = end;
    } else source += char === '*' ? '.*' : char === '?' ? '.' : char.replace(/[.+^${}()|[\]\\/]/g, '\\$&');
  }
  return new RegExp(`^${source}$`, 'su');
}

export interface Spooled {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/**
 * Standard input as a temporary file: m4a and mov keep their table of contents at the end, so they cannot be read
 * from a pipe.
 * @throws AsrError 'input' when nothing comes
 */
export async function spool(stream: NodeJS.ReadableStream, signal?: AbortSignal): Promise<Spooled> {
  const folder = await makeTemporaryFolder('asr-stdin');
  const remove = (): Promise<void> => removeTemporaryFolder(folder);
  const path = join(folder, 'sound');
  try {
    await pipeline(stream, createWriteStream(path), signal ? { signal } : {});
    if ((await stat(path)).size === 0)
      throw new AsrError(
        'input',
        'standard input is empty',
        'Pipe a sound file into it: `cat talk.mp3 | asr transcribe - …`.',
      );
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}
