// A program run under a time limit, with what it and its children used. Where /proc is there (Linux), CPU time and
// memory of the whole process tree are watched while it runs; elsewhere they are not known.
import { spawn } from 'node:child_process';
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';

export interface Measured {
  /** null when it was ended by a signal. */
  readonly code: number | null;
  /** It was still running when its time was over, and was stopped. */
  readonly overTime: boolean;
  readonly wallSeconds: number;
  readonly cpuSeconds: number | null;
  /** Largest sum of resident memory at one moment. */
  readonly peakMiB: number | null;
  /** Last lines of stderr. */
  readonly lastLines: readonly string[];
}

export interface MeasureOptions {
  /** Where stderr goes, as it comes. */
  readonly logFile: string;
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

const watchMs = 500;
const graceMs = 10_000;
const keptLines = 40;

/** Runs `node ...args` in a process group of its own, so that its children end with it. */
export async function runMeasured(
  args: readonly string[],
  { logFile, seconds, signal }: MeasureOptions,
): Promise<Measured> {
  signal?.throwIfAborted();
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const log = createWriteStream(logFile);
  const lastLines: string[] = [];
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log.write(chunk);
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lastLines.push(...lines);
    lastLines.splice(0, lastLines.length - keptLines);
  });
  const group = child.pid;
  const usage = { cpu: 0, peak: 0 };
  const watch = setInterval(() => {
    if (group !== undefined) watchGroup(group, usage);
  }, watchMs);
  let overTime = false;
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    endGroup(group, 'SIGTERM');
    force ??= setTimeout(() => {
      endGroup(group, 'SIGKILL');
    }, graceMs);
  };
  const limit = setTimeout(
    () => {
      overTime = true;
      stop();
    },
    Math.min(seconds * 1000, 2 ** 31 - 1),
  );
  signal?.addEventListener('abort', stop);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (rest !== '') lastLines.push(rest);
    return {
      code,
      overTime,
      wallSeconds: (performance.now() - started) / 1000,
      cpuSeconds: usage.cpu || null,
      peakMiB: usage.peak || null,
      lastLines,
    };
  } finally {
    signal?.removeEventListener('abort', stop);
    clearInterval(watch);
    clearTimeout(limit);
    clearTimeout(force);
    // What its children left running would use the next run's time.
    endGroup(group, 'SIGKILL');
    await new Promise((resolve) => {
      log.end(resolve);
    });
  }
}

function endGroup(group: number | undefined, signal: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch {
    /* nobody of the group is left */
  }
}

/**
 * Clock ticks and pages of /proc/<pid>/stat: 100 ticks a second and 4 KiB pages on all of
 * Linux that Node runs on by default.
 */
const ticksPerSecond = 100;
const pagesPerMiB = 256;

function watchGroup(group: number, usage: { cpu: number; peak: number }): void {
  let ticks = 0;
  let pages = 0;
  for (const pid of processIds()) {
    const fields = statOf(pid);
    if (fields === undefined || Number(fields[2]) !== group) continue;
    // Field 14 to 17 of proc(5): user and system time of itself and of the children it has waited for.
    for (const at of [11, 12, 13, 14]) ticks += Number(fields[at]);
    pages += Number(fields[21]);
  }
  usage.cpu = Math.max(usage.cpu, ticks / ticksPerSecond);
  usage.peak = Math.max(usage.peak, pages / pagesPerMiB);
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  } catch {
    return [];
  }
}

/** Fields of /proc/<pid>/stat behind the name, which may hold spaces: the first is the state. */
function statOf(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // it ended meanwhile
  }
}
