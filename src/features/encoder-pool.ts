// One encoder in this thread, or several in threads of their own (a run blocks the thread it is in): batches go to
// whichever is idle. Which one computes a batch does not change its frames.
import { WorkerPool } from '../core/worker-pool.js';
import { openLane, type EncoderInputs, type FrameBatch, type LaneOptions, type SoundBatch } from './encoder-lane.js';

export interface EncoderPool {
  readonly inputs: EncoderInputs;
  run(batch: SoundBatch): Promise<FrameBatch>;
  dispose(): Promise<void>;
}

/** @throws AsrError as openLane */
export async function openPool(options: LaneOptions, sessions: number): Promise<EncoderPool> {
  if (sessions === 1) return ownLane(options);
  const pool = await WorkerPool.open<EncoderInputs, SoundBatch, never, FrameBatch>({
    script: new URL('./encoder-worker.js', import.meta.url),
    data: options,
    size: sessions,
    name: 'the encoder',
    hint: 'Perhaps memory ran out: lower features.extraction.sessions or memoryMiB.',
  });
  return {
    inputs: pool.about,
    run: (batch) => pool.run(batch, { moved: [batch.values.buffer as ArrayBuffer] }),
    dispose: () => pool.dispose(),
  };
}

/** One batch after the other: each may need as much memory as the settings allow. */
async function ownLane(options: LaneOptions): Promise<EncoderPool> {
  const lane = await openLane(options);
  let last: Promise<unknown> = Promise.resolve();
  return {
    inputs: lane.inputs,
    run: (batch) => {
      const mine = last.then(() => lane.run(batch));
      last = mine.catch(() => undefined);
      return mine;
    },
    dispose: () => lane.dispose(),
  };
}
