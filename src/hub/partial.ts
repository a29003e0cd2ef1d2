// What has come of a file so far: each fetch appends to a file that is its alone, so that two at once cannot mix. One
// whose process is gone, and one that an orderly end gave back, is taken over by the next: a rename, which one wins.
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { identifyProcess, machineSchema, processSchema, processState, thisMachine } from '../core/process-identity.js';

const ownerSchema = z.object({ ...machineSchema.shape, ...processSchema.shape });

export interface Partial {
  readonly path: string;
  /** It is whole and right: it gets its name. */
  finish(): Promise<void>;
  /** It is wrong. */
  discard(): Promise<void>;
  /** It is unfinished: whoever comes next goes on. */
  giveBack(): Promise<void>;
}

/** @param blob the path that it gets when it is whole; the folder exists */
export async function openPartial(blob: string): Promise<Partial> {
  const own = `${blob}.${randomUUID().slice(0, 8)}`;
  const [path, owner, free] = [`${own}.incomplete`, `${own}.owner`, `${blob}.incomplete`];
  await writeFileDurably(owner, JSON.stringify({ ...thisMachine(), ...(identifyProcess(process.pid) ?? nobody) }));
  const forget = (): Promise<void> => rm(owner, { force: true });
  for (const left of [free, ...(await abandoned(blob))]) {
    const taken = await rename(left, path).then(
      () => true,
      () => false, // it was never there, or another fetch was quicker
    );
    if (left !== free) await rm(ownerOf(left), { force: true });
    if (taken) break;
  }
  return {
    path,
    finish: async () => {
      await rename(path, blob);
      await forget();
    },
    discard: async () => {
      await rm(path, { force: true });
      await forget();
    },
    giveBack: async () => {
      const [mine, other] = await Promise.all([sizeOf(path), sizeOf(free)]);
      if (mine <= other) await rm(path, { force: true });
      else await rename(path, free);
      await forget();
    },
  };
}

const nobody = { pid: process.pid, start: '' };
const ownerOf = (partial: string): string => partial.replace(/incomplete$/, 'owner');

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** Those of fetches that were killed, the longest first. */
async function abandoned(blob: string): Promise<string[]> {
  const folder = dirname(blob);
  const found: { path: string; size: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(blob)}.`) || !name.endsWith('.incomplete')) continue;
    const path = join(folder, name);
    if (path === `${blob}.incomplete`) continue;
    const owner = ownerSchema.safeParse(
      await readFile(ownerOf(path), 'utf8')
        .then(JSON.parse)
        .catch(() => undefined),
    );
    if (owner.success && processState(owner.data, owner.data) === 'ended')
      found.push({ path, size: await sizeOf(path) });
  }
  return found.sort((a, b) => b.size - a.size).map(({ path }) => path);
}
