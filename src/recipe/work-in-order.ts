// Pieces of work that need each other, as many at once as there is room for: each is waiting, running or done, and the
// end is that all are done. What fails lets those that run end what they do, and nothing more begins.
import { AsrError } from '../core/errors.js';

export interface OrderedWork<S, R> {
  readonly steps: readonly S[];
  /** Which of the steps have to be done before this one. */
  needs(step: S): readonly S[];
  /**
   * Asked again whenever a step has ended.
   * @param running what goes on at this moment
   * @returns the work, which is then begun at once; undefined while there is no room for it
   */
  begin(step: S, running: readonly S[]): (() => Promise<R>) | undefined;
  /** Told when a step failed while others run. */
  onFailure?(running: readonly S[]): void;
  readonly signal?: AbortSignal | undefined;
}

/** @returns what each step gave. @throws what the first step that failed threw; the signal's reason when aborted */
export async function workInOrder<S, R>(work: OrderedWork<S, R>): Promise<ReadonlyMap<S, R>> {
  const { steps, signal } = work;
  const done = new Map<S, R>();
  const running = new Map<S, Promise<void>>();
  const failures: unknown[] = [];
  const run = async (step: S, begun: () => Promise<R>): Promise<void> => {
    try {
      done.set(step, await begun());
    } catch (error) {
      failures.push(error);
    } finally {
      running.delete(step);
    }
  };
  while (done.size < steps.length) {
    // No pause between looking for work and finding that there is none: a step that ends meanwhile would be missed.
    if (failures.length === 0 && !signal?.aborted)
      for (const step of steps) {
        if (done.has(step) || running.has(step) || !work.needs(step).every((one) => done.has(one))) continue;
        const begun = work.begin(step, [...running.keys()]);
        if (begun) running.set(step, run(step, begun));
      }
    if (running.size === 0) break;
    await Promise.race(running.values());
    if (failures.length > 0 && running.size > 0) work.onFailure?.([...running.keys()]);
  }
  if (failures.length > 0) throw failures[0];
  signal?.throwIfAborted();
  if (done.size < steps.length)
    throw new AsrError('internal', `${steps.length - done.size} steps of the run could not begin`);
  return done;
}
