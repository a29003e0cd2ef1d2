// What `asr new` asks on a terminal: one question after the other, each until its answer has no problem, and how words
// become phones.
import type { PronunciationChoice } from '../recipe/new-recipe.js';

export interface Interview {
  /** The option's value, or an answer that has no problem. */
  ask(
    value: string | undefined,
    option: string,
    question: string,
    problem: (answer: string) => string | undefined,
  ): Promise<string>;
  close(): void;
}

export async function openQuestions(): Promise<Interview> {
  const { AsrError } = await import('../core/errors.js');
  const { createInterface } = await import('node:readline/promises');
  // Questions go to stderr: stdout is for the result.
  const terminal = process.stdin.isTTY ? createInterface({ input: process.stdin, output: process.stderr }) : undefined;
  const gone = new Promise<undefined>((done) => {
    terminal?.once('close', () => {
      done(undefined);
    });
  });
  return {
    async ask(value, option, question, problem) {
      if (value !== undefined) {
        const found = problem(value);
        if (found === undefined) return value;
        throw new AsrError('usage', `${option} ${value}: ${found}`, 'Check the path or the word.');
      }
      if (!terminal)
        throw new AsrError(
          'usage',
          `asr new: ${option} is missing`,
          `${question}. On a terminal it would be asked for.`,
        );
      for (;;) {
        const answer = (await Promise.race([terminal.question(`${question}: `), gone]))?.trim();
        if (answer === undefined) throw new AsrError('usage', `asr new: no answer, and ${option} is missing`);
        const found = answer === '' ? 'an empty answer' : problem(answer);
        if (found === undefined) return answer;
        process.stderr.write(`  ${found}\n`);
      }
    },
    close() {
      terminal?.close();
    },
  };
}

const phonemizers = ['espeak', 'letters', 'phones'];

export async function choosePronunciation(
  language: string,
  options: { readonly phonemizer?: string; readonly lexicon?: string },
  questions: Interview,
): Promise<{ pronunciation: PronunciationChoice; lexicon?: string }> {
  const { fileProblem } = await import('../recipe/new-recipe.js');
  const { isSpoken } = await import('../recipe/is-spoken.js');
  const { AsrError } = await import('../core/errors.js');
  if (options.lexicon !== undefined)
    return {
      pronunciation: 'lexicon',
      lexicon: await questions.ask(options.lexicon, '--lexicon', 'Lexicon', fileProblem),
    };
  const spoken = await isSpoken(language);
  if (options.phonemizer === undefined && spoken) return { pronunciation: 'espeak' };
  const wrong = (answer: string): string | undefined =>
    phonemizers.includes(answer) ? undefined : `expected ${phonemizers.join(', ')}`;
  const isLexicon = (answer: string): boolean => wrong(answer) !== undefined && fileProblem(answer) === undefined;
  const question =
    `eSpeak NG does not speak "${language}". How do words become phones: ` +
    'letters, phones, or the path of a lexicon';
  const choice = await questions.ask(options.phonemizer, '--phonemizer or --lexicon', question, (answer) =>
    options.phonemizer === undefined && isLexicon(answer) ? undefined : wrong(answer),
  );
  if (isLexicon(choice)) return { pronunciation: 'lexicon', lexicon: choice };
  if (choice === 'espeak' && !spoken)
    throw new AsrError(
      'usage',
      `eSpeak NG has no voice "${language}", or is not installed`,
      'Give a code such as sw, de or es-419, or --lexicon FILE, or --phonemizer letters.',
    );
  return { pronunciation: choice as PronunciationChoice };
}
