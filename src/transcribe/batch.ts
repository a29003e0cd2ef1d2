// Many files through one transcriber: each finished one is handed on at once, a bad one is reported and the rest are
// done, progress is measured in bytes of sound (the only size that is known before a file is opened).
import { stat } from 'node:fs/promises';
import { promisedSeconds } from '../audio/ffmpeg.js';
import { isFatal, toAsrError, type AsrError } from '../core/errors.js';
import { openable } from '../core/file-names.js';
import { spool } from './inputs.js';
import type { FileOptions, Transcriber } from './transcriber.js';
import { joinUtterances, type TranscribedUtterance, type Transcript } from './transcript.js';
import { OutputError } from './outputs.js';

export interface TranscribeBatchOptions {
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onTranscript: (transcript: Transcript) => Promise<void>;
  readonly onFailure: (file: string, error: AsrError) => void;
  /** What was recognised of a recording before the signal stopped it. */
  readonly onStopped: (part: Transcript) => Promise<void>;
  /** Bytes of sound that are done. */
  readonly onProgress: (bytes: number) => void;
}

/** Sizes of files in bytes; 0 for what is not there and for standard input. */
export async function fileSizes(files: readonly string[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const file of files)
    sizes.set(file, file === '-' ? 0 : ((await stat(openable(file)).catch(() => undefined))?.size ?? 0));
  return sizes;
}

/** Asking ffmpeg for the length takes about 50 ms: worth it for files that take seconds. */
const longFileBytes = 4 << 20;

/**
 * @returns how many files failed
 * @throws AsrError what makes going on pointless (interrupted, disk full, no ffmpeg …)
 */
export async function transcribeBatch(
  transcriber: Transcriber,
  files: readonly string[],
  sizes: ReadonlyMap<string, number>,
  options: TranscribeBatchOptions,
): Promise<number> {
  const { signal, onProgress } = options;
  const current = new Map<string, number>();
  let finished = 0;
  let failed = 0;
  const report = (): void => {
    onProgress(finished + [...current.values()].reduce((sum, bytes) => sum + bytes, 0));
  };
  const one = async (file: string): Promise<void> => {
    const size = sizes.get(file) ?? 0;
    const promised = size > longFileBytes ? await promisedSeconds(file) : undefined;
    const onSeconds = (seconds: number): void => {
      if (promised !== undefined) current.set(file, size * Math.min(1, seconds / promised));
      report();
    };
    const utterances: TranscribedUtterance[] = [];
    try {
      const transcript = await transcribeOne(transcriber, file, {
        name: file,
        signal,
        onProgress: onSeconds,
        onUtterance: (utterance) => {
          utterances.push(utterance);
        },
      });
      await options.onTranscript(transcript);
    } catch (thrown) {
      const seconds = utterances.at(-1)?.end;
      if (signal.aborted && seconds !== undefined && !(thrown instanceof OutputError)) {
        const warning = `interrupted: the recording goes on after ${seconds} seconds`;
        await options.onStopped(joinUtterances(file, utterances, seconds, warning));
      }
      signal.throwIfAborted();
      const error = toAsrError(thrown);
      if (error instanceof OutputError || isFatal(error)) throw error;
      failed++;
      options.onFailure(file, error);
    }
    current.delete(file);
    finished += size;
    report();
  };
  const queue = files[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const file of queue) {
      signal.throwIfAborted();
      await one(file);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, files.length) }, lane));
  return failed;
}

async function transcribeOne(transcriber: Transcriber, file: string, options: FileOptions): Promise<Transcript> {
  if (file !== '-') return transcriber.transcribe(file, options);
  const { path, remove } = await spool(process.stdin, options.signal);
  try {
    return await transcriber.transcribe(path, options);
  } finally {
    await remove();
  }
}
