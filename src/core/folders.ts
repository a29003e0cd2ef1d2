// Making folders, with those above them. Node's own recursive mkdir goes round for ever where a file system refuses
// new entries with "no such file" though the folder above is there (/proc), so that a slip in a name would hang.
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** @throws Error of the system, with its code and path: ENOENT, EACCES, ENOTDIR, EEXIST where a file has the name … */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !(await isFolder(dirname(resolve(path))))) {
      await makeFolder(dirname(resolve(path)));
      await mkdir(path).catch(async (again: unknown) => {
        if (!(await isFolder(path))) throw again;
      });
    } else if (!(await isFolder(path))) throw error;
  }
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;
