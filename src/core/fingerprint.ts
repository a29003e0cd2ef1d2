// Fingerprints that decide whether a stage is up to date: stable JSON for configs, content for small
// files, path + size + time of change for folders of audio (reading terabytes to compare would cost hours).
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AsrError } from './errors.js';

const contentLimit = 1 << 26;

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Same hash for the same value, whatever the order of keys. */
export function hashJson(value: unknown): string {
  return hashText(stableJson(value));
}

function stableJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'null'
  );
}

/** sha256 of a file's bytes, in full length for checksums. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A file by its content (large ones by size and time), a folder by the same of all that lies below it. */
export async function hashPath(path: string): Promise<string> {
  const info = await stat(path).catch((error: unknown) => {
    throw new AsrError(
      'input',
      `${path}: no such file or folder`,
      'Check the path in the recipe and the --data folder.',
      error,
    );
  });
  if (info.isFile()) return info.size <= contentLimit ? hashFile(path) : hashText(`${info.size} ${info.mtimeMs}`);
  const hash = createHash('sha256');
  for await (const line of listing(path, '')) hash.update(line);
  return hash.digest('hex').slice(0, 16);
}

async function* listing(root: string, below: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (let first = 0; first < entries.length; first += statsAtOnce) {
    const some = entries.slice(first, first + statsAtOnce);
    const lines = await Promise.all(
      some.map(async (entry) =>
        entry.isDirectory() ? undefined : describe(root, join(below, entry.name), entry.isSymbolicLink()),
      ),
    );
    for (const [i, entry] of some.entries()) {
      const line = lines[i];
      if (line === undefined) yield* listing(root, join(below, entry.name));
      else yield line;
    }
  }
}

/** Calls that wait for the disk or the network at a time. */
const statsAtOnce = 64;

/**
 * A cache of models keeps files under their checksums and shows them by links: `snapshots/COMMIT/NAME` to `blobs/HASH`.
 */
const blobPattern = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * Name, size and time of change; -1 for what is gone. A link to a file that is named by
 * its content says more than its time.
 */
async function describe(root: string, name: string, isLink: boolean): Promise<string> {
  const target = isLink ? await readlink(join(root, name)).catch(() => '') : '';
  if (basename(dirname(target)) === 'blobs' && blobPattern.test(basename(target)))
    return `${name}\0${basename(target)}\n`;
  const info = await stat(join(root, name)).catch(() => undefined);
  return `${name}\0${info?.size ?? -1}\0${info?.mtimeMs ?? -1}\n`;
}
