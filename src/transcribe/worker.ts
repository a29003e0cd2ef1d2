// One thread of `asr transcribe --jobs`: loads the model once, then transcribes the files it is sent.
import { serveJobs } from '../core/worker-thread.js';
import { loadModel } from './model.js';
import type { FileEvent, FileJob, WorkerData } from './transcriber.js';
import { transcribe } from './transcribe.js';
import type { Transcript } from './transcript.js';

await serveJobs<undefined, FileJob, FileEvent, Transcript>(async (data) => {
  const { folder, engine, threads, speakers } = data as WorkerData;
  const model = await loadModel(folder, { engine, threads });
  return {
    about: undefined,
    work: async ({ path, name }, { signal, tell }) => ({
      result: await transcribe(model, path, {
        name,
        signal,
        speakers,
        onProgress: (seconds) => {
          tell({ kind: 'progress', seconds });
        },
        onUtterance: (utterance) => {
          tell({ kind: 'utterance', utterance });
        },
      }),
    }),
  };
});
