// `asr climb`: other settings of a recipe tried one after the other, and the best told by the label-free metric.
import { basename, dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { writeFileDurably } from '../core/durable.js';
import { createLog } from '../core/log.js';
import { quotedCommand } from '../core/shown.js';
import type { Climbed, Try } from '../recipe/climb.js';
import { alignedTable } from './aligned-table.js';
import { collect, emitJson, given, type JsonOption, NumberOption } from './options.js';

interface ClimbCommandOptions extends JsonOption {
  readonly over: readonly string[];
  readonly data?: string;
  readonly run?: string;
  readonly share?: string;
  readonly set: readonly string[];
  readonly minutes?: string;
  readonly search: 'climb' | 'grid' | 'random';
  readonly tries?: string;
}

export function addClimbCommand(program: Command): void {
  program
    .command('climb')
    .description('try other settings of a recipe, up to learn, from one to a better neighbour by the label-free metric')
    .argument('<recipe>', 'name of a recipe that comes with asr, or the path of a YAML file', given)
    .option(
      '--over <key=values>',
      'a setting and its values, for instance clusters.count=64,128,256; may be repeated',
      collect,
      [],
    )
    .addOption(
      new Option(
        '--search <way>',
        'climb: from one to a better neighbour; grid: every combination; random: some of them',
      )
        .choices(['climb', 'grid', 'random'])
        .default('climb'),
    )
    .addOption(
      new NumberOption('--tries <number>', 'combinations of --search random (default: 20)', { least: 1, most: 10_000 }),
    )
    .option('--data <folder>', 'where the corpus is', given)
    .option('--run <folder>', 'where the tries go, each a run folder (default: runs/<name of the recipe>-climb)', given)
    .option(
      '--share <run>',
      'a run whose finished stages serve too (default: runs/<name of the recipe>, where it exists)',
      given,
    )
    .option('--set <key=value>', 'change one setting of every try; may be repeated', collect, [])
    .addOption(
      new NumberOption('--minutes <number>', 'begin no try after so long; the same command goes on later', {
        least: 0,
        most: 1_000_000,
        fractions: true,
      }),
    )
    .option(
      '--json',
      'one line of JSON for each try: folder, values, metric, logLikelihood, soundPerplexity, state, best',
    )
    .action(climbCommand);
}

async function climbCommand(recipe: string, options: ClimbCommandOptions): Promise<void> {
  const minutes = options.minutes === undefined ? undefined : Number(options.minutes);
  const tries = options.tries === undefined ? undefined : Number(options.tries);
  const { climbRecipe } = await import('../recipe/climb.js');
  const { withInterrupt } = await import('./interrupt.js');
  const climbed = await withInterrupt((signal) =>
    climbRecipe({ ...options, recipe, minutes, tries }, createLog(), signal),
  );
  const records = climbed.tries.map((one) => recordOf(one, climbed));
  const page = await written(climbed, records);
  if (options.json) {
    records.forEach(emitJson);
    return;
  }
  process.stdout.write(table(climbed));
  if (page !== undefined) process.stderr.write(`${page}: settings and curves of all tries\n`);
  if (climbed.ended === 'stopped')
    process.stdout.write('Time is over, and not every neighbour was tried: the same command goes on.\n');
  if (climbed.best?.run === undefined) return;
  const overBlocks = climbed.keys.includes('features.layer');
  const set = [...options.set, ...climbed.keys.map((key, i) => `${key}=${climbed.best?.values[i] ?? ''}`)];
  const data = options.data === undefined ? [] : ['--data', options.data];
  // Tries of blocks are made short; the run itself is not, and learns anew.
  const words = overBlocks
    ? climbed.keys.flatMap((key, i) => ['--set', `${key}=${climbed.best?.values[i] ?? ''}`])
    : ['--run', climbed.best.folder, ...set.flatMap((one) => ['--set', one])];
  const what = overBlocks ? 'Learn with the best' : 'Finish the best';
  process.stdout.write(`${what}: ${quotedCommand(['asr', 'run', recipe, ...data, ...words])}\n`);
}

const recordOf = (one: Try, { keys, best }: Climbed) => ({
  folder: one.folder,
  values: Object.fromEntries(keys.map((key, i) => [key, one.values[i]])),
  metric: finite(one.run?.score.metric),
  logLikelihood: likelihood(one),
  soundPerplexity: finite(one.run?.soundPerplexity),
  state: one.run?.state ?? 'failed',
  best: one === best,
});

/** The page and the record beside the tries. @returns the page */
async function written({ tries, keys, best }: Climbed, records: readonly object[]): Promise<string | undefined> {
  const [first] = tries;
  if (!first) return undefined;
  const root = dirname(first.folder);
  const page = join(root, 'climb.html');
  await writeFileDurably(join(root, 'climb.json'), `${JSON.stringify(records, null, 1)}\n`);
  const { writeClimbPage } = await import('../report/climb-page.js');
  const shown = tries.map((one) => ({
    ...{ values: one.values, folder: one.folder, best: one === best },
    ...(one.run && { run: { name: one.run.name, metric: one.run.soundPerplexity ?? one.run.score.metric } }),
  }));
  const measure = tries.some(hearsAlone) ? 'perplexity of the sound alone' : 'metric';
  await writeClimbPage(page, basename(root), keys, shown, measure);
  return page;
}

/** Rounds of a bootstrap are chosen by what they hear without the text. */
const hearsAlone = ({ run }: Try): boolean => run?.soundPerplexity !== undefined;
const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
/** Of a frame, where the chosen run is an HMM. */
const likelihood = ({ run }: Try): number | null => (run?.method === 'hmm' && run.loss !== null ? -run.loss : null);
function table({ keys, tries, best }: Climbed): string {
  const alone = tries.some(hearsAlone);
  const rows = [
    [' ', ...keys, ...(alone ? ['SOUND ALONE'] : []), 'METRIC', 'LIKELIHOOD', 'STATE'],
    ...tries.map((one) => [
      one === best ? '*' : ' ',
      ...one.values,
      ...(alone ? [finite(one.run?.soundPerplexity)?.toFixed(2) ?? '-'] : []),
      finite(one.run?.score.metric)?.toFixed(2) ?? '-',
      likelihood(one)?.toFixed(3) ?? '-',
      one.run === undefined
        ? `failed: ${one.failure ?? ''}`
        : `${one.run.state}${one.run.reason === '' ? '' : `: ${one.run.reason}`}`,
    ]),
  ];
  return alignedTable(
    rows,
    rows[0]!.slice(0, -1).map((_, column) => column),
  );
}
