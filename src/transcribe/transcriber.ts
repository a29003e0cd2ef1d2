// Something that turns files into transcripts: a model in this thread, or several threads with a model each.
import { availableParallelism } from 'node:os';
import { findModelFolder, readModelRecord } from '../bundle/model-folder.js';
import type { ModelRecord } from '../bundle/model-record.js';
import type { Compute } from '../core/stage.js';
import { WorkerPool } from '../core/worker-pool.js';
import type { SpeakerOptions } from '../speakers/diarise.js';
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
  readonly record: ModelRecord;
  /** May be called for any number of files at once. @throws AsrError 'usage' after dispose() */
  transcribe(path: string, options: FileOptions): Promise<Transcript>;
  /** @throws AsrError 'usage' the second time */
  dispose(): Promise<void>;
}

/** To a worker: transcribe this. */
export interface FileJob {
  readonly path: string;
  readonly name: string;
}

/** What a worker is started with. */
export interface WorkerData {
  readonly folder: string;
  readonly engine: Compute['engine'];
  readonly threads: number;
  readonly speakers?: SpeakerOptions | undefined;
}

export interface TranscriberOptions {
  /** Files at once; each has a model of its own, so memory grows with it. */
  readonly jobs: number;
  readonly engine?: Compute['engine'] | undefined;
  /** Never in this thread, which stays free for other work. */
  readonly apart?: boolean;
  /** Who speaks is told as well. */
  readonly speakers?: SpeakerOptions | undefined;
}

/** From a worker, on the way. */
export type FileEvent =
  | { readonly kind: 'progress'; readonly seconds: number }
  | { readonly kind: 'utterance'; readonly utterance: TranscribedUtterance };

/** @throws AsrError 'model' when the model cannot be loaded */
export async function createTranscriber(
  folder: string,
  { jobs, engine = 'cpu', apart = false, speakers }: TranscriberOptions,
): Promise<Transcriber> {
  if (jobs > 1 || apart) return workerTranscriber(folder, jobs, engine, speakers);
  const model = await loadModel(folder, { engine });
  return {
    record: model.record,
    transcribe: (path, options) => transcribe(model, path, { ...options, speakers }),
    dispose: () => model.dispose(),
  };
}

async function workerTranscriber(
  folder: string,
  jobs: number,
  engine: Compute['engine'],
  speakers: SpeakerOptions | undefined,
): Promise<Transcriber> {
  const record = await readModelRecord(findModelFolder(folder));
  const threads = Math.max(1, Math.floor(availableParallelism() / jobs));
  const pool = await WorkerPool.open<undefined, FileJob, FileEvent, Transcript>({
    script: new URL('./worker.js', import.meta.url),
    data: { folder, engine, threads, speakers } satisfies WorkerData,
    size: jobs,
    name: 'the transcriber',
    hint: 'Perhaps memory ran out: try fewer --jobs.',
  });
  return {
    record,
    transcribe: (path, { name, signal, onProgress, onUtterance }) =>
      pool.run(
        { path, name },
        {
          signal,
          onEvent: (event) => {
            if (event.kind === 'progress') onProgress?.(event.seconds);
            else onUtterance?.(event.utterance);
          },
        },
      ),
    dispose: () => pool.dispose(),
  };
}
