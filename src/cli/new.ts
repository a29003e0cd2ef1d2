// `asr new`: from a folder of sound and a text to a recipe that runs. What no option says is asked for on a terminal.
import { Option, type Command } from 'commander';
import type { AsrError } from '../core/errors.js';
import { emitJson, given, type JsonOption, NumberOption } from './options.js';
import type { NewRecipe, WrittenRecipe } from '../recipe/new-recipe.js';
import { choosePronunciation, openQuestions } from './new-questions.js';

interface NewOptions extends JsonOption {
  readonly audio?: string;
  readonly text?: string;
  readonly phonemizer?: string;
  readonly lexicon?: string;
  readonly references?: string;
  readonly encoder?: string;
  readonly method?: 'bootstrap' | 'gan';
  readonly labelled?: string;
  readonly labelledLanguage?: string;
  readonly output?: string;
  readonly ask?: boolean;
  readonly page?: boolean;
  readonly port: string;
}

export function addNewCommand(program: Command): void {
  program
    .command('new')
    .description('write a recipe for a language: asks for what no option says')
    .argument(
      '[language]',
      'code of an eSpeak NG voice (sw, de, es-419), or any name where a lexicon or letters give the phones',
      given,
    )
    .option('--audio <folder>', 'folder of sound, or a corpus in any known layout', given)
    .option('--text <file>', 'text, one sentence a line, none of those that are said', given)
    .option(
      '--phonemizer <name>',
      'how words become phones: espeak, letters (each letter is one), or phones (the text holds phones)',
      given,
    )
    .option('--lexicon <file>', 'lines of word<TAB>p h o n e s, instead of a phonemizer', given)
    .option(
      '--encoder <name>',
      'hear through a published encoder: its name on the hub (asr fetch --list), or its folder',
      given,
    )
    .addOption(
      new Option(
        '--method <name>',
        'how to learn on its frames; default: bootstrap where eSpeak NG speaks, else gan',
      ).choices(['bootstrap', 'gan']),
    )
    .option('--references <file>', 'transcripts (id words…) for scoring, where there are any', given)
    .option(
      '--labelled <folder>',
      'transcribed recordings of another language, to learn from beside eSpeak NG (docs/bootstrap.md)',
      given,
    )
    .option('--labelled-language <code>', 'what is said in them, as an eSpeak NG voice', given)
    .option('--output <file>', 'the recipe (default: <language>.yaml)', given)
    .option('--ask', 'ask everything that no option says, one by one, with what was found as the answer')
    .option(
      '--page',
      'in a browser instead: write the recipe, check it, run it, see what goes on; files lie in this folder',
    )
    .addOption(
      new NumberOption('--port <number>', 'of the page; 0 takes any that is free', { least: 0, most: 65_535 }).default(
        '0',
      ),
    )
    .option('--json', 'end with one line of JSON on stdout')
    .action(newCommand);
}

async function newCommand(language: string | undefined, options: NewOptions): Promise<void> {
  if (options.page === true) return learnFromPage(options);
  if (options.ask === true) {
    const { askAll } = await import('./new-ask.js');
    const { writeNewRecipe } = await import('../recipe/new-recipe.js');
    const { AsrError } = await import('../core/errors.js');
    const wish = { ...(await askAll({ ...options, language })), labelled: labelledOf(options, AsrError) };
    return printed(await writeNewRecipe(wish), wish, options);
  }
  const { existsSync } = await import('node:fs');
  const { audioProblem, fileProblem, writeNewRecipe } = await import('../recipe/new-recipe.js');
  const { AsrError } = await import('../core/errors.js');
  if (language === undefined)
    throw new AsrError(
      'usage',
      'asr new: the language is missing',
      'asr new sw --audio FOLDER --text FILE; or asr new --ask, or --page.',
    );
  const output = options.output ?? `${language.replace(/[^\p{L}\p{N}_.-]+/gu, '-')}.yaml`;
  if (existsSync(output))
    throw new AsrError(
      'usage',
      `${output}: it exists already, and is kept`,
      'Choose another name with --output, or remove it first.',
    );
  const questions = await openQuestions();
  try {
    const audio = await questions.ask(options.audio, '--audio', 'Folder of sound', audioProblem);
    const text = await questions.ask(options.text, '--text', 'Text, one sentence a line', fileProblem);
    const { pronunciation, lexicon } = await choosePronunciation(language, options, questions);
    const wish = {
      language,
      audio,
      text,
      pronunciation,
      lexicon,
      references: options.references,
      encoder: options.encoder,
      method: options.method,
      labelled: labelledOf(options, AsrError),
      output,
    };
    printed(await writeNewRecipe(wish), wish, options);
  } finally {
    questions.close();
  }
}

function labelledOf({ labelled, labelledLanguage }: NewOptions, Refusal: typeof AsrError): NewRecipe['labelled'] {
  if (labelled === undefined && labelledLanguage === undefined) return undefined;
  if (labelled !== undefined && labelledLanguage !== undefined) return { folder: labelled, language: labelledLanguage };
  throw new Refusal(
    'usage',
    `asr new: --${labelled === undefined ? 'labelled' : 'labelled-language'} is missing`,
    'Give both: --labelled FOLDER --labelled-language CODE.',
  );
}

function printed(
  { path, layout, own, toFetch, findings }: WrittenRecipe,
  { audio, language, output }: NewRecipe,
  { json }: JsonOption,
): void {
  if (json) {
    emitJson({ recipe: path, layout: layout.layout, dir: layout.dir, findings });
    return;
  }
  const hint =
    own === undefined
      ? ''
      : `The folder looks like ${own}: asr run ${own} --data ${audio} --set text.language=${language} would ` +
        'divide its own transcripts into text and sound.\n';
  process.stdout.write(
    `${path}\n${findings.map((line) => `  ${line}\n`).join('')}${hint}` +
      `${toFetch === undefined ? '' : `First: asr fetch ${toFetch}\n`}Next: asr check ${output}\n`,
  );
}

/** The server of `asr serve --learn .`, without a model, with a token of its own in the address that is printed. */
async function learnFromPage({ port, json }: NewOptions): Promise<void> {
  const { randomBytes } = await import('node:crypto');
  const { createLog } = await import('../core/log.js');
  const { startServer } = await import('../serve/server.js');
  const { usualLimits } = await import('../serve/usual-limits.js');
  const { firstInterrupt } = await import('./interrupt.js');
  const log = createLog();
  const token = process.env['ASR_SERVE_TOKEN']?.trim() ?? randomBytes(24).toString('base64url');
  const server = await startServer({
    ...usualLimits,
    ...{ models: [], host: '127.0.0.1', port: Number(port), token, learn: '.', log },
  });
  const address = `${server.url}/new#token=${token}`;
  if (json) emitJson({ page: address });
  else process.stdout.write(`${address}\n`);
  log.info('open this address in a browser; ctrl-C ends the page and the run that it began');
  await firstInterrupt();
  await server.close();
}
