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

/**
 * A job array as sbatch named it; `cluster` where it lies behind `--clusters`, whose other commands must name it, too.
 */
export interface Job {
  readonly job: string;
  readonly cluster?: string | undefined;
}

/** Of one task among those of several clusters, whose numbers may be the same. */
export const taskKey = ({ job, cluster }: Job, task: number | string): string =>
  `${cluster === undefined ? '' : `${cluster}:`}${job}_${task}`;

const onCluster = (cluster: string | undefined): string[] => (cluster === undefined ? [] : [`--clusters=${cluster}`]);

/** Sites let sbatch say more, before its answer or after it: the answer is a line of its own. */
export function parseSubmission(stdout: string): Job | undefined {
  const answer =
    /^\s*(\d+)(?:;([^\s;]+))?\s*$/m.exec(stdout) ??
    /^Submitted batch job (\d+)(?: on cluster ([^\s;]+))?\s*$/m.exec(stdout);
  return answer?.[1] === undefined ? undefined : { job: answer[1], cluster: answer[2] };
}

/** The one cluster that flags of sbatch name, for sites whose sbatch leaves it out of its answer. */
function clusterOf(flags: readonly string[]): string | undefined {
  for (const [i, flag] of flags.entries()) {
    const named = /^(?:--clusters=|-M=?)([^,\s]+)$/.exec(flag)?.[1];
    const next = flag === '-M' || flag === '--clusters' ? flags[i + 1] : undefined;
    const cluster = named ?? next;
    if (cluster !== undefined && cluster !== 'all' && !cluster.includes(',')) return cluster;
  }
  return undefined;
}

/** Below the usual MaxArraySize of a cluster, 1001; for those that do not say theirs. */
const usualTasks = 1000;

/** How many tasks one array may have: MaxArraySize is one more than the largest number of a task. */
export async function mostTasks(flags: readonly string[]): Promise<number> {
  const { stdout } = await command('scontrol', [...onCluster(clusterOf(flags)), 'show', 'config']).catch(
    (): Pick<Result, 'stdout'> => ({ stdout: '' }),
  );
  return Number(/^MaxArraySize\s*=\s*([1-9]\d*)\s*$/mu.exec(stdout)?.[1] ?? usualTasks);
}

/** @throws AsrError 'config' when the cluster refuses it */
export async function submitArray(
  job: ArrayJob,
  { memoryMiB, slurm }: Pick<ExecutorConfig, 'memoryMiB' | 'slurm'>,
): Promise<Job> {
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
  const submitted = parseSubmission(stdout);
  if (code !== 0)
    throw new AsrError(
      'config',
      `sbatch refused the job: ${lastLine(stderr) || `exit code ${code}`}`,
      'Compare executor.slurm with what `sinfo` shows; docs/cluster.md lists the settings.',
    );
  if (!submitted)
    throw new AsrError(
      'dependency',
      `sbatch --parsable answered without the number of a job: ${lastLine(stdout) || 'nothing'}`,
      'Look into `squeue --me` whether it began one, and cancel that; does a wrapper stand before sbatch?',
    );
  return { job: submitted.job, cluster: submitted.cluster ?? clusterOf(slurm.flags) };
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

/** States by `taskKey`; a task that nobody knows, no longer or not yet, is missing. */
export type TaskStates = Map<string, TaskState> & {
  /** In Slurm's words, why tasks wait that will not start by waiting, for instance PartitionTimeLimit. */
  held?: string;
};

/** @throws SlurmUnreachable */
export async function taskStates(jobs: readonly Job[]): Promise<TaskStates> {
  const states: TaskStates = new Map<string, TaskState>();
  const gone: Job[] = [];
  // One job at a time: a single one that squeue has forgotten would hide the others.
  for (const one of jobs) {
    const { job, cluster } = one;
    const { code, stdout, stderr } = await command('squeue', [
      '--noheader',
      ...onCluster(cluster),
      '--array',
      '--states=all',
      `--jobs=${job}`,
      '--format=%F|%K|%T|%r',
    ]);
    if (code !== 0 && !/Invalid job id/i.test(stderr)) throw new SlurmUnreachable('io', `squeue: ${lastLine(stderr)}`);
    let known = false;
    for (const line of stdout.split('\n')) {
      const [array, task, state, reason] = line.trim().split('|');
      if (array !== job || task === undefined || state === undefined) continue;
      states.set(taskKey(one, task), taskState(state));
      known = true;
      if (taskState(state) === 'waiting' && !usualReasons.has(reason ?? '')) states.held = reason as string;
    }
    if (!known) gone.push(one);
  }
  for (const cluster of new Set(gone.map((one) => one.cluster)))
    for (const [task, state] of await accountedStates(gone, cluster)) states.set(task, state);
  return states;
}

/** Of the jobs on one cluster. */
async function accountedStates(all: readonly Job[], cluster: string | undefined): Promise<Map<string, TaskState>> {
  const states = new Map<string, TaskState>();
  if (!accounting) return states;
  const jobs = all.filter((one) => one.cluster === cluster).map(({ job }) => job);
  try {
    const { code, stdout } = await command('sacct', [
      '--noheader',
      ...onCluster(cluster),
      '--parsable2',
      '--allocations',
      `--jobs=${jobs.join(',')}`,
      '--format=JobID,State',
    ]);
    accounting = code === 0;
    for (const line of stdout.split('\n')) {
      const [, job, task, state] = /^(\d+)_(\d+)\|(.*)$/.exec(line) ?? [];
      if (job !== undefined && task !== undefined && state !== undefined)
        states.set(taskKey({ job, cluster }, task), taskState(state));
    }
  } catch (error) {
    if (!(error instanceof AsrError) || error.code !== 'dependency') throw error;
    accounting = false;
  }
  return states;
}

export async function cancelJobs(jobs: readonly Job[]): Promise<void> {
  for (const cluster of new Set(jobs.map((one) => one.cluster))) {
    const here = jobs.filter((one) => one.cluster === cluster).map(({ job }) => job);
    await command('scancel', ['--quiet', ...onCluster(cluster), ...here]);
  }
}
