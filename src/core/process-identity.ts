// Who a process is, beyond its number: numbers are used again, so a lock also names the start time, the boot and the
// machine. From such a record in, whether that very process still runs out.
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export const processSchema = z.object({ pid: z.number().int().positive(), start: z.string() });
/** A process of one machine. `start` is the kernel's own figure, comparable with itself alone. */
export type ProcessIdentity = z.infer<typeof processSchema>;

export const machineSchema = z.object({
  host: z.string(),
  machine: z.string(),
  boot: z.string(),
  namespace: z.string(),
});
/** Where process numbers mean something: a machine between two boots, and a container on it. */
export type MachineIdentity = z.infer<typeof machineSchema>;

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};

export function thisMachine(): MachineIdentity {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    /* not Linux */
  }
  return {
    host: hostname(),
    machine: readOr('/etc/machine-id'),
    boot: readOr('/proc/sys/kernel/random/boot_id'),
    namespace,
  };
}

/** @returns undefined when no such process runs */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform === 'linux') {
    const stat = readOr(`/proc/${pid}/stat`);
    // The second field is the command in parentheses, which may hold spaces and parentheses itself.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat === '' || state === 'Z' || state === 'X') return undefined;
    return { pid, start: fields[18] ?? '' };
  }
  try {
    return {
      pid,
      start: execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim(),
    };
  } catch {
    return undefined;
  }
}

/** 'elsewhere': on another machine or in another container, where nothing can be known from here. */
export function processState(where: MachineIdentity, { pid, start }: ProcessIdentity): 'runs' | 'ended' | 'elsewhere' {
  const here = thisMachine();
  if (where.host !== here.host || where.machine !== here.machine) return 'elsewhere';
  if (where.boot !== here.boot) return 'ended';
  if (where.namespace !== here.namespace) return 'elsewhere';
  return identifyProcess(pid)?.start === start ? 'runs' : 'ended';
}
