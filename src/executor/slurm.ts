// The Slurm executor: pieces as tasks of job arrays. It submits, watches, submits again what died, and cancels when the
// run is stopped. A run that was killed leaves its jobs going; the next one finds them and waits for them.
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import type { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { pieceIsFinished, type Executor, type PieceWork } from '../core/pieces.js';
import { startProgress } from '../core/progress.js';
import type { PieceTime } from '../core/stage.js';
import type { ExecutorConfig } from './config.js';
import {
  cancelJobs,
  mostTasks,
  SlurmUnreachable,
  submitArray,
  taskKey,
  taskStates,
  type TaskState,
  type TaskStates,
} from './slurm-commands.js';
import { readSubmissions, writeSubmissions, type Submission } from './slurm-state.js';
import {
  comesAgain,
  failureFile,
  logFolder,
  pieceError,
  quoted,
  readFailure,
  readTimes,
  visibleMs,
  writeTaskList,
} from './task-files.js';

/** The controller may be away for so long before the run gives up; its tasks go on meanwhile. */
const patienceMs = 15 * 60_000;
/** A task that nobody knows is not dead before it was unknown for so long. */
const unknownMs = 120_000;

export function slurmExecutor(config: ExecutorConfig): Executor {
  return {
    width: (pieces) => Math.max(2, pieces), // even a single piece belongs on the cluster
    make: (work, names, log, signal) => new SlurmBatch(config, work, names, log, signal).run(),
    prepare: async (out, continues) => {
      if (!continues) await endJobs(out);
    },
  };
}

/** Cancels the jobs that an earlier run submitted for this folder, and waits until they are gone. */
export async function endJobs(out: string): Promise<void> {
  const jobs = await readSubmissions(out);
  if (jobs.length === 0) return;
  await cancelJobs(jobs);
  for (let seconds = 0; seconds < 60; seconds++) {
    const states = await taskStates(jobs);
    if (![...states.values()].some((state) => state === 'running' || state === 'waiting')) break;
    await wait(1000);
  }
  await writeSubmissions(out, []);
}

class SlurmBatch {
  readonly #attempts = new Map<string, number>();
  readonly #failures = new Map<string, AsrError>();
  /** When a piece was first seen missing though its task had completed. */
  readonly #missing = new Map<string, number>();
  /** When a task was last known to somebody. */
  readonly #seen = new Map<string, number>();
  #submissions: Submission[] = [];
  #unreachable: number | undefined;
  #held: string | undefined;

  constructor(
    private readonly config: ExecutorConfig,
    private readonly work: PieceWork,
    private readonly names: readonly string[],
    private readonly log: Log,
    private readonly signal: AbortSignal | undefined,
  ) {}

  async run(): Promise<readonly PieceTime[]> {
    const { work, names, log, signal } = this;
    await mkdir(logFolder(work.out), { recursive: true });
    this.#submissions = await readSubmissions(work.out);
    const progress = startProgress(log, work.stage, names.length, 'pieces');
    try {
      for (;;) {
        const left = names.filter((name) => !pieceIsFinished(work.out, name) && !this.#failures.has(name));
        if (left.length === 0) break;
        const states = await this.#look();
        if (states) {
          const again: string[] = [];
          for (const name of left) if (await this.#wantsSubmission(name, states)) again.push(name);
          if (again.length > 0) await this.#submitAll(again);
          const count = (wanted: TaskState): number => [...states.values()].filter((state) => state === wanted).length;
          progress.update(names.length - left.length, `${count('running')} run, ${count('waiting')} wait`);
        }
        await wait(this.config.slurm.pollSeconds * 1000, undefined, signal ? { signal } : {});
      }
    } catch (error) {
      if (signal?.aborted) {
        await cancelJobs(this.#submissions);
        log.info(`cancelled ${this.#submissions.length} jobs`);
      }
      throw error;
    } finally {
      progress.finish();
    }
    const [failed] = this.#failures.values();
    if (failed) throw failed;
    return readTimes(work.out, names);
  }

  /** @returns undefined while the controller does not answer */
  async #look(): Promise<TaskStates | undefined> {
    try {
      const states = await taskStates(this.#submissions);
      this.#unreachable = undefined;
      if (states.held !== undefined && states.held !== this.#held)
        this.log.warn(
          `tasks wait and will not start by themselves: ${states.held}; change ` +
            "executor.slurm, or wait for the cluster's people",
        );
      this.#held = states.held;
      return states;
    } catch (error) {
      if (!(error instanceof SlurmUnreachable)) throw error;
      this.#unreachable ??= Date.now();
      if (Date.now() - this.#unreachable > patienceMs) throw error;
      this.log.warn(`${error.message}; waiting for it`);
      return undefined;
    }
  }

  async #wantsSubmission(name: string, states: ReadonlyMap<string, TaskState>): Promise<boolean> {
    const { out } = this.work;
    const submission = this.#submissions.findLast(({ tasks }) => tasks.includes(name));
    if (!submission) return true;
    const key = taskKey(submission, submission.tasks.indexOf(name));
    const state = states.get(key);
    if (state !== undefined) this.#seen.set(key, Date.now());
    // squeue may not know a job yet that sbatch has just named, nor answer for a cluster that is being asked.
    else if (Date.now() - (this.#seen.get(key) ?? submission.submitted) < unknownMs) return false;
    if (state === 'waiting' || state === 'running' || pieceIsFinished(out, name)) return false;
    if (state === 'completed') {
      const since = this.#missing.get(name) ?? Date.now();
      this.#missing.set(name, since);
      if (Date.now() - since < visibleMs) return false;
    }
    this.#missing.delete(name);
    const told = await readFailure(out, name);
    const task = `${submission.job}_${submission.tasks.indexOf(name)}`;
    const log = join(logFolder(out), logName(this.work.stage, task));
    const attempts = this.#attempts.get(name) ?? 0;
    const fromBefore = attempts === 0; // a job of an earlier run that was stopped
    if (!fromBefore && (comesAgain(told) || attempts >= this.config.slurm.attempts)) {
      const error = await pieceError(`${this.work.stage} ${name}`, told, {
        how: `its task ${task} ended without a word (killed, out of memory, out of time or the node died)`,
        hint: 'Raise executor.memoryMiB or executor.slurm.time if it needs more.',
        log,
      });
      this.#failures.set(name, error);
      const tried = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`;
      this.log.error(`${error.message}; given up after ${tried}, the others go on`);
      return false;
    }
    if (!fromBefore)
      this.log.warn(`${name}: task ${task} did not finish${told ? ` (${told.message})` : ''}; it is submitted again`);
    return true;
  }

  async #submitAll(names: readonly string[]): Promise<void> {
    const most = await mostTasks(this.config.slurm.flags);
    for (let at = 0; at < names.length; at += most) await this.#submit(names.slice(at, at + most));
  }

  async #submit(tasks: readonly string[]): Promise<void> {
    const { work, config } = this;
    for (const name of tasks) {
      await rm(failureFile(work.out, name), { force: true });
      this.#attempts.set(name, (this.#attempts.get(name) ?? 0) + 1);
    }
    const compute = { ...work.compute, threads: work.compute.threads || config.slurm.cpus };
    const list = await writeTaskList({ ...work, compute }, tasks);
    const program = fileURLToPath(new URL('./remote-task.js', import.meta.url));
    const submission = await submitArray(
      {
        name: `asr-${basename(dirname(work.out))}-${work.stage}`,
        tasks: tasks.length,
        output: join(logFolder(work.out), logName(work.stage, '%A_%a')),
        script:
          `#!/bin/sh\n${config.slurm.setup}\nexec ` +
          `${[process.execPath, program, list].map(quoted).join(' ')} ` +
          '"$SLURM_ARRAY_TASK_ID" "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"\n',
      },
      config,
    );
    this.#submissions = [...this.#submissions, { ...submission, submitted: Date.now(), tasks: [...tasks] }];
    await writeSubmissions(work.out, this.#submissions);
    const where = submission.cluster === undefined ? '' : ` on ${submission.cluster}`;
    this.log.info(`job ${submission.job}${where}: ${tasks.length} ${tasks.length === 1 ? 'piece' : 'pieces'}`);
  }
}

const logName = (stage: string, task: string): string => `${stage}-${task}.log`;
