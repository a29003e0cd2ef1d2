// One thread that speaks stretches of the demo's corpus.
import { serveJobs } from '../../src/core/worker-thread.js';
import { speakLines, type Line, type Spoken } from './speak.js';

await serveJobs<undefined, readonly Line[], never, Spoken[]>(() =>
  Promise.resolve({
    about: undefined,
    work: async (lines) => {
      const result = await speakLines(lines);
      return { result, moved: result.map(({ wav }) => wav.buffer) };
    },
  }),
);
