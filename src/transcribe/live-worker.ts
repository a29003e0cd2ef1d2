// The thread in which a server hears live sound: one model, and what each open session has heard so far.
import { AsrError } from '../core/errors.js';
import { serveJobs } from '../core/worker-thread.js';
import type { Listener, LiveEvent } from './live.js';
import type { LiveJob } from './live-thread.js';
import { loadModel } from './model.js';
import type { WorkerData } from './transcriber.js';

await serveJobs<undefined, LiveJob, LiveEvent, undefined>(async (data) => {
  const { folder, engine, threads } = data as WorkerData;
  const model = await loadModel(folder, { engine, threads });
  const sessions = new Map<number, Listener>();

  const listener = (job: LiveJob): Listener => {
    if (job.ask === 'hear' && job.begins) sessions.set(job.session, model.listen());
    const open = sessions.get(job.session);
    if (open) return open;
    throw new AsrError('internal', 'the thread of live sound began anew', 'Connect again; perhaps memory ran out.');
  };
  const recognised = (job: LiveJob): AsyncIterable<LiveEvent> | undefined => {
    switch (job.ask) {
      case 'hear':
        return listener(job).hear(job.piece);
      case 'finish':
        return listener(job).finish();
      case 'leave':
        sessions.delete(job.session);
        return undefined;
    }
  };

  return {
    about: undefined,
    work: async (job, { signal, tell }) => {
      for await (const event of recognised(job) ?? []) {
        signal.throwIfAborted();
        tell(event);
      }
      return { result: undefined };
    },
  };
});
