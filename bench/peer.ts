// A peer is a program that answers one JSON line with another (bench/peers/answering.py): it is started once and asked
// many times, so that its measurements and ours alternate in one run. One that cannot run is missing, with a reason.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { PeerMissing } from './peer-missing.js';
import type { PeerTaken } from './timing.js';

/** Scripts stay where they are written; the compiled benchmarks lie in dist/bench. */
export const peerFolder = join(process.cwd(), 'bench', 'peers');
/** What runs peers; `npm run bench -- peers` sets it to the environment that it makes. */
const python = (): string => process.env['ASR_BENCH_PYTHON'] ?? '/usr/bin/python3';

type Command = Readonly<Record<string, unknown>>;

export class Peer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  constructor(
    private readonly script: string,
    program = python(),
  ) {
    this.#process = spawn(program, [join(peerFolder, script)], {
      stdio: 'pipe',
      // Like ours, its threads sleep while they wait: on a shared machine it would lose far more by spinning.
      env: { OMP_WAIT_POLICY: 'PASSIVE', ...process.env },
    });
    this.#process.stderr.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-2000);
    });
    this.#process.on('error', (error) => {
      this.#errors += error.message;
    });
    this.#process.stdin.on('error', () => undefined); // a peer that ended is reported by ask()
    this.#answers = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  /** @throws PeerMissing with the reason, or with the end of the peer's messages when it has ended */
  async ask<T>(command: Command): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) {
      const said = this.#errors.trim().split('\n').at(-1);
      throw new PeerMissing(said === undefined || said === '' ? `bench/peers/${this.script} ended` : said);
    }
    const found = JSON.parse(answer.value) as { readonly missing?: string; readonly failed?: string };
    const reason = found.missing ?? found.failed;
    if (reason !== undefined) throw new PeerMissing(reason);
    return found as T;
  }

  /** One measurement. */
  async time<T extends PeerTaken = PeerTaken>(command: Command): Promise<T> {
    const taken = await this.ask<T>(command);
    if (!(taken.ms > 0 && taken.cpuMs >= 0)) throw new PeerMissing(`${String(command['do'])} gave no time`);
    return taken;
  }

  close(): void {
    this.#process.stdin.end();
  }
}

/** Starts a peer, or says why not at each of its duels. */
export class Opponent {
  readonly #peer: Peer;
  readonly #started: Promise<unknown>;

  constructor(script: string, start: Command) {
    this.#peer = new Peer(script);
    this.#started = this.#peer.ask({ do: 'start', ...start });
    this.#started.catch(() => undefined); // told by whoever asks for a time
  }

  async time<T extends PeerTaken = PeerTaken>(command: Command): Promise<T> {
    await this.#started;
    return this.#peer.time<T>(command);
  }

  close(): void {
    this.#peer.close();
  }
}
