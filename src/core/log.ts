// The log goes to stderr with the seconds since start, so that stdout stays data.
// A Log is passed down, never global; library users get `silentLog` unless they ask for more.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** A log whose lines begin with `scope`. */
  child(scope: string): Log;
  /** The terminal that progress bars may draw on; undefined where lines must stay plain. */
  readonly terminal: NodeJS.WriteStream | undefined;
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
  const terminal = (stream as NodeJS.WriteStream).isTTY === true ? (stream as NodeJS.WriteStream) : undefined;
  const scoped = (scope: string): Log => {
    const write = (at: LogLevel, message: string): void => {
      if (rank[at] < rank[level]) return;
      const seconds = ((clock() - started) / 1000).toFixed(1).padStart(7);
      const label = at === 'warn' ? 'warning: ' : at === 'error' ? 'error: ' : '';
      stream.write(`${seconds}s ${scope}${label}${message}\n`);
    };
    return {
      debug: (m) => { write('debug', m); },
      info: (m) => { write('info', m); },
      warn: (m) => { write('warn', m); },
      error: (m) => { write('error', m); },
      child: (name) => scoped(`${scope}${name}: `),
      terminal,
    };
  };
  return scoped('');
}

const nothing = (): void => undefined;
export const silentLog: Log = {
  debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silentLog, terminal: undefined,
};
