// What happens when the program's own output cannot be written: the reader is gone (`asr … | head`), the disk that it
// goes to is full. Without a listener Node ends with a stack trace.
import { AsrError, exitCodes, toAsrError } from '../core/errors.js';

/** As a shell reports a program that SIGPIPE ended: 128 + 13. */
const brokenPipe = 141;

/**
 * Listens to stdout and stderr from now on.
 * @param report told of what a person should know, once
 * @returns the exit code that a failure asks for, undefined while there is none; to be
 * asked after a turn of the event loop
 */
export function watchOutput(report: (error: AsrError) => void): () => number | undefined {
  let code: number | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (code !== undefined) return;
    code = error.code === 'EPIPE' ? brokenPipe : exitCodes.io;
    process.exitCode = code; // writes that nobody waits for may fail after the command has returned
    if (code === brokenPipe) return;
    const { message, hint } = toAsrError(error);
    report(new AsrError('io', `cannot write to standard output: ${message.replace(/^.*: /s, '')}`, hint, error));
  });
  process.stderr.on('error', () => undefined);
  return () => code;
}
