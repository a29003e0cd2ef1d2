// Threads that take jobs: as many jobs at once as there are threads, the others wait. A job that is given up
// is answered at once, and its thread takes the next when it has really stopped. A thread that dies costs the
// job it had; another takes its place.
import { Worker } from 'node:worker_threads';
import { Lifetime } from './disposal.js';
import { AsrError } from './errors.js';
import { fromFailure } from './failure.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

export interface WorkerPoolOptions {
  /** A compiled file that calls serveJobs. */
  readonly script: URL;
  /** What each thread is opened with; copied. */
  readonly data: unknown;
  readonly size: number;
  /** In errors: "a thread of …". */
  readonly name: string;
  /** What helps when a thread dies, as it does where memory runs out. */
  readonly hint: string;
}

export interface JobOptions<Event> {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** Memory of arrays in the job that changes hands. */
  readonly moved?: readonly ArrayBuffer[];
}

interface Current<Event, Result> {
  readonly id: number;
  readonly onEvent: ((event: Event) => void) | undefined;
  readonly done: (result: Result) => void;
  readonly fail: (error: unknown) => void;
  /** The thread has answered, or died. */
  readonly free: () => void;
}

/** One thread, and the next in its place. */
class Seat<About, Job, Event, Result> {
  #worker: Worker | undefined;
  #current: Current<Event, Result> | undefined;
  #jobs = 0;

  constructor(private readonly options: WorkerPoolOptions) {}

  /** @throws AsrError what opening threw, or that the thread died */
  async start(): Promise<About> {
    const worker = new Worker(this.options.script, { workerData: this.options.data });
    this.#worker = worker;
    try {
      return await new Promise<About>((ready, refused) => {
        worker.on('message', (message: FromWorker<About, Event, Result>) => {
          if (message.kind === 'ready') ready(message.about);
          else if (message.kind === 'refused') refused(fromFailure(message.failure));
          else this.#hear(message);
        });
        const end = (error: Error): void => {
          refused(error);
          if (this.#worker !== worker) return;
          this.#worker = undefined;
          this.#settle(({ fail }) => {
            fail(error);
          });
        };
        worker.on('error', (error) => {
          end(this.#death(error.message, error));
        });
        worker.on('exit', (code) => {
          end(this.#death(`it ended with code ${code}`));
        });
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  #death(how: string, cause?: Error): AsrError {
    const { name, hint } = this.options;
    return new AsrError('internal', `a thread of ${name} died: ${how}`, hint, cause);
  }

  /** @returns the answer, which comes at once when the signal fires, and the moment when the thread is free again */
  run(job: Job, { signal, onEvent, moved = [] }: JobOptions<Event>): { answer: Promise<Result>; free: Promise<void> } {
    const id = ++this.#jobs;
    let answer!: Promise<Result>;
    const free = new Promise<void>((isFree) => {
      answer = new Promise<Result>((done, fail) => {
        const abort = (): void => {
          this.#send({ kind: 'abort', id });
          fail(signal?.reason as Error);
        };
        signal?.addEventListener('abort', abort, { once: true });
        this.#current = {
          id,
          onEvent: (event) => {
            if (!signal?.aborted) onEvent?.(event);
          },
          done,
          fail,
          free: () => {
            signal?.removeEventListener('abort', abort);
            isFree();
          },
        };
      });
    });
    void this.#begin(id, job, moved);
    return { answer, free };
  }

  /** A thread that died before is replaced now. */
  async #begin(id: number, job: Job, moved: readonly ArrayBuffer[]): Promise<void> {
    try {
      if (!this.#worker) await this.start();
      if (this.#current?.id === id) this.#send({ kind: 'job', id, job }, moved);
    } catch (error) {
      this.#settle(({ fail }) => {
        fail(error);
      });
    }
  }

  #send(message: ToWorker<Job>, moved: readonly ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, moved);
  }

  #hear(message: Exclude<FromWorker<About, Event, Result>, { kind: 'ready' | 'refused' }>): void {
    if (message.id !== this.#current?.id) return;
    if (message.kind === 'event') this.#current.onEvent?.(message.event);
    else
      this.#settle(({ done, fail }) => {
        if (message.kind === 'done') done(message.result);
        else fail(fromFailure(message.failure));
      });
  }

  #settle(tell: (current: Current<Event, Result>) => void): void {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    tell(current);
    current.free();
  }

  async stop(error?: Error): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (error)
      this.#settle(({ fail }) => {
        fail(error);
      });
    await worker?.terminate();
  }
}

export class WorkerPool<About, Job, Event, Result> {
  readonly about: About;
  readonly #name: string;
  readonly #seats: readonly Seat<About, Job, Event, Result>[];
  readonly #idle: Seat<About, Job, Event, Result>[];
  readonly #waiting: ((seat: Seat<About, Job, Event, Result>) => void)[] = [];
  readonly #life: Lifetime;

  private constructor(name: string, seats: readonly Seat<About, Job, Event, Result>[], about: About) {
    this.#name = name;
    this.#life = new Lifetime(name);
    this.#seats = seats;
    this.#idle = [...seats];
    this.about = about;
  }

  /** @throws AsrError what opening threw in a thread; the others are ended then */
  static async open<About, Job, Event, Result>(
    options: WorkerPoolOptions,
  ): Promise<WorkerPool<About, Job, Event, Result>> {
    const seats = Array.from({ length: options.size }, () => new Seat<About, Job, Event, Result>(options));
    const started = await Promise.allSettled(seats.map((seat) => seat.start()));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      await Promise.all(seats.map((seat) => seat.stop()));
      throw failed.reason;
    }
    const [first] = started;
    if (first?.status !== 'fulfilled') throw new AsrError('internal', `a pool of ${options.size} threads`);
    return new WorkerPool(options.name, seats, first.value);
  }

  /** @throws AsrError of the job; the signal's reason; 'usage' after dispose() */
  async run(job: Job, options: JobOptions<Event> = {}): Promise<Result> {
    this.#life.refuseOver();
    options.signal?.throwIfAborted();
    const seat = this.#idle.pop() ?? (await this.#turn(options.signal));
    const { answer, free } = seat.run(job, options);
    void free.then(() => {
      this.#giveBack(seat);
    });
    return answer;
  }

  #turn(signal: AbortSignal | undefined): Promise<Seat<About, Job, Event, Result>> {
    return new Promise((take, fail) => {
      const turn = (seat: Seat<About, Job, Event, Result>): void => {
        signal?.removeEventListener('abort', abort);
        if (this.#life.over) fail(this.#gone());
        else take(seat);
      };
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        fail(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(turn);
    });
  }

  #giveBack(seat: Seat<About, Job, Event, Result>): void {
    // At the end all who wait are told.
    const next = this.#waiting.splice(0, this.#life.over ? this.#waiting.length : 1);
    for (const turn of next) turn(seat);
    if (next.length === 0) this.#idle.push(seat);
  }

  #gone(): AsrError {
    return new AsrError('usage', `${this.#name} was disposed of while it worked`, 'Call dispose() when all is done.');
  }

  /** Jobs that are going on or waiting fail. @throws AsrError 'usage' the second time */
  async dispose(): Promise<void> {
    await this.#life.end(async () => {
      await Promise.all(this.#seats.map((seat) => seat.stop(this.#gone())));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#life.over) await this.dispose();
  }
}
