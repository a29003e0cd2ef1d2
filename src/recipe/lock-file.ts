// The files of a run's lock: lock/<n>.json, of which the highest number counts. A taker creates n + 1, which the file
// system grants to one of many. A lock that is released stays as <n>.free (a rename needs no space on a full disk): no
// slow taker creates a number anew.
import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { machineSchema, processSchema } from '../core/process-identity.js';

const lockSchema = z.object({
  ...machineSchema.shape,
  ...processSchema.shape,
  started: z.string(),
  command: z.string(),
  /** Processes that work for this run, which do not always die with it. */
  children: z.array(processSchema),
});
/** Who took it. */
export type LockRecord = z.infer<typeof lockSchema>;

export interface Found {
  readonly generation: number;
  readonly path: string;
  readonly free: boolean;
  readonly record: LockRecord | undefined;
  readonly changed: Date;
}

/** The lock that counts; undefined where nobody ever took one. */
export async function newestLock(folder: string): Promise<Found | undefined> {
  for (;;) {
    const names = await readdir(folder).catch(() => []);
    const locks = names
      .filter((name) => /^\d+\.(json|free)$/.test(name))
      .sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10));
    const [name] = locks;
    if (name === undefined) return undefined;
    const path = join(folder, name);
    try {
      const changed = (await stat(path)).mtime;
      const free = name.endsWith('.free');
      return {
        generation: Number.parseInt(name, 10),
        path,
        free,
        changed,
        record: free ? undefined : parse(await readFile(path, 'utf8')),
      };
    } catch (error) {
      // gone since: released, or a newer one is there
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

function parse(text: string): LockRecord | undefined {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Creates a file whole, or says that it was there. */
export async function createOnce(path: string, record: LockRecord): Promise<boolean> {
  const text = `${JSON.stringify(record)}\n`;
  const own = `${path}.${randomUUID()}`;
  const exists = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';
  await writeFileDurably(own, text);
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (exists(error)) return false;
  } finally {
    await rm(own, { force: true });
  }
  // A file system without hard links: exclusive creation, whose contents follow a moment later.
  try {
    const file = await open(path, 'wx');
    await file.writeFile(text);
    await file.sync();
    await file.close();
    return true;
  } catch (error) {
    if (exists(error)) return false;
    throw error;
  }
}
