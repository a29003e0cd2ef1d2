// Ctrl-C as an AbortSignal: the first one lets the command stop where it is safe, the second one kills it, and so do
// ten seconds in which it finds no safe place.
import { AsrError, toAsrError } from '../core/errors.js';
import type { StageDefinition } from '../core/stage.js';

const graceMs = 10_000;

const continues = 'The same command continues where it stopped.';

/** What to do after an interruption of one stage. @param force as the command was told */
export function afterStage({ resumable, piece }: Pick<StageDefinition, 'resumable' | 'piece'>, force: boolean): string {
  if (resumable !== true && piece === undefined) return 'The same command begins this stage anew.';
  return force ? 'The same command without --force continues where it stopped.' : continues;
}

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts.
 * @param next what to do after an interruption that says no more than that
 */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>, next = continues): Promise<T> {
  const controller = new AbortController();
  let late: NodeJS.Timeout | undefined;
  const stop = (name: NodeJS.Signals): void => {
    detach(); // the next one has its usual effect
    late = setTimeout(() => {
      process.kill(process.pid, name);
    }, graceMs).unref();
    controller.abort();
  };
  const detach = (): void => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, stop);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
  try {
    return await work(controller.signal);
  } catch (thrown) {
    const error = toAsrError(thrown);
    if (error.code !== 'interrupted' || error.hint !== undefined) throw thrown;
    throw new AsrError('interrupted', error.message, next, thrown);
  } finally {
    clearTimeout(late);
    detach();
  }
}

/** Waits for the first SIGINT or SIGTERM; the next one has its usual effect. */
export async function firstInterrupt(): Promise<void> {
  const names = ['SIGINT', 'SIGTERM'] as const;
  await new Promise<void>((interrupted) => {
    const stop = (): void => {
      for (const name of names) process.removeListener(name, stop);
      interrupted();
    };
    for (const name of names) process.on(name, stop);
  });
}
