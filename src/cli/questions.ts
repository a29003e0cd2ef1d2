// Questions to a person and their answers, line by line: on a terminal, or from a pipe whose lines are the answers.
// Questions go to stderr, since stdout is for the result.
import { createInterface, type Interface } from 'node:readline';
import { AsrError } from '../core/errors.js';

export interface AskedQuestion {
  readonly about: string;
  /** What an empty answer means; '' where it means none. Undefined where there has to be an answer. */
  readonly standard: string | undefined;
  /** What is wrong with an answer; undefined where nothing is. */
  readonly problem?: (answer: string) => string | undefined;
}

/** Answers from a pipe that cannot be are not asked for for ever. */
const mostTries = 20;

export class Questions {
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string, undefined>;
  #interrupted = false;

  constructor() {
    const { stdin, stderr } = process;
    this.#lines = createInterface({ input: stdin, output: stderr, terminal: stdin.isTTY });
    this.#lines.on('SIGINT', () => {
      this.#interrupted = true;
      this.#lines.close();
    });
    this.#answers = this.#lines[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
  }

  /** @throws AsrError 'interrupted' at ctrl-C, 'usage' where the input ends before the answer */
  async ask({ about, standard, problem }: AskedQuestion): Promise<string> {
    for (let tries = 0; tries < mostTries; tries++) {
      this.#lines.setPrompt(`${about}${standard === undefined ? '' : ` [${standard === '' ? 'none' : standard}]`}: `);
      this.#lines.prompt();
      const line = await this.#answers.next();
      if (this.#interrupted) throw new AsrError('interrupted', 'asr new: interrupted; nothing was written', '');
      if (line.done === true)
        throw new AsrError(
          'usage',
          `asr new: the input ended at the question "${about}"; nothing was written`,
          'Each line is an answer, an empty one takes what stands in brackets.',
        );
      const typed = line.value.trim();
      const answer = typed === '' || (typed === 'none' && standard === '') ? standard : typed;
      const found = answer === undefined ? 'an answer is needed' : answer === standard ? undefined : problem?.(answer);
      if (answer !== undefined && found === undefined) return answer;
      process.stderr.write(`  ${found ?? ''}\n`);
    }
    throw new AsrError('usage', `asr new: no answer to "${about}" that can be used; nothing was written`);
  }

  /** Something to read before the next question. */
  say(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  close(): void {
    this.#lines.close();
  }
}
