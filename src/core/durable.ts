// What has to survive a power cut: bytes are flushed before the name that makes them count, and the name after that.
// A rename alone is not enough: file systems may write the new name before the contents it points to.
import { open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files flushed at once: their journal entries share one commit. */
const flushesAtOnce = 16;

/** Written whole and flushed under another name first: a reader never sees half of it, not even after a power cut. */
export async function writeFileDurably(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Flushes every file below a folder, then the folders themselves. */
export async function flushFolder(folder: string): Promise<void> {
  let waiting: string[] = [];
  const folders = [folder];
  const flush = async (): Promise<void> => {
    const now = waiting;
    waiting = [];
    await Promise.all(now.map(flushPath));
  };
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) folders.push(path);
    else if (entry.isFile()) waiting.push(path);
    if (waiting.length >= flushesAtOnce) await flush();
  }
  await flush();
  for (const path of folders.reverse()) await flushPath(path);
}

/** Gives a flushed folder its final name, and flushes the name. `to` must not exist. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await flushPath(dirname(to));
}

async function flushPath(path: string): Promise<void> {
  let file;
  try {
    file = await open(path, 'r');
    await file.sync();
  } catch (error) {
    // Windows and some network drives cannot open or flush a folder; their renames are as durable as they get.
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    await file?.close();
  }
}
