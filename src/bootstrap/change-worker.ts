// The thread that changes utterances: answers each job with what it made of them.
import { serveJobs } from '../core/worker-thread.js';
import type { TapedSpeech } from '../training/crop-tape.js';
import { changeAll, type ChangeJob } from './changer.js';

await serveJobs<undefined, ChangeJob, never, readonly TapedSpeech[]>(() =>
  Promise.resolve({
    about: undefined,
    work: (job) => {
      const result = changeAll(job);
      return Promise.resolve({ result, moved: result.map(({ data }) => data.buffer as ArrayBuffer) });
    },
  }),
);
