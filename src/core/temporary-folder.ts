// Folders for what lives as long as a command: in TMPDIR, and gone when the process ends, unless it is killed outright.
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AsrError } from './errors.js';

const open = new Set<string>();
let watching = false;

/**
 * @param name how the folder's own name begins: a word for what it is for
 * @throws AsrError 'io' where there is no temporary folder, or nothing can be made in it
 */
export async function makeTemporaryFolder(name: string, parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, `${name}-`)).catch((error: unknown) => {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new AsrError(
      'io',
      `${parent}: no folder for temporary files can be made there (${code})`,
      'Set TMPDIR to a folder that is there and can be written.',
      error,
    );
  });
  if (!watching)
    process.on('exit', () => {
      for (const left of open) rmSync(left, { recursive: true, force: true });
    });
  watching = true;
  open.add(folder);
  return folder;
}

export async function removeTemporaryFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  open.delete(folder);
}
