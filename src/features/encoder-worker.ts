// One thread of an encoder pool: opens the model it is started with, then answers each batch with its frames.
import { serveJobs } from '../core/worker-thread.js';
import { openLane, type EncoderInputs, type FrameBatch, type LaneOptions, type SoundBatch } from './encoder-lane.js';

await serveJobs<EncoderInputs, SoundBatch, never, FrameBatch>(async (data) => {
  const lane = await openLane(data as LaneOptions);
  return {
    about: lane.inputs,
    work: async (batch) => {
      const frames = await lane.run(batch);
      // What the runtime made may lie in memory of its own, which cannot change hands.
      const own = Float32Array.from(frames.data);
      return { result: { ...frames, data: own }, moved: [own.buffer] };
    },
  };
});
