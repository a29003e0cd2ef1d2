// A peer is a program that answers one JSON line with another: it is started once and asked many times, so that
// its measurements and ours alternate within one run.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { AsrError } from '../src/core/errors.js';

/** Scripts stay where they are written; the compiled benchmarks lie in dist/bench. */
const folder = join(process.cwd(), 'bench', 'peers');
export const python = process.env['ASR_BENCH_PYTHON'] ?? '/usr/bin/python3';

export class Peer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  constructor(
    private readonly script: string,
    program = python,
  ) {
    this.#process = spawn(program, [join(folder, script)], {
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

  /** @throws AsrError 'dependency' with the end of the peer's messages when it has ended */
  async ask<T>(command: Readonly<Record<string, unknown>>): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    const answer = await this.#answers.next();
    if (answer.done === true) {
      throw new AsrError(
        'dependency',
        `bench/peers/${this.script} ended: ${this.#errors.trim().split('\n').at(-1) ?? 'no message'}`,
        'apt-get install python3-torch python3-torchaudio python3-sklearn libopenblas0-pthread (and on systems ' +
          'other than Debian set ASR_BENCH_PYTHON).',
      );
    }
    return JSON.parse(answer.value) as T;
  }

  close(): void {
    this.#process.stdin.end();
  }
}
