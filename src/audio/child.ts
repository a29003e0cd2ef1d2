// One call of an outside program: its output comes piece by piece, and it ends in every case: when it says nothing for
// too long, when nobody takes its output any more, and when this process ends in whatever way (a guard sees to that).
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AsrError } from '../core/errors.js';

/** The end of a call: how long a program may say nothing before it is stopped. ASR_FFMPEG_IDLE sets it. */
export function idleSeconds(): number {
  const given = Number(process.env.ASR_FFMPEG_IDLE ?? '');
  return given >= 0.1 && given <= 86_400 ? given : 60;
}

/** What a program said on stderr, cut to a size that can be kept. */
export interface Complaints {
  readonly lines: string[];
  readonly most: number;
  /** What is kept of a line; undefined for one that is no complaint. */
  readonly pick?: (line: string) => string | undefined;
}

const longestComplaint = 500;
const hasGroups = process.platform !== 'win32';

export interface CallOptions {
  /** Of errors. */
  readonly what?: string;
  readonly signal?: AbortSignal | undefined;
  /** What the program reads; it is given time without end then. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** Where the program runs; default: where this one does. */
  readonly cwd?: string;
}

/**
 * The bytes that a program writes; the time that the caller takes over them does not count as its silence.
 * @returns (of the generator) its exit code, or the signal or error that ended it
 * @throws AsrError 'input' when it says nothing for too long; the signal's reason when it is aborted
 */
export async function* outputOf(
  program: string,
  parameters: readonly string[],
  complaints: Complaints,
  { what = 'ffmpeg', signal, input, cwd }: CallOptions = {},
): AsyncGenerator<Buffer, number | string | Error> {
  signal?.throwIfAborted();
  // A group of its own: a wrapper around ffmpeg is stopped with what it started.
  const child = spawn(program, parameters, {
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: hasGroups,
    windowsHide: true,
    ...(cwd === undefined ? {} : { cwd }),
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  const ended = new Promise<number | string | Error>((done) => {
    child.once('error', done);
    child.once('close', (code, by) => {
      done(code ?? by ?? 'unknown');
    });
  });
  const stop = (): void => {
    killGroup(child);
  };
  signal?.addEventListener('abort', stop, { once: true });
  const release = guard(child);
  collect(child, complaints);
  // What is still being said may stop for a while: nobody knows for how long.
  const patience = input ? Infinity : idleSeconds();
  if (input && child.stdin) feed(child.stdin, input);
  let silent = false;
  const within = async <T>(work: Promise<T>): Promise<T> => {
    if (patience === Infinity) return work;
    const timer = setTimeout(() => {
      silent = true;
      stop();
    }, patience * 1000);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const output = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (;;) {
      const next = await within(output.next()).catch((): IteratorResult<Buffer> => ({ done: true, value: undefined }));
      signal?.throwIfAborted();
      if (next.done) break;
      yield next.value;
    }
    const end = await within(ended);
    signal?.throwIfAborted();
    if (silent)
      throw new AsrError(
        'input',
        `${what} said nothing for ${patience} seconds and was stopped`,
        'Convert the file to wav, or give more time: ASR_FFMPEG_IDLE=SECONDS.',
      );
    return end;
  } finally {
    signal?.removeEventListener('abort', stop);
    if (child.exitCode === null && child.signalCode === null) stop();
    child.stdout.destroy();
    child.stderr.destroy();
    void ended.then(release);
  }
}

/** An end of the program before that of its input is no error. */
function feed(stdin: Writable, input: AsyncIterable<Uint8Array>): void {
  stdin.on('error', () => undefined);
  void pipeline(Readable.from(input, { objectMode: false }), stdin).catch(() => undefined);
}

function collect(child: ChildProcess, { lines, most, pick }: Complaints): void {
  let rest = '';
  const keep = (said: string): void => {
    const line = said === '' ? undefined : pick ? pick(said) : said;
    if (line !== undefined && lines.length < most) lines.push(line);
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split(/[\r\n]+/);
    rest = (parts.pop() ?? '').slice(0, longestComplaint);
    for (const part of parts) keep(part.slice(0, longestComplaint));
  });
  child.stderr?.once('end', () => {
    keep(rest);
  });
}

function killGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (hasGroups) process.kill(-pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    /* it has ended */
  }
}

/** Reads `+ PID` and `- PID`; at the end of its input it ends the groups that are left. */
const guardScript = `trap '' INT TERM HUP QUIT
left=' '
while read -r what pid; do
  case $what in
    +) left="$left$pid " ;;
    -) case $left in *" $pid "*) left="\${left%% $pid *} \${left#* $pid }" ;; esac ;;
  esac
done
for pid in $left; do kill -9 "-$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null; done`;

let guardian: ChildProcess | undefined;

/**
 * One process beside this one, which outlives it by a moment: its input ends when this process does, kill -9 included.
 * @returns what to call when the child has ended
 */
function guard(child: ChildProcess): () => void {
  const { pid } = child;
  // Without groups and a shell (Windows) a program ends when it writes into its closed output.
  if (!hasGroups || pid === undefined) return () => undefined;
  if (!guardian || guardian.exitCode !== null || guardian.signalCode !== null) {
    const started = spawn('/bin/sh', ['-c', guardScript], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    started.on('error', () => undefined);
    started.stdin.on('error', () => undefined);
    started.unref();
    (started.stdin as unknown as { unref(): void }).unref();
    guardian = started;
  }
  const { stdin } = guardian;
  stdin?.write(`+ ${pid}\n`);
  return () => {
    stdin?.write(`- ${pid}\n`);
  };
}
