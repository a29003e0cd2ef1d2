// One encoder in this thread, or several in threads of their own (a run blocks the thread it is in): batches go to
// whichever is idle. Which one computes a batch does not change its frames.
import { Worker } from 'node:worker_threads';
import { AsrError, type ErrorCode } from '../core/errors.js';
import {
  openLane,
  type EncoderInputs,
  type EncoderLane,
  type FrameBatch,
  type LaneOptions,
  type SoundBatch,
} from './encoder-lane.js';

export interface EncoderPool {
  readonly inputs: EncoderInputs;
  run(batch: SoundBatch): Promise<FrameBatch>;
  dispose(): Promise<void>;
}

/** From a worker. Errors lose their class between threads. */
export type LaneMessage =
  | { readonly kind: 'ready'; readonly inputs: EncoderInputs }
  | { readonly kind: 'done'; readonly frames: FrameBatch }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };

/** @throws AsrError as openLane */
export async function openPool(options: LaneOptions, sessions: number): Promise<EncoderPool> {
  const opened = await Promise.allSettled(
    sessions === 1 ? [openLane(options)] : Array.from({ length: sessions }, () => openWorkerLane(options)),
  );
  const lanes = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result.status === 'rejected');
  if (failed) {
    await Promise.all(lanes.map((lane) => lane.dispose()));
    throw failed.reason;
  }
  const idle = [...lanes];
  const waiting: ((lane: EncoderLane) => void)[] = [];
  const take = (): Promise<EncoderLane> | EncoderLane =>
    idle.pop() ??
    new Promise<EncoderLane>((done) => {
      waiting.push(done);
    });
  const giveBack = (lane: EncoderLane): void => {
    const next = waiting.shift();
    if (next) next(lane);
    else idle.push(lane);
  };
  return {
    inputs: (lanes[0] as EncoderLane).inputs,
    run: async (batch) => {
      const lane = await take();
      try {
        return await lane.run(batch);
      } finally {
        giveBack(lane);
      }
    },
    dispose: async () => {
      await Promise.all(lanes.map((lane) => lane.dispose()));
    },
  };
}

async function openWorkerLane(options: LaneOptions): Promise<EncoderLane> {
  const worker = new Worker(new URL('./encoder-worker.js', import.meta.url), { workerData: options });
  let listener: { done: (message: LaneMessage) => void; fail: (error: Error) => void } | undefined;
  let broken: Error | undefined;
  const end = (error: Error): void => {
    broken ??= error;
    listener?.fail(broken);
  };
  worker.on('message', (message: LaneMessage) => {
    listener?.done(message);
  });
  worker.on('error', end);
  worker.on('exit', (code) => {
    end(
      new AsrError(
        'internal',
        `a thread of the encoder ended with code ${code}`,
        'Perhaps memory ran out: lower features.extraction.sessions or memoryMiB.',
      ),
    );
  });
  const exchange = async (batch?: SoundBatch): Promise<Exclude<LaneMessage, { kind: 'failed' }>> => {
    const message = await new Promise<LaneMessage>((done, fail) => {
      if (broken) {
        fail(broken);
        return;
      }
      listener = { done, fail };
      if (batch) worker.postMessage(batch, [batch.values.buffer as ArrayBuffer]);
    });
    if (message.kind === 'failed') throw new AsrError(message.code, message.message, message.hint);
    return message;
  };
  const dispose = async (): Promise<void> => {
    listener = undefined;
    await worker.terminate();
  };
  try {
    const ready = await exchange();
    if (ready.kind !== 'ready') throw new AsrError('internal', 'a thread of the encoder answered out of turn');
    return {
      inputs: ready.inputs,
      dispose,
      run: async (batch) => {
        const answer = await exchange(batch);
        if (answer.kind !== 'done') throw new AsrError('internal', 'a thread of the encoder answered out of turn');
        return answer.frames;
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
