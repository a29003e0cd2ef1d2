// The one error class users meet: what went wrong and where, and what to do about it.
// The command line prints message and hint; library code throws and never exits the process.
import { legible, shortened } from './shown.js';

/** Process exit code for each kind of error; documented in docs/errors.md. */
export const exitCodes = {
  internal: 1,
  usage: 2,
  config: 2,
  input: 3,
  partial: 3,
  dependency: 4,
  io: 5,
  model: 6,
  /** Nothing failed, but nothing was learned. */
  unconverged: 7,
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof exitCodes;

/** Characters: a net under messages that quote what was found, which quote 200 of it themselves. */
const longestMessage = 5000;

export class AsrError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  /**
   * @param message where, which id, what was expected and what was found
   * @param hint what the user can do about it
   */
  constructor(code: ErrorCode, message: string, hint?: string, cause?: unknown) {
    super(legible(shortened(message, longestMessage)), cause === undefined ? undefined : { cause });
    this.name = 'AsrError';
    this.code = code;
    this.hint = hint;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** Message and hint as two sentences, for places that show one line. */
export const inSentences = ({ message, hint }: AsrError): string =>
  hint === undefined ? message : `${message}${/[.!?]$/u.test(message) ? '' : '.'} ${hint}`;

const driveHint = 'Check the drive, and run the same command again; finished stages are kept.';

const systemErrors: Record<string, readonly [string, string]> = {
  ENOSPC: ['the disk is full', 'Free some space and run the same command again; finished stages are kept.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and run the same command again; finished stages are kept.'],
  EACCES: ['no permission', 'Check the owner and mode of this path, or choose another folder.'],
  EPERM: ['not permitted', 'Check the owner and mode of this path, or choose another folder.'],
  EROFS: ['the file system is read-only', 'Choose a folder that can be written.'],
  ENOENT: ['no such file or folder', 'Check the path.'],
  ENOTDIR: ['a part of the path is not a folder', 'Check the path.'],
  EISDIR: ['this is a folder, not a file', 'Give the path of a file.'],
  EEXIST: ['it exists already', 'Choose another name or remove it first.'],
  EFBIG: [
    'a file would become larger than is allowed',
    'Raise the limit with `ulimit -f unlimited`, or choose another file system.',
  ],
  EIO: ['the disk or network drive reports an error', driveHint],
  ESTALE: ['the network drive has lost this file', driveHint],
  ETIMEDOUT: ['the network drive does not answer', driveHint],
  EHOSTDOWN: ['the network drive does not answer', driveHint],
  EHOSTUNREACH: ['the network drive does not answer', driveHint],
  EREMOTEIO: ['the network drive reports an error', driveHint],
  ECONNRESET: ['the network drive has ended the connection', driveHint],
  ENOTCONN: ['the drive is not connected', driveHint],
  ENODEV: ['the drive is not there', driveHint],
  ELOOP: ['links that lead back to themselves', 'Point the link to a file.'],
  ENXIO: ['this is a socket or a device, not a file', 'Give the path of a file.'],
  EBUSY: ['another program keeps it busy', 'Close that program, and try again.'],
  EINVAL: ['the file system refuses this', 'Check the name and the file system.'],
  EMFILE: ['too many open files', 'Raise the limit with `ulimit -n 4096` and try again.'],
  ENFILE: ['too many open files on this machine', 'Close other programs and run the same command again.'],
  ENOMEM: ['memory ran out', 'Free memory, or set executor.jobs=1; the same command continues.'],
  ENAMETOOLONG: ['the name is too long for this file system', 'Use shorter file names.'],
};

/** Turns whatever was thrown into an AsrError; system errors get a sentence and a hint, the rest keeps its cause. */
export function toAsrError(thrown: unknown): AsrError {
  if (thrown instanceof AsrError) return thrown;
  if (thrown instanceof Error) {
    const { code, path, syscall } = thrown as NodeJS.ErrnoException;
    const known = code === undefined ? undefined : systemErrors[code];
    if (known) return new AsrError('io', `${path ?? 'file system'}: ${known[0]}`, known[1], thrown);
    if (code !== undefined && syscall !== undefined)
      return new AsrError('io', `${path ?? 'file system'}: the system says ${code} (${syscall})`, driveHint, thrown);
    if (thrown.name === 'AbortError') return new AsrError('interrupted', 'interrupted', undefined, thrown);
    return new AsrError('internal', thrown.message, 'This is a bug; ASR_DEBUG=1 prints where it happened.', thrown);
  }
  return new AsrError('internal', String(thrown));
}

/** Names the file or folder in a system error that came without one, as from an open file. */
export function withPath(error: unknown, path: string): unknown {
  const system = error as NodeJS.ErrnoException;
  return system.code !== undefined && system.syscall !== undefined && system.path === undefined
    ? Object.assign(system, { path })
    : error;
}

/** The machine has run out of something that every item needs. */
const exhausted = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);
/** What is written belongs to the run; only what is read belongs to an item. */
const writing = new Set(['write', 'fsync', 'fdatasync', 'ftruncate', 'rename', 'mkdir', 'unlink', 'rmdir', 'link']);

/**
 * True for errors that make going on pointless (disk full, a result that cannot be
 * written), as opposed to one bad item.
 */
export function isFatal(error: AsrError): boolean {
  const { code, syscall } = (error.cause as NodeJS.ErrnoException | undefined) ?? {};
  return (
    error.code === 'dependency' ||
    error.code === 'interrupted' ||
    error.code === 'internal' ||
    exhausted.has(code ?? '') ||
    writing.has(syscall ?? '')
  );
}

/**
 * What is wrong with one item, for loops that leave it out and go on.
 * @throws AsrError that makes going on pointless
 */
export function itemProblem(thrown: unknown): AsrError {
  const error = toAsrError(thrown);
  if (isFatal(error)) throw error;
  return error;
}

/** The same where a run's own files are read: only what the drive says is an item's bad luck, damage is the run's. */
export function driveProblem(thrown: unknown): AsrError {
  const error = itemProblem(thrown);
  if (error.code !== 'io') throw error;
  return error;
}
