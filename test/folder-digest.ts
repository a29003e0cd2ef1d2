// What lies in a folder, as one checksum a file: for comparing results whose every byte counts.
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { hashFile } from '../src/core/fingerprint.js';

/** Checksums by path below `folder`, without what records times. */
export async function folderDigest(folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name !== 'stage.json' && !entry.name.startsWith('events.out.tfevents.'))
      digests[relative(folder, path)] = await hashFile(path);
  }
  return digests;
}
