// The inside of one thread of a pool: opens what it works with, says so, then answers one job after the other.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { toFailure } from './failure.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

export interface JobContext<Event> {
  readonly signal: AbortSignal;
  readonly tell: (event: Event) => void;
}

export interface JobServer<About, Job, Event, Result> {
  readonly about: About;
  /** @returns the result, and arrays whose memory goes with it instead of being copied */
  work(job: Job, context: JobContext<Event>): Promise<{ result: Result; moved?: ArrayBuffer[] }>;
}

/** @param open makes what answers jobs from the data that the pool was opened with */
export async function serveJobs<About, Job, Event, Result>(
  open: (data: unknown) => Promise<JobServer<About, Job, Event, Result>>,
): Promise<void> {
  const port = parentPort as MessagePort;
  const tell = (message: FromWorker<About, Event, Result>, moved: ArrayBuffer[] = []): void => {
    port.postMessage(message, moved);
  };
  let server: JobServer<About, Job, Event, Result>;
  try {
    server = await open(workerData);
  } catch (thrown) {
    tell({ kind: 'refused', failure: toFailure(thrown) });
    return;
  }
  const running = new Map<number, AbortController>();
  const answer = async (id: number, job: Job): Promise<void> => {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const { result, moved } = await server.work(job, {
        signal: abort.signal,
        tell: (event) => {
          tell({ kind: 'event', id, event });
        },
      });
      tell({ kind: 'done', id, result }, moved);
    } catch (thrown) {
      tell({ kind: 'failed', id, failure: toFailure(thrown) });
    } finally {
      running.delete(id);
    }
  };
  port.on('message', (message: ToWorker<Job>) => {
    if (message.kind === 'abort') running.get(message.id)?.abort();
    else void answer(message.id, message.job);
  });
  tell({ kind: 'ready', about: server.about });
}
