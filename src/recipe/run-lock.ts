// One run folder, one runner. The lock names host, process and start time, so that a run that was killed or lost its
// power frees it by being gone, and a run that lives is named in full.
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { identifyProcess, processState, thisMachine, type ProcessIdentity } from '../core/process-identity.js';
import { createOnce, newestLock, type Found, type LockRecord } from './lock-file.js';

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

/**
 * @param advice what else a person could do than to stop the holder
 * @throws AsrError 'usage' when another run holds the folder, 'io' where this user may not write in it
 */
export async function acquireRunLock(run: string, advice = 'choose another folder with --run'): Promise<RunLock> {
  try {
    return await takeLock(run, advice);
  } catch (error) {
    throw await withOwner(run, error, advice);
  }
}

const forbidden = new Set(['EACCES', 'EPERM']);

async function withOwner(run: string, error: unknown, advice: string): Promise<unknown> {
  if (!forbidden.has((error as NodeJS.ErrnoException).code ?? '')) return error;
  const owner = await stat(resolve(run)).catch(() => undefined);
  const whose = owner && owner.uid !== process.getuid?.() ? `belongs to another user (number ${owner.uid}), and ` : '';
  return new AsrError(
    'io',
    `${resolve(run)}: this run ${whose}cannot be written by you`,
    `To read it (asr report, --model), its files are enough. To go on from it, ${advice}; --share ${run} takes over ` +
      'what is finished.',
    error,
  );
}

async function takeLock(run: string, advice: string): Promise<RunLock> {
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
