// Ctrl-C as an AbortSignal: the first one lets the command stop where it is safe, the second one kills it, and so do
// ten seconds in which it finds no safe place.
import { writeSync } from 'node:fs';
import { AsrError, exitCodes, toAsrError } from '../core/errors.js';
import type { StageDefinition } from '../core/stage.js';

const graceMs = 10_000;
const names = ['SIGINT', 'SIGTERM'] as const;

const continues = 'The same command continues where it stopped.';

/** What to do after an interruption of one stage. @param force as the command was told */
export function afterStage({ resumable, piece }: Pick<StageDefinition, 'resumable' | 'piece'>, force: boolean): string {
  if (resumable !== true && piece === undefined) return 'The same command begins this stage anew.';
  return force ? 'The same command without --force continues where it stopped.' : continues;
}

const pendingMs = 2000;

const sayAndEnd = (name: NodeJS.Signals): void => {
  if (process.listenerCount(name) > 1) return; // a command that knows where it can stop
  endWithoutWord();
  process.exitCode = exitCodes.interrupted;
  const until = performance.now() + pendingMs;
  // Node waits at its end for what the file system was asked, which a pipe or a network drive may never answer.
  const end = (): void => {
    // eslint-disable-next-line no-restricted-properties -- the command goes on else; there is nobody to throw to
    if (!process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq'))) process.exit();
    if (performance.now() < until) return void setImmediate(end);
    process.emit('exit', exitCodes.interrupted);
    process.kill(process.pid, name);
  };
  process.stderr.write('asr: interrupted\n     The same command begins anew.\n', end);
};

/** Before the process is killed: what a stream would still hold is lost then. */
function sayNow(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // A terminal that is gone, or a pipe that is full: nobody reads it.
  }
}

/** From now on a command that does not look after SIGINT and SIGTERM itself says that it ends; its files are let go. */
export function sayInterruptions(): void {
  for (const name of names) process.on(name, sayAndEnd);
}

/** The next signal has its usual effect. */
export function endWithoutWord(): void {
  for (const name of names) process.removeListener(name, sayAndEnd);
}

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts.
 * @param next what to do after an interruption that says no more than that
 */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>, next = continues): Promise<T> {
  const controller = new AbortController();
  let late: NodeJS.Timeout | undefined;
  const stop = (name: NodeJS.Signals): void => {
    detach();
    endWithoutWord();
    late = setTimeout(() => {
      sayNow(`asr: interrupted; it found no place to stop in ${graceMs / 1000} seconds\n     ${next}\n`);
      process.kill(process.pid, name);
    }, graceMs).unref();
    controller.abort();
  };
  const detach = (): void => {
    for (const name of names) process.removeListener(name, stop);
  };
  for (const name of names) process.on(name, stop);
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
  await new Promise<void>((interrupted) => {
    const stop = (): void => {
      for (const name of names) process.removeListener(name, stop);
      endWithoutWord();
      interrupted();
    };
    for (const name of names) process.on(name, stop);
  });
}
