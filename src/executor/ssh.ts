// The executor for machines without a queue: each piece is a program that ssh starts on a free host, tied to the run by
// its input. A host that dies or cannot be reached loses its piece to another one, and is named.
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { AsrError, toAsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { pieceIsFinished, type Executor, type PieceWork } from '../core/pieces.js';
import { startProgress } from '../core/progress.js';
import type { PieceTime } from '../core/stage.js';
import type { ExecutorConfig } from './config.js';
import { endJobs } from './slurm.js';
import { readHosts, type Host } from './ssh-hosts.js';
import {
  becomesVisible,
  comesAgain,
  failureFile,
  logFolder,
  ownerFile,
  pieceError,
  quoted,
  readFailure,
  readTimes,
  toldExit,
  writeTaskList,
} from './task-files.js';

/** A host whose power went says nothing: it is lost after 15 s. */
const options = ['BatchMode=yes', 'ConnectTimeout=15', 'ServerAliveInterval=5', 'ServerAliveCountMax=3'];
const idleMs = 200;
/** For the task to save what it has, and a little for the way. */
const graceMs = 12_000;

export function sshExecutor(config: ExecutorConfig): Executor {
  return {
    width: (pieces) => Math.max(2, pieces), // even a single piece belongs on the hosts
    make: (work, names, log, signal) => new SshBatch(config, work, names, log, signal).run(),
    prepare: endJobs, // tasks of an earlier run ended with it
  };
}

class SshBatch {
  readonly #queue: string[];
  readonly #left: Set<string>;
  readonly #attempts = new Map<string, number>();
  #failure: AsrError | undefined;
  #list = '';

  constructor(
    private readonly config: ExecutorConfig,
    private readonly work: PieceWork,
    private readonly names: readonly string[],
    private readonly log: Log,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#queue = [...names];
    this.#left = new Set(names);
  }

  async run(): Promise<readonly PieceTime[]> {
    const { work, names, log, config, signal } = this;
    const hosts = await readHosts(config.ssh.hosts);
    await mkdir(logFolder(work.out), { recursive: true });
    const compute = { ...work.compute, threads: work.compute.threads || config.ssh.cpus };
    this.#list = await writeTaskList({ ...work, compute }, names);
    const slots = hosts.flatMap((host) => Array.from({ length: host.slots }, () => host));
    log.info(`${names.length} pieces, ${slots.length} at once on ${hosts.map(({ name }) => name).join(', ')}`);
    const progress = startProgress(log, work.stage, names.length, 'pieces');
    const serve = async (host: Host): Promise<void> => {
      try {
        await this.#serve(host, () => {
          progress.update(names.length - this.#left.size);
        });
      } catch (thrown) {
        this.#failure ??= toAsrError(thrown);
      }
    };
    await Promise.all(slots.map(serve));
    progress.finish();
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    if (this.#left.size > 0)
      throw new AsrError(
        'io',
        `${work.stage}: no host is left: ${hosts.map(({ name, lastWords }) => `${name} (${lastWords})`).join('; ')}`,
        `Does \`ssh ${hosts[0]?.name ?? ''}\` work without a password? The same command continues.`,
      );
    return readTimes(work.out, names);
  }

  /** One slot: piece after piece, until none is left anywhere or the host is left out. */
  async #serve(host: Host, onFinished: () => void): Promise<void> {
    while (this.#left.size > 0 && !this.#failure && !host.isLeftOut) {
      this.signal?.throwIfAborted();
      const name = host.isFree ? this.#queue.shift() : undefined;
      if (name === undefined) {
        // Those under way on other hosts may come back.
        await wait(idleMs, undefined, this.signal ? { signal: this.signal } : {});
        continue;
      }
      if (await this.#make(name, host)) {
        this.#left.delete(name);
        host.finish();
        onFinished();
      } else if (this.#left.has(name)) this.#queue.unshift(name);
    }
  }

  /** @returns whether the piece is there */
  async #make(name: string, host: Host): Promise<boolean> {
    const { work, signal } = this;
    const attempt = `${host.name} ${randomUUID()}`;
    await rm(failureFile(work.out, name), { force: true });
    const { code, words, log } = await this.#start(name, host, attempt);
    signal?.throwIfAborted();
    if (code === 0 && (await becomesVisible(() => pieceIsFinished(work.out, name), signal))) return true;
    if (code === toldExit) await becomesVisible(() => pieceIsFinished(work.out, name) || this.#hasTold(name), signal);
    if (pieceIsFinished(work.out, name)) return true;
    const told = await readFailure(work.out, name);
    const hasBegun = told !== undefined || code === 0 || read(ownerFile(work.out, name)) === attempt;
    if (!hasBegun || code === 255) {
      host.lose(words);
      const then = host.isLeftOut ? 'the host is left out from now on' : 'it is tried again in a while';
      this.log.warn(`${host.name}: lost (${words}); ${name} goes to a free host; ${then}`);
      return false;
    }
    const attempts = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempts);
    const how =
      code === 0
        ? `${host.name} made it, and it does not appear in ${work.out}`
        : `on ${host.name} it ended without a word (killed or out of memory, code ${code})`;
    if (!comesAgain(told) && attempts < this.config.ssh.attempts) {
      this.log.warn(`${name}: ${told?.message ?? how}; it is tried again`);
      return false;
    }
    const hint = code === 0 ? 'Do all hosts share the folder of the run?' : 'Has the host memory for so many slots?';
    this.#failure ??= await pieceError(`${work.stage} ${name}`, told, { how, hint, log });
    return false;
  }

  #hasTold(name: string): boolean {
    return read(failureFile(this.work.out, name)) !== '';
  }

  /** @returns how ssh ended, 255 where the host was lost, with the last line that came from it */
  async #start(name: string, host: Host, attempt: string): Promise<{ code: number; words: string; log: string }> {
    const { ssh } = this.config;
    const program = fileURLToPath(new URL('./remote-task.js', import.meta.url));
    const task = [process.execPath, program, this.#list, String(this.names.indexOf(name)), attempt, 'tied'];
    // Not by exec: ssh gives 255 for what a signal ended, as if the host were lost; the shell says which.
    const script = `${ssh.setup}\n${task.map(quoted).join(' ')}\nexit $?`;
    const [file, args] = host.isThisMachine
      ? (['sh', ['-c', script]] as const)
      : ([
          'ssh',
          [...ssh.flags, '-T', ...options.flatMap((one) => ['-o', one]), host.name, '--', `sh -c ${quoted(script)}`],
        ] as const);
    const path = join(logFolder(this.work.out), `${this.work.stage}-${name}.log`);
    const log = createWriteStream(path, { flags: 'a' });
    log.write(`on ${host.name}:\n`);
    // A group of its own: ctrl-C reaches the run alone, which then ends the task's input.
    const child = spawn(file, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    let words = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        log.write(chunk);
        words = (words + chunk.toString()).slice(-2000);
      });
    child.stdin.on('error', () => undefined);
    const abort = (): void => {
      child.stdin.end();
      setTimeout(() => child.kill('SIGKILL'), graceMs).unref();
    };
    this.signal?.addEventListener('abort', abort, { once: true });
    try {
      const code = await new Promise<number>((done, fail) => {
        child.once('error', (error) => {
          fail(new AsrError('dependency', `${file} cannot be started: ${error.message}`, 'Is ssh installed?', error));
        });
        child.once('close', (status) => {
          done(status ?? 255);
        });
      });
      return { code, words: words.trim().split('\n').at(-1) ?? '', log: path };
    } finally {
      this.signal?.removeEventListener('abort', abort);
      log.end();
      await once(log, 'close');
    }
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
