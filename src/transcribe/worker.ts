// One thread of `asr transcribe --jobs`: loads the model once, then transcribes the files it is sent.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { toAsrError } from '../core/errors.js';
import { loadModel, type Model } from './model.js';
import type { Job, WorkerData, WorkerMessage } from './transcriber.js';
import { transcribe } from './transcribe.js';

const port = parentPort as MessagePort;
const { folder, engine, threads } = workerData as WorkerData;
const tell = (message: WorkerMessage): void => {
  port.postMessage(message);
};

function fail(thrown: unknown): void {
  const { code, message, hint, cause } = toAsrError(thrown);
  tell({ kind: 'failed', code, message, hint, system: (cause as NodeJS.ErrnoException | undefined)?.code });
}

async function work(model: Model, { path, name }: Job): Promise<void> {
  try {
    tell({
      kind: 'done',
      transcript: await transcribe(model, path, {
        name,
        onProgress: (seconds) => {
          tell({ kind: 'progress', seconds });
        },
        onUtterance: (utterance) => {
          tell({ kind: 'utterance', utterance });
        },
      }),
    });
  } catch (thrown) {
    fail(thrown);
  }
}

try {
  const model = await loadModel(folder, { engine, threads });
  port.on('message', (job: Job) => void work(model, job));
  tell({ kind: 'ready' });
} catch (thrown) {
  fail(thrown);
}
