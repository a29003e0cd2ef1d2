// `asr phonemise`: lines of text to lines of phones, by the pronouncer of a recipe, a run or a model, or by a voice. A
// line stays a line, so that what belongs together stays together.
import type { Command } from 'commander';
import type { CommandContext } from './context.js';
import { collect, given, spokenHelp } from './options.js';

interface PhonemiseOptions {
  readonly model?: string;
  readonly data?: string;
  readonly run?: string;
  readonly set: readonly string[];
  readonly ids?: boolean;
}

/** As for files of which some could not be transcribed (docs/errors.md). */
const partialCode = 3;
const shownLines = 5;

export function addPhonemiseCommand(program: Command, context: CommandContext): void {
  program
    .command('phonemise')
    .alias('phonemize')
    .description(
      "the phones of lines of text, by the rules and words of a recipe, a run or a model, or by a language's voice",
    )
    .argument('[recipe-or-language]', `${spokenHelp}; with --model the text`, given)
    .argument('[file]', 'text, one sentence a line; - or nothing: stdin', given)
    .option('--model <folder>', 'a run, for instance runs/demo-es, or a model folder, instead of a recipe', given)
    .option('--ids', 'the first word of a line is an id, which is kept: `asr score --ref` reads the result')
    .option('--data <folder>', 'folder of the corpus, where the recipe needs one', given)
    .option('--run <folder>', "folder of the recipe's run, where its corpus was prepared", given)
    .option('--set <key=value>', 'change a setting, for instance text.stripLength=true; may be repeated', collect, [])
    .action((first: string | undefined, second: string | undefined, options: PhonemiseOptions) =>
      phonemiseCommand(first, second, options, context),
    );
}

async function phonemiseCommand(
  first: string | undefined,
  second: string | undefined,
  options: PhonemiseOptions,
  context: CommandContext,
): Promise<void> {
  const { spokenBy, spokenByModel } = await import('../recipe/spoken.js');
  const { createPronouncer } = await import('../text/pronounce.js');
  const { idAndRest, readLines, standardInput } = await import('../core/lines.js');
  const { AsrError } = await import('../core/errors.js');
  const { model } = options;
  if (model !== undefined && second !== undefined)
    throw new AsrError(
      'usage',
      `--model ${model} beside "${first}"`,
      'Name a recipe or language, or --model, not both.',
    );
  const file = model === undefined ? second : first;
  if (model === undefined && first === undefined)
    throw new AsrError('usage', 'nothing says how words are said', 'Name a recipe, a language or --model RUN.');
  const {
    text,
    data,
    pronounce: known,
  } = model === undefined ? await spokenBy(first!, options) : await spokenByModel(model, options);
  const pronounce = await createPronouncer(text, data, known);
  const unspoken: number[] = [];
  let number = 0;
  for await (const line of readLines(file ?? standardInput)) {
    number++;
    const [id, sentence] = options.ids ? idAndRest(line) : ['', line];
    if (options.ids && id === '' && line.trim() !== '')
      throw new AsrError('input', `line ${number}: no id`, 'With --ids each line is `id words`.');
    const phones = pronounce(sentence);
    if (!phones) unspoken.push(number);
    process.stdout.write(`${[...(id === '' ? [] : [id]), ...(phones ?? [])].join(' ')}\n`);
  }
  if (unspoken.length === 0) return;
  const some = unspoken.slice(0, shownLines).join(', ');
  const more = unspoken.length > shownLines ? ` and ${unspoken.length - shownLines} more` : '';
  process.stderr.write(
    `warning: ${unspoken.length} of ${number} lines have a word without a pronunciation, and are left empty: ` +
      `${some}${more}\n`,
  );
  context.setExitCode(partialCode);
}
