// Slurm's commands: job arrays in, states of their tasks out. squeue knows tasks for some minutes after their end,
// sacct for ever where the cluster keeps accounts; where it does not, nothing is known of older tasks.
import { execFile } from 'node:child_process';
import { AsrError } from '../core/errors.js';
import type { ExecutorConfig } from './config.js';

export interface ArrayJob {
  readonly name: string;
  readonly tasks: number;
  /** With %A for the job and %a for the task. */
  readonly output: string;
  readonly script: string;
}

/** Of one task: it waits, runs, or ended so. */
export type TaskState = 'waiting' | 'running' | 'completed' | 'failed';

/** The controller does not answer; it may be back in a minute. */
export class SlurmUnreachable extends AsrError {}

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function command(file: string, args: readonly string[], input?: string): Promise<Result> {
  return new Promise((done, fail) => {
    const child = execFile(
      file,
      args,
      { maxBuffer: 1 << 26, env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') {
          fail(
            new AsrError(
              'dependency',
              `${file}: not found`,
              'Run this on a machine of the cluster that may submit jobs, or use --executor local.',
              error,
            ),
          );
        } else if (error && /Unable to contact|Connection refused|timed out|Zero Bytes|not responding/i.test(stderr)) {
          fail(
            new SlurmUnreachable('io', `${file}: ${lastLine(stderr)}`, 'Is slurmctld running? `scontrol ping` tells.'),
          );
        } else {
          done({ code: error ? Number((error as { code?: number }).code ?? 1) : 0, stdout, stderr });
        }
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** @returns the job's number. @throws AsrError 'config' when the cluster refuses it */
export async function submitArray(
  job: ArrayJob,
  { memoryMiB, slurm }: Pick<ExecutorConfig, 'memoryMiB' | 'slurm'>,
): Promise<string> {
  const { code, stdout, stderr } = await command(
    'sbatch',
    [
      '--parsable',
      '--no-requeue',
      '--open-mode=append',
      `--job-name=${job.name}`,
      `--output=${job.output}`,
      `--array=0-${job.tasks - 1}${slurm.atOnce > 0 ? `%${slurm.atOnce}` : ''}`,
      `--time=${slurm.time}`,
      `--mem=${memoryMiB}M`,
      `--cpus-per-task=${slurm.cpus}`,
      ...(slurm.partition === '' ? [] : [`--partition=${slurm.partition}`]),
      ...slurm.flags,
    ],
    job.script,
  );
  const number = /^(\d+)/.exec(lastLine(stdout))?.[1];
  if (code !== 0 || number === undefined) {
    throw new AsrError(
      'config',
      `sbatch refused the job: ${lastLine(stderr) || `exit code ${code}`}`,
      'Compare executor.slurm with what `sinfo` shows; docs/cluster.md lists the settings.',
    );
  }
  return number;
}

const waiting = new Set([
  'PENDING',
  'CONFIGURING',
  'REQUEUED',
  'REQUEUE_FED',
  'REQUEUE_HOLD',
  'RESV_DEL_HOLD',
  'SPECIAL_EXIT',
]);
const running = new Set(['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'STAGE_OUT', 'RESIZING']);

function taskState(state: string): TaskState {
  const word = state.split(/[ +]/)[0] ?? '';
  if (waiting.has(word)) return 'waiting';
  if (running.has(word)) return 'running';
  return word === 'COMPLETED' ? 'completed' : 'failed';
}

let accounting = true;

/** Why a task waits, when that is nothing but its turn. */
const usualReasons = new Set(['None', 'Priority', 'Resources', 'BeginTime', 'JobArrayTaskLimit', 'Dependency', '']);

/** States by `<job>_<task>`; a task that nobody knows any more is missing. */
export type TaskStates = Map<string, TaskState> & {
  /** In Slurm's words, why tasks wait that will not start by waiting, for instance PartitionTimeLimit. */
  held?: string;
};

/** @throws SlurmUnreachable */
export async function taskStates(jobs: readonly string[]): Promise<TaskStates> {
  const states: TaskStates = new Map<string, TaskState>();
  if (jobs.length === 0) return states;
  const gone = new Set(jobs);
  // One job at a time: a single one that squeue has forgotten would hide the others.
  for (const job of jobs) {
    const { code, stdout, stderr } = await command('squeue', [
      '--noheader',
      '--array',
      '--states=all',
      `--jobs=${job}`,
      '--format=%F|%K|%T|%r',
    ]);
    if (code !== 0 && !/Invalid job id/i.test(stderr)) throw new SlurmUnreachable('io', `squeue: ${lastLine(stderr)}`);
    for (const line of stdout.split('\n')) {
      const [array, task, state, reason] = line.trim().split('|');
      if (array === undefined || task === undefined || state === undefined) continue;
      states.set(`${array}_${task}`, taskState(state));
      gone.delete(array);
      if (taskState(state) === 'waiting' && !usualReasons.has(reason ?? '')) states.held = reason as string;
    }
  }
  if (gone.size > 0 && accounting)
    for (const [task, state] of await accountedStates([...gone])) states.set(task, state);
  return states;
}

async function accountedStates(jobs: readonly string[]): Promise<Map<string, TaskState>> {
  const states = new Map<string, TaskState>();
  try {
    const { code, stdout } = await command('sacct', [
      '--noheader',
      '--parsable2',
      '--allocations',
      `--jobs=${jobs.join(',')}`,
      '--format=JobID,State',
    ]);
    accounting = code === 0;
    for (const line of stdout.split('\n')) {
      const [task, state] = line.split('|');
      if (task !== undefined && state !== undefined && /^\d+_\d+$/.test(task)) states.set(task, taskState(state));
    }
  } catch (error) {
    if (!(error instanceof AsrError) || error.code !== 'dependency') throw error;
    accounting = false;
  }
  return states;
}

export async function cancelJobs(jobs: readonly string[]): Promise<void> {
  if (jobs.length > 0) await command('scancel', ['--quiet', ...jobs]);
}
