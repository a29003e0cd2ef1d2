// The local executor: pieces on worker processes of this machine, as many at once as cores and free memory allow.
import { availableParallelism } from 'node:os';
import type { Log } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import { secondsNow, type Executor, type PieceWork } from '../core/pieces.js';
import type { PieceTime } from '../core/stage.js';
import { toAsrError, type AsrError } from '../core/errors.js';
import type { ExecutorConfig } from './config.js';
import { endJobs } from './slurm.js';
import { WorkerDied, WorkerProcess, workersCanStart, type WorkerRegister } from './worker-process.js';

/** What the rest of the machine is left. */
const shareOfFreeMemory = 0.8;
/** A piece is tried so often when its worker dies; the last time no other worker takes memory beside it. */
const attempts = 3;

/** How many worker processes fit beside each other. */
export function jobsThatFit({ jobs, memoryMiB }: Pick<ExecutorConfig, 'jobs' | 'memoryMiB'>): number {
  if (!workersCanStart) return 1;
  if (jobs > 0) return jobs;
  const byMemory = Math.floor((shareOfFreeMemory * process.availableMemory()) / (memoryMiB * 2 ** 20));
  return Math.max(1, Math.min(availableParallelism(), byMemory));
}

export function localExecutor(config: ExecutorConfig, register: WorkerRegister): Executor {
  const width = (pieces: number): number => Math.min(pieces, jobsThatFit(config));
  return {
    width,
    make: (work, names, log, signal) => new Batch(work, names, log, signal, register).run(width(names.length)),
    prepare: endJobs, // workers of an earlier run were ended when its lock was taken
  };
}

class Batch {
  readonly #queue: string[];
  readonly #died = new Map<string, number>();
  readonly #progress: ReturnType<typeof startProgress>;
  #workers = 0;
  #finished = 0;
  #failure: AsrError | undefined;
  readonly #times: PieceTime[] = [];

  constructor(
    private readonly work: PieceWork,
    names: readonly string[],
    private readonly log: Log,
    private readonly signal: AbortSignal | undefined,
    private readonly register: WorkerRegister,
  ) {
    this.#queue = [...names];
    this.#progress = startProgress(log, work.stage, names.length, 'pieces');
  }

  async run(width: number): Promise<readonly PieceTime[]> {
    this.log.info(`${this.#queue.length} pieces, ${width} at once`);
    const threads = this.work.compute.threads || Math.max(1, Math.floor(availableParallelism() / width));
    const work = { ...this.work, compute: { ...this.work.compute, threads } };
    this.#workers = width;
    try {
      await Promise.all(Array.from({ length: width }, (_, place) => this.#runWorker(work, place)));
    } finally {
      this.#progress.finish();
    }
    this.signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    return this.#times;
  }

  /** One worker after the other in the same place, until nothing is left or somebody failed. */
  async #runWorker(work: PieceWork, place: number): Promise<void> {
    let worker: WorkerProcess | undefined;
    try {
      for (let name = this.#next(); name !== undefined; name = this.#next()) {
        try {
          worker ??= await WorkerProcess.start(this.log, this.register);
          const start = secondsNow();
          await worker.follow({ kind: 'piece', work, name }, this.signal);
          this.#times.push({ name, place, start, seconds: secondsNow() - start });
          this.#progress.update(++this.#finished);
        } catch (thrown) {
          if (!(thrown instanceof WorkerDied) || this.signal?.aborted) {
            this.#failure ??= toAsrError(thrown);
            return;
          }
          worker = undefined;
          if (!this.#tryAgain(name, thrown)) return;
        }
      }
    } finally {
      this.#workers--;
      await worker?.stop();
    }
  }

  #next(): string | undefined {
    return this.#failure || this.signal?.aborted ? undefined : this.#queue.shift();
  }

  /** @returns whether this place goes on: with others left, it closes, so that the next attempt has more memory */
  #tryAgain(name: string, error: WorkerDied): boolean {
    const died = (this.#died.get(name) ?? 0) + 1;
    this.#died.set(name, died);
    if (died >= attempts) {
      this.#failure ??= error;
      return false;
    }
    this.log.warn(
      `${name}: ${error.message}; it is tried again${this.#workers > 1 ? ` with ${this.#workers - 1} at once` : ''}`,
    );
    this.#queue.unshift(name);
    return this.#workers === 1;
  }
}
