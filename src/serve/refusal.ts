// What the server says no to, and how: a status, and the error object of OpenAI's API, which their clients read.
import { inSentences, type AsrError } from '../core/errors.js';

export type RefusedStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 422 | 429 | 500 | 503;

const types: Partial<Record<RefusedStatus, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'server_error',
};

/** A request that is not served. */
export class Refusal extends Error {
  constructor(
    readonly status: RefusedStatus,
    /** For programs, for instance `model_not_found`. */
    readonly code: string,
    message: string,
    readonly about: { readonly param?: string; readonly retryAfter?: number } = {},
  ) {
    super(message);
    this.name = 'Refusal';
  }

  /** The body of the answer. */
  get body(): object {
    return {
      error: {
        message: this.message,
        type: types[this.status] ?? 'invalid_request_error',
        param: this.about.param ?? null,
        code: this.code,
      },
    };
  }

  get headers(): Record<string, string> {
    const { retryAfter } = this.about;
    return {
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(this.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      // A client that is still sending would wait for nothing.
      ...(this.status === 413 || this.status === 429 ? { connection: 'close' } : {}),
    };
  }
}

/**
 * What a person sent is at fault for 'input', the server for all else; paths of the server stay out of the message.
 * @param path of the upload, where there is one
 */
export function refusalOf(error: AsrError, path?: string): Refusal {
  const told = inSentences(error);
  const message =
    path === undefined ? told : told.replaceAll(JSON.stringify(path), 'the file').replaceAll(path, 'the file');
  if (error.code === 'input') return new Refusal(400, 'unusable_sound', message, { param: 'file' });
  return new Refusal(500, error.code, 'The recording could not be transcribed; the log of the server says why.');
}

/** What `checked` found wrong in a field of a question. */
export const invalidValue = (problems: string, field: string): Refusal =>
  new Refusal(400, 'invalid_value', problems, { param: field });
