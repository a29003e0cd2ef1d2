// One worker process, seen from the run: orders in, an end or an error out; its log lines and bars appear here.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { AsrError } from '../core/errors.js';
import { fromFailure } from '../core/failure.js';
import type { Log, Progress } from '../core/log.js';
import { startProgress } from '../core/progress.js';
import type { Answer, Order } from './messages.js';

/** Told of every worker before it gets work, so that one that outlives a killed run can be ended by the next. */
export interface WorkerRegister {
  addChild(pid: number): Promise<void>;
  removeChild(pid: number): Promise<void>;
}

/** The worker ended without a word: by a signal, as when memory runs out, or by a crash. */
export class WorkerDied extends AsrError {}

/** Workers are compiled files: under a test runner, which runs the sources as they are, one process does everything. */
export const workersCanStart = !import.meta.url.endsWith('.ts');

/** Time for a worker to save what it has. */
const graceMs = 10_000;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #log: Log;
  readonly #register: WorkerRegister;
  readonly #bars = new Map<number, Progress>();
  #ended: AsrError | undefined;
  #settle: ((error: AsrError | undefined) => void) | undefined;
  #lastWords = '';

  private constructor(log: Log, register: WorkerRegister) {
    this.#log = log;
    this.#register = register;
    // A group of its own: ctrl-C reaches the run alone, which then asks its workers to stop.
    this.#child = fork(new URL('./worker.js', import.meta.url), [log.terminal ? 'bars' : 'lines'], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-2000);
    });
    this.#child.on('message', (answer: Answer) => {
      this.#hear(answer);
    });
    this.#child.on('error', (error) => {
      this.#end(new AsrError('internal', `a worker process could not be started: ${error.message}`, undefined, error));
    });
    this.#child.on('exit', (code, signal) => {
      this.#end(death(code, signal, this.#lastWords));
    });
  }

  static async start(log: Log, register: WorkerRegister): Promise<WorkerProcess> {
    const worker = new WorkerProcess(log, register);
    if (worker.#child.pid !== undefined) await register.addChild(worker.#child.pid);
    return worker;
  }

  /** @throws AsrError of the work, or WorkerDied */
  async follow(order: Order, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const abort = (): void => {
      this.#send({ kind: 'abort' });
      setTimeout(() => {
        this.#child.kill('SIGKILL');
      }, graceMs).unref();
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const error =
        this.#ended ??
        (await new Promise<AsrError | undefined>((settle) => {
          this.#settle = settle;
          this.#send(order);
        }));
      if (error) throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#settle = undefined;
    }
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#child.disconnect();
    const gone =
      this.#child.exitCode !== null || this.#child.signalCode !== null ? undefined : once(this.#child, 'exit');
    this.#child.kill('SIGKILL'); // between two orders it has nothing to save
    await gone;
  }

  #send(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  #hear(answer: Answer): void {
    switch (answer.kind) {
      case 'ready':
        break;
      case 'done':
        this.#settle?.(undefined);
        break;
      case 'failed':
        this.#settle?.(fromFailure(answer.failure));
        break;
      case 'log':
        this.#log[answer.level](answer.message);
        break;
      case 'start':
        this.#bars.set(answer.bar, startProgress(this.#log, answer.label, answer.total, answer.unit));
        break;
      case 'update':
        this.#bars.get(answer.bar)?.update(answer.done, answer.note);
        break;
      case 'finish':
        this.#bars.get(answer.bar)?.finish();
        this.#bars.delete(answer.bar);
        break;
    }
  }

  #end(error: AsrError): void {
    if (this.#ended) return;
    this.#ended = error;
    for (const bar of this.#bars.values()) bar.finish();
    this.#settle?.(error);
    if (this.#child.pid !== undefined) this.#register.removeChild(this.#child.pid).catch(() => undefined);
  }
}

function death(code: number | null, signal: NodeJS.Signals | null, lastWords: string): AsrError {
  const heap = /heap out of memory|bad_alloc|Cannot allocate memory/.test(lastWords);
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  if (heap || signal === 'SIGKILL' || signal === 'SIGABRT') {
    return new WorkerDied(
      'io',
      `a worker process ${how}${heap ? ': memory ran out' : ', most likely because memory ran out'}`,
      'Free memory, or set executor.jobs=1; the same command continues.',
    );
  }
  if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP')
    return new WorkerDied('io', `a worker process ${how}: somebody ended it alone`, 'The same command continues.');
  const last = lastWords.trim().split('\n').at(-1);
  return new WorkerDied(
    'internal',
    `a worker process ${how}${last ? `: ${last}` : ''}`,
    'This is a bug; the same command continues.',
  );
}
