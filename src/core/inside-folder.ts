// Paths that come out of a file somebody else made (weights of an ONNX file, parts of a bundle, lines of an index): a
// name in, a path inside its folder out, or an error that says which name of which file leads where.
import { lstat, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep, win32 } from 'node:path';
import { AsrError, type ErrorCode } from './errors.js';

export interface InsideOptions {
  /** The file that holds the name, for the message. */
  readonly source: string;
  readonly code?: ErrorCode;
  /** What the user can do; there is one. */
  readonly hint?: string;
}

/**
 * Follows a name that a file holds. Symbolic links are followed as well: what they lead to must lie inside,
 * too. The one layout that is built of links outwards, the cache of Hugging Face (`snapshots/REVISION/`
 * beside `blobs/`), is taken as one folder.
 * @param folder where the name starts and must stay; `name` may be of something that is not there yet
 * @returns an absolute path
 * @throws AsrError ('model' unless another code is given) when the name is empty, absolute, or leaves the folder
 */
export async function insideFolder(folder: string, name: string, options: InsideOptions): Promise<string> {
  const path = insideByName(folder, name, options);
  const home = await realOf(resolve(folder));
  const real = await realOf(path).catch((error: unknown) => {
    throw refusal(name, `cannot be followed (${(error as NodeJS.ErrnoException).code ?? String(error)})`, options);
  });
  if (![home, ...blobsOf(home)].some((place) => isWithin(place, real)))
    throw refusal(name, `leads out of ${folder} by a link, to ${real}`, options);
  return path;
}

/** As insideFolder, by the name alone: for what is about to be written into a folder that is ours. */
export function insideByName(folder: string, name: string, options: InsideOptions): string {
  if (name === '' || name.includes('\0')) throw refusal(name, 'is no name of a file', options);
  // A name with a drive letter or backslashes is relative here and absolute elsewhere; folders travel.
  if (isAbsolute(name) || win32.isAbsolute(name) || /^[a-z]:/i.test(name))
    throw refusal(name, 'is an absolute path', options);
  const path = resolve(folder, name);
  if (name.split(/[\\/]/).includes('..') || !isWithin(resolve(folder), path))
    throw refusal(name, `leads out of ${folder}`, options);
  return path;
}

function refusal(name: string, what: string, { source, code = 'model', hint }: InsideOptions): AsrError {
  return new AsrError(
    code,
    `${source}: names the file ${JSON.stringify(name.slice(0, 200))}, which ${what}`,
    hint ?? 'A file that belongs to others lies beside them. Get it again from somebody you trust.',
  );
}

/** As many as Linux follows. */
const mostLinks = 40;

/** True for what lies below, not for the folder itself. */
function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The real path of what is there of a path; a link that leads to nothing yet counts as what it leads to. */
async function realOf(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(path) === path || links > mostLinks) throw error;
    const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
    return isLink
      ? realOf(resolve(dirname(path), await readlink(path)), links + 1)
      : join(await realOf(dirname(path), links), basename(path));
  }
}

/** models--OWNER--NAME/snapshots/REVISION[/onnx] keeps its files in models--OWNER--NAME/blobs. */
function blobsOf(home: string): string[] {
  const parts = home.split(sep);
  const at = parts.lastIndexOf('snapshots');
  return at > 0 && parts.length > at + 1 && /^(models|datasets)--/.test(parts[at - 1] as string)
    ? [[...parts.slice(0, at), 'blobs'].join(sep)]
    : [];
}
