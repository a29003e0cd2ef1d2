// Something that turns files into transcripts: a model in this thread, or several threads with a model each.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AsrError, type ErrorCode } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { loadModel } from './model.js';
import { transcribe } from './transcribe.js';
import type { TranscribedUtterance, Transcript } from './transcript.js';

export interface FileOptions {
  /** What the transcript calls the file. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((seconds: number) => void) | undefined;
  readonly onUtterance?: ((utterance: TranscribedUtterance) => void) | undefined;
}

export interface Transcriber {
  transcribe(path: string, options: FileOptions): Promise<Transcript>;
  dispose(): Promise<void>;
}

/**
 * @param jobs files at once; each has a model of its own, so memory grows with it
 * @throws AsrError 'model' when the model cannot be loaded
 */
export async function createTranscriber(
  folder: string,
  jobs: number,
  engine: Compute['engine'] = 'cpu',
): Promise<Transcriber> {
  if (jobs > 1) return workerTranscriber(folder, jobs, engine);
  const model = await loadModel(folder, { engine });
  return { transcribe: (path, options) => transcribe(model, path, options), dispose: () => model.dispose() };
}

/** To a worker: transcribe this. */
export interface Job {
  readonly path: string;
  readonly name: string;
}

/** What a worker is started with. */
export interface WorkerData {
  readonly folder: string;
  readonly engine: Compute['engine'];
  readonly threads: number;
}

/** From a worker. Errors lose their class between threads. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly seconds: number }
  | { readonly kind: 'utterance'; readonly utterance: TranscribedUtterance }
  | { readonly kind: 'done'; readonly transcript: Transcript }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | undefined;
      readonly system: string | undefined;
    };

class ModelWorker {
  readonly #worker: Worker;
  #listener: ((message: WorkerMessage) => void) | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #broken: Error | undefined;

  constructor(data: WorkerData) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (message: WorkerMessage) => this.#listener?.(message));
    this.#worker.on('error', (error: Error) => {
      this.#end(error);
    });
    this.#worker.on('exit', (code) => {
      this.#end(
        new AsrError(
          'internal',
          `a transcribing thread ended with code ${code}`,
          'Perhaps memory ran out: try fewer --jobs.',
        ),
      );
    });
  }

  /** Sends a job (none: waits for the model) and listens until it is done. */
  exchange(
    job: Job | undefined,
    { onProgress, onUtterance, signal }: Partial<FileOptions> = {},
  ): Promise<Transcript | undefined> {
    return new Promise((done, fail) => {
      if (this.#broken) {
        fail(this.#broken);
        return;
      }
      const abort = (): void => {
        fail(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#fail = fail;
      this.#listener = (message) => {
        if (message.kind === 'progress') {
          onProgress?.(message.seconds);
          return;
        }
        if (message.kind === 'utterance') {
          onUtterance?.(message.utterance);
          return;
        }
        signal?.removeEventListener('abort', abort);
        if (message.kind === 'ready') done(undefined);
        else if (message.kind === 'done') done(message.transcript);
        else
          fail(
            new AsrError(
              message.code,
              message.message,
              message.hint,
              message.system === undefined
                ? undefined
                : Object.assign(new Error(message.message), { code: message.system }),
            ),
          );
      };
      if (job) this.#worker.postMessage(job);
    });
  }

  #end(error: Error): void {
    this.#broken ??= error;
    this.#fail?.(this.#broken);
  }

  async terminate(): Promise<void> {
    this.#fail = undefined;
    await this.#worker.terminate();
  }
}

async function workerTranscriber(folder: string, jobs: number, engine: Compute['engine']): Promise<Transcriber> {
  const threads = Math.max(1, Math.floor(availableParallelism() / jobs));
  const workers = Array.from({ length: jobs }, () => new ModelWorker({ folder, engine, threads }));
  const dispose = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  try {
    await Promise.all(workers.map((worker) => worker.exchange(undefined)));
  } catch (error) {
    await dispose();
    throw error;
  }
  const idle = [...workers];
  return {
    // Callers keep at most `jobs` calls going, so that one is always idle.
    transcribe: async (path, options) => {
      const worker = idle.pop();
      if (!worker) throw new AsrError('internal', `more than ${jobs} files at once`);
      const transcript = await worker.exchange({ path, name: options.name }, options).finally(() => {
        idle.push(worker);
      });
      return transcript as Transcript;
    },
    dispose,
  };
}
