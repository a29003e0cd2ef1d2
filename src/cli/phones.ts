// `asr phones`: the inventory of a language or of a recipe's text: counts, an example word each, and what the chart of
// the IPA says of it; as a table, as JSON, or as a page on which the synthesiser speaks them.
import type { Command } from 'commander';
import { collect, emitJson, given, spokenHelp, type JsonOption } from './options.js';
import type { Inventory } from '../text/inventory.js';

interface PhonesOptions extends JsonOption {
  readonly text?: string;
  readonly data?: string;
  readonly run?: string;
  readonly set: readonly string[];
  readonly page?: string;
  readonly missing?: string;
}

export function addPhonesCommand(program: Command): void {
  program
    .command('phones')
    .description('the phones of a language, a recipe, a run or a model: counts, an example word and features of each')
    .argument('<recipe-or-language>', spokenHelp, given)
    .option(
      '--text <file>',
      "text to count in, one sentence a line (default: the recipe's own; for a language: numbers)",
      given,
    )
    .option('--data <folder>', 'folder of the corpus, where the recipe needs one', given)
    .option('--run <folder>', "folder of the recipe's run, where its corpus was prepared", given)
    .option('--set <key=value>', 'change a setting, for instance text.stripLength=true; may be repeated', collect, [])
    .option('--page <file>', 'also write a page with the sound of each, where eSpeak NG speaks the language', given)
    .option(
      '--missing <file>',
      'also write the words without a pronunciation, by frequency: a lexicon to fill in',
      given,
    )
    .option('--json', 'one line of JSON for each phone: phone, count, share, example, features')
    .action(phonesCommand);
}

async function phonesCommand(source: string, options: PhonesOptions): Promise<void> {
  const { spokenBy } = await import('../recipe/spoken.js');
  const { createWordPronouncer } = await import('../text/pronounce.js');
  const { phoneInventory } = await import('../text/inventory.js');
  const { AsrError } = await import('../core/errors.js');
  const spoken = await spokenBy(source, options);
  if (options.text !== undefined && options.missing !== undefined) {
    const { refuseSameFile } = await import('../core/same-file.js');
    await refuseSameFile(options.text, options.missing);
  }
  const file = options.text ?? spoken.file;
  const counts = file === undefined ? await spokenNumbers(spoken.text.language) : await countsOf(file, spoken.text);
  const inventory = phoneInventory(counts, spoken.pronounce ?? (await createWordPronouncer(spoken.text, spoken.data)));
  if (inventory.rows.length === 0)
    throw new AsrError('input', `${file ?? source}: no word has a pronunciation`, 'Check the language and the text.');
  if (file === undefined)
    process.stderr.write(
      'No text was given: these are the phones of the numbers to 200, and some may be missing (--text FILE).\n',
    );
  if (options.json)
    for (const { exampleWord, ...row } of inventory.rows) emitJson({ ...row, exampleWord: exampleWord.join(' ') });
  else process.stdout.write(await table(inventory));
  if (options.missing !== undefined) {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(options.missing, inventory.missing.map(([word, count]) => `${word}\t\t${count}\n`).join(''));
  }
  if (inventory.missing.length > 0) {
    const some = inventory.missing.slice(0, 5).map(([word, count]) => `${word} (${count})`);
    process.stderr.write(`${inventory.missing.length} words have no pronunciation: ${some.join(', ')}\n`);
  }
  if (options.page !== undefined) {
    const { writePhonesPage } = await import('../report/phones-page.js');
    await writePhonesPage(options.page, source, inventory, spoken.text.language);
    process.stderr.write(`${options.page}\n`);
  }
}

type Text = Awaited<ReturnType<typeof import('../recipe/spoken.js').spokenBy>>['text'];

async function countsOf(file: string, text: Text): Promise<Map<string, number>> {
  const { countTokens } = await import('../text/sources.js');
  const { Rng } = await import('../core/rng.js');
  return countTokens(file, text, Rng.fromSeed(1).fork('text').fork('sample'));
}

/** Every language has words for numbers, and its voice knows them. */
async function spokenNumbers(language: string): Promise<Map<string, number>> {
  const { loadEspeak } = await import('../espeak/espeak.js');
  const espeak = await loadEspeak();
  espeak.phonemise('a', language);
  return new Map(Array.from({ length: 200 }, (_, number) => [`${number + 1}`, 1]));
}

async function table({ rows }: Inventory): Promise<string> {
  const { alignedTable } = await import('./aligned-table.js');
  const cells = rows.map(({ phone, count, share, example, exampleWord, description }) => [
    phone,
    `${count}`,
    `${(share * 100).toFixed(2)} %`,
    `${example} (${exampleWord.join(' ')})`,
    description === '' ? 'not on the chart of the IPA' : description,
  ]);
  return alignedTable([['phone', 'count', 'share', 'example', 'features'], ...cells], [1, 2]);
}
