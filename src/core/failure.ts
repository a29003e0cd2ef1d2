// An error on its way between threads, processes and machines, where it would lose its class: plain data, and back.
import { AsrError, toAsrError, type ErrorCode } from './errors.js';

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  /** Code of the system error behind it. */
  readonly system: string | undefined;
  /** What the system was asked for when it failed. */
  readonly syscall?: string | undefined;
}

export function toFailure(thrown: unknown): Failure {
  const { code, message, hint, cause } = toAsrError(thrown);
  const { code: system, syscall } = (cause as NodeJS.ErrnoException | undefined) ?? {};
  return { code, message, hint, system, ...(syscall === undefined ? {} : { syscall }) };
}

export function fromFailure({ code, message, hint, system, syscall }: Failure): AsrError {
  return new AsrError(
    code,
    message,
    hint,
    system === undefined ? undefined : Object.assign(new Error(message), { code: system, syscall }),
  );
}
