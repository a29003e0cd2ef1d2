// One thread of an encoder pool: opens the model it is started with, then answers each batch with its frames.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { toAsrError } from '../core/errors.js';
import { openLane, type EncoderLane, type LaneOptions, type SoundBatch } from './encoder-lane.js';
import type { LaneMessage } from './encoder-pool.js';

const port = parentPort as MessagePort;
const tell = (message: LaneMessage, moved: ArrayBuffer[] = []): void => {
  port.postMessage(message, moved);
};

function fail(thrown: unknown): void {
  const { code, message, hint } = toAsrError(thrown);
  tell({ kind: 'failed', code, message, hint });
}

async function answer(lane: EncoderLane, batch: SoundBatch): Promise<void> {
  try {
    const frames = await lane.run(batch);
    // What the runtime made may lie in memory of its own, which cannot change hands.
    const data = Float32Array.from(frames.data);
    tell({ kind: 'done', frames: { ...frames, data } }, [data.buffer]);
  } catch (thrown) {
    fail(thrown);
  }
}

try {
  const lane = await openLane(workerData as LaneOptions);
  port.on('message', (batch: SoundBatch) => void answer(lane, batch));
  tell({ kind: 'ready', inputs: lane.inputs });
} catch (thrown) {
  fail(thrown);
}
