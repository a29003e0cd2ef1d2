// The log goes to stderr with the seconds since start, so that stdout stays data.
// A Log is passed down, never global; library users get `silentLog` unless they ask for more.
import { legible } from './shown.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** A log whose lines begin with `scope`. */
  child(scope: string): Log;
  /** The terminal that progress bars may draw on; undefined where lines must stay plain. */
  readonly terminal: Terminal | undefined;
  /** Shows the progress of a loop in another process, whose log this is the end of. */
  readonly progress?: (label: string, total: number, unit: string) => Progress;
}

export interface Progress {
  /** `done` items are finished; `note` is a short live figure, for instance the loss. */
  update(done: number, note?: string): void;
  finish(): void;
}

/** A terminal whose lower lines may be taken by bars: lines of the log then go above them. */
export interface Terminal {
  readonly stream: NodeJS.WriteStream;
  /** Set while bars are drawn. */
  above: ((text: string) => void) | undefined;
}

export interface LogOptions {
  readonly level?: LogLevel;
  readonly stream?: NodeJS.WritableStream;
  readonly clock?: () => number;
}

const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export function createLog(options: LogOptions = {}): Log {
  const { level = 'info', stream = process.stderr, clock = () => performance.now() } = options;
  const started = clock();
  const terminal: Terminal | undefined =
    (stream as NodeJS.WriteStream).isTTY === true
      ? { stream: stream as NodeJS.WriteStream, above: undefined }
      : undefined;
  const scoped = (scope: string): Log => {
    const write = (at: LogLevel, message: string): void => {
      if (rank[at] < rank[level]) return;
      const seconds = ((clock() - started) / 1000).toFixed(1).padStart(7);
      const label = at === 'warn' ? 'warning: ' : at === 'error' ? 'error: ' : '';
      const line = `${seconds}s ${scope}${label}${legible(message)}\n`;
      if (terminal?.above) terminal.above(line);
      else stream.write(line);
    };
    return {
      debug: (m) => {
        write('debug', m);
      },
      info: (m) => {
        write('info', m);
      },
      warn: (m) => {
        write('warn', m);
      },
      error: (m) => {
        write('error', m);
      },
      child: (name) => scoped(`${scope}${name}: `),
      terminal,
    };
  };
  return scoped('');
}

const nothing = (): void => undefined;
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
  terminal: undefined,
};
