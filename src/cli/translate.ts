// `asr translate`: a text in one of the two languages of a run of sentence-translation in, the same in the other out,
// line by line; with a reference BLEU and chrF (docs/translation.md).
import type { Command } from 'commander';
import { emitJson, given, NumberOption, type JsonOption } from './options.js';

interface TranslateOptions extends JsonOption {
  readonly model?: string;
  readonly back?: true;
  readonly ref?: string;
  readonly threads: string;
}

export function addTranslateCommand(program: Command): void {
  program
    .command('translate')
    .description('a text into the other language of a run of sentence-translation (docs/translation.md)')
    .argument('<text>', 'one sentence a line; - for standard input')
    .requiredOption('--model <run>', 'the folder of that run', given)
    .option('--back', "from the target's language into the source's")
    .option('--ref <text>', 'its translation, line by line: BLEU and chrF without capitals', given)
    .addOption(new NumberOption('--threads <n>', 'sentences translated at once', { least: 1, most: 1024 }).default('1'))
    .option('--json', 'with --ref one line of JSON: sentences, bleu, chrf; else a string a line')
    .action(translateCommand);
}

async function translateCommand(text: string, options: TranslateOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { readLines } = await import('../core/lines.js');
  const { openTranslator } = await import('../translation/translator-record.js');
  const { translateSentences } = await import('../translation/translator.js');
  const { lineOf, tokensOf } = await import('../translation/tokens.js');
  const files = await openTranslator(options.model ?? '', options.back === true);
  const linesOf = async (path: string): Promise<string[]> => {
    const lines: string[] = [];
    for await (const line of readLines(path)) lines.push(line);
    return lines;
  };
  const [lines, wanted] = [await linesOf(text), options.ref === undefined ? [] : await linesOf(options.ref)];
  if (lines.length === 0)
    throw new AsrError('input', `${text}: no line in it`, 'Give a text with one sentence a line.');
  if (options.ref !== undefined && wanted.length !== lines.length)
    throw new AsrError(
      'input',
      `${options.ref}: ${wanted.length} lines, ${text} has ${lines.length}`,
      'Line by line, one must be the translation of the other.',
    );
  const made = await translateSentences(files, lines.map(tokensOf), { threads: Number(options.threads) });
  const out = made.map(lineOf);
  if (options.ref === undefined) {
    for (const line of out) process.stdout.write(`${options.json ? JSON.stringify(line) : line}\n`);
    return;
  }
  const { translationScores } = await import('../score/bleu.js');
  const { bleu, chrf } = translationScores(
    out.map((line, i) => [line, wanted[i] ?? ''] as const),
    true,
  );
  if (options.json) return emitJson({ sentences: out.length, bleu, chrf });
  for (const line of out) process.stdout.write(`${line}\n`);
  process.stderr.write(`BLEU ${bleu.toFixed(2)}, chrF ${chrf.toFixed(2)} over ${out.length} sentences\n`);
}
