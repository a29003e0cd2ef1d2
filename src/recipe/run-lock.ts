// One run folder, one runner. The lock names host, process and start time, so that a run that was killed or lost its
// power frees it by being gone, and a run that lives is named in full.
// lock/<n>.json: the highest number counts. A taker creates n + 1, which the file system grants to one of many. A lock
// that is released stays as <n>.free (a rename needs no space on a full disk): no slow taker creates a number anew.
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import {
  identifyProcess,
  machineSchema,
  processSchema,
  processState,
  thisMachine,
  type ProcessIdentity,
} from '../core/process-identity.js';

const lockSchema = z.object({
  ...machineSchema.shape,
  ...processSchema.shape,
  started: z.string(),
  command: z.string(),
  /** Processes that work for this run, which do not always die with it. */
  children: z.array(processSchema),
});
type LockRecord = z.infer<typeof lockSchema>;

export interface RunLock {
  /** Names a process that works for the run; awaited before it is given work, so that a later run can end it. */
  addChild(pid: number): Promise<void>;
  removeChild(pid: number): Promise<void>;
  release(): Promise<void>;
}

/** Who runs in this folder, for people; undefined when nobody does. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly started: string;
  readonly state: 'runs' | 'elsewhere';
  /** When its machine last said that it lives, ISO 8601. */
  readonly seen: string;
}

const signOfLifeMs = 30_000;
/** A lock that cannot be read is being written, unless it stays so for this long. */
const unreadableMs = 5_000;
const attempts = 100;

const lockFolder = (run: string): string => join(resolve(run), 'lock');

interface Found {
  readonly generation: number;
  readonly path: string;
  readonly free: boolean;
  readonly record: LockRecord | undefined;
  readonly changed: Date;
}

/**
 * @param advice what else a person could do than to stop the holder
 * @throws AsrError 'usage' when another run holds the folder
 */
export async function acquireRunLock(run: string, advice = 'choose another folder with --run'): Promise<RunLock> {
  const folder = lockFolder(run);
  await mkdir(folder, { recursive: true });
  for (let attempt = 0; attempt < attempts; attempt++) {
    const newest = await newestLock(folder);
    if (newest && !newest.free && !newest.record && Date.now() - newest.changed.getTime() < unreadableMs) {
      await wait(50);
      continue;
    }
    const holder = newest && holderOf(newest);
    if (holder) throw refusal(run, holder, advice);
    const generation = (newest?.generation ?? 0) + 1;
    const path = join(folder, `${generation}.json`);
    const record: LockRecord = {
      ...thisMachine(),
      ...thisProcess(),
      started: new Date().toISOString(),
      command: process.argv.slice(2).join(' '),
      children: [],
    };
    if (!(await createOnce(path, record))) continue;
    if ((await newestLock(folder))?.generation !== generation) {
      await rm(path, { force: true });
      continue;
    }
    if (newest?.record) await endChildren(newest.record);
    for (const name of await readdir(folder))
      if (Number.parseInt(name, 10) < generation) await rm(join(folder, name), { force: true });
    return heldLock(path, record);
  }
  throw new AsrError(
    'io',
    `${folder}: the lock could not be taken in ${attempts} attempts`,
    'Many runs want this folder at once; start one.',
  );
}

/** Who runs in a folder now. */
export async function runHolder(run: string): Promise<Holder | undefined> {
  const newest = await newestLock(lockFolder(run));
  return newest && holderOf(newest);
}

function holderOf({ record, changed }: Found): Holder | undefined {
  if (!record) return undefined;
  const state = processState(record, record);
  return state === 'ended'
    ? undefined
    : { host: record.host, pid: record.pid, started: record.started, state, seen: changed.toISOString() };
}

function refusal(run: string, { host, pid, started, state, seen }: Holder, advice: string): AsrError {
  const since = started.slice(0, 19).replace('T', ' ');
  if (state === 'runs') {
    return new AsrError(
      'usage',
      `${resolve(run)}: process ${pid} runs here since ${since} UTC`,
      `Wait for it, stop it with \`kill ${pid}\`, or ${advice}.`,
    );
  }
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(seen)) / 60_000));
  return new AsrError(
    'usage',
    `${resolve(run)}: process ${pid} of machine or container "${host}" runs here since ${since} UTC; its last sign ` +
      `of life is ${minutes} min old`,
    `If it is gone (it gives a sign twice a minute), free the folder with \`rm -r ${lockFolder(run)}\`; otherwise ` +
      `${advice}.`,
  );
}

function thisProcess(): ProcessIdentity {
  return identifyProcess(process.pid) ?? { pid: process.pid, start: '' };
}

async function newestLock(folder: string): Promise<Found | undefined> {
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
async function createOnce(path: string, record: LockRecord): Promise<boolean> {
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

/** Workers that outlived a killed run must not write into the folders of the next. */
async function endChildren(record: LockRecord): Promise<void> {
  for (const child of record.children) {
    for (let tries = 0; processState(record, child) === 'runs' && tries < 200; tries++) {
      try {
        process.kill(child.pid, 'SIGKILL');
      } catch {
        break;
      }
      await wait(50);
    }
  }
}

function heldLock(path: string, record: LockRecord): RunLock {
  let children: ProcessIdentity[] = [];
  let writing = Promise.resolve();
  const write = (): Promise<void> => {
    writing = writing.then(() => writeFileDurably(path, `${JSON.stringify({ ...record, children })}\n`));
    return writing;
  };
  const alive = setInterval(() => {
    utimes(path, new Date(), new Date()).catch(() => undefined);
  }, signOfLifeMs);
  alive.unref();
  return {
    addChild: async (pid) => {
      const child = identifyProcess(pid);
      if (!child) return;
      children = [...children, child];
      await write();
    },
    removeChild: async (pid) => {
      children = children.filter((child) => child.pid !== pid);
      await write();
    },
    release: async () => {
      clearInterval(alive);
      await writing.catch(() => undefined);
      // Whoever removed the folder has freed it already.
      await rename(path, path.replace(/json$/, 'free')).catch(() => undefined);
    },
  };
}
