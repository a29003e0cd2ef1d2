// Live sound that is heard in a thread of its own, whatever number of sessions: pieces go there by turns, what was
// heard comes back, and the thread that asks stays free for other work.
import type { Compute } from '../core/stage.js';
import { WorkerPool } from '../core/worker-pool.js';
import { sampleRate } from '../core/time.js';
import type { LiveEvent } from './live.js';
import type { WorkerData } from './transcriber.js';

/** To the thread. A session begins with its first piece; its other pieces need the thread that heard the first. */
export type LiveJob =
  | { readonly ask: 'hear'; readonly session: number; readonly begins: boolean; readonly piece: Float32Array }
  | { readonly ask: 'finish' | 'leave'; readonly session: number };

export interface LiveThread {
  /** As Model.live(); any number at once. @throws AsrError 'internal' where the thread died meanwhile */
  live(pieces: AsyncIterable<Float32Array>, options: { readonly signal: AbortSignal }): AsyncGenerator<LiveEvent>;
  /** @throws AsrError 'usage' the second time */
  dispose(): Promise<void>;
}

/** Longer pieces are parted, so that sessions take turns and events come while one is heard. */
const longestPiece = sampleRate / 2;

/** @throws AsrError 'model' when the model cannot be loaded */
export async function openLiveThread(folder: string, engine: Compute['engine'] = 'cpu'): Promise<LiveThread> {
  const pool = await WorkerPool.open<undefined, LiveJob, LiveEvent, undefined>({
    script: new URL('./live-worker.js', import.meta.url),
    data: { folder, engine, threads: 1 } satisfies WorkerData,
    size: 1,
    name: 'live sound',
    hint: 'Connect again; perhaps memory ran out.',
  });
  let sessions = 0;

  /** One job at a time: events reach the caller in their order. */
  async function* run(job: LiveJob, signal: AbortSignal): AsyncGenerator<LiveEvent> {
    const events: LiveEvent[] = [];
    await pool.run(job, { signal, onEvent: (event) => events.push(event) });
    yield* events;
  }

  return {
    async *live(pieces, { signal }) {
      const session = ++sessions;
      let begins = true;
      try {
        for await (const whole of pieces)
          for (let from = 0; from < whole.length; from += longestPiece) {
            // A copy: a view would bring the memory of the whole along.
            const piece = whole.slice(from, from + longestPiece);
            const job: LiveJob = { ask: 'hear', session, begins, piece };
            begins = false;
            yield* run(job, signal);
          }
        if (!begins) yield* run({ ask: 'finish', session }, signal);
      } finally {
        // Not awaited: its turn comes after other sessions', and at the end of the pool nothing is left to leave.
        if (!begins) void pool.run({ ask: 'leave', session }).catch(() => undefined);
      }
    },
    dispose: () => pool.dispose(),
  };
}
