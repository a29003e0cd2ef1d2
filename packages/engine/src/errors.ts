// What the engine throws: a kind, what went wrong and where, and what to do about it. A program whose users know one
// class of errors has the engine throw that one.

/** internal: a mistake in the traced function or in the engine; config: a combination that cannot work. */
export type EngineErrorCode = 'internal' | 'dependency' | 'config' | 'model';

export class EngineError extends Error {
  /**
   * @param message which graph or file, what was expected and what was found
   * @param hint what the user can do about it
   */
  constructor(
    readonly code: EngineErrorCode,
    message: string,
    readonly hint?: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EngineError';
  }
}

type ErrorClass = new (code: EngineErrorCode, message: string, hint?: string, cause?: unknown) => Error;
let thrownClass: ErrorClass = EngineError;

/** From now on the engine throws errors of this class. */
export function throwAs(other: ErrorClass): void {
  thrownClass = other;
}

/** For `throw`; arguments as of EngineError. */
export const engineError = (...given: ConstructorParameters<ErrorClass>): Error => new thrownClass(...given);

export const isEngineError = (thrown: unknown): boolean => thrown instanceof thrownClass;

/** The message of whatever a library threw. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
