// `asr regress`: runs the recipes of a suite, compares them with their history, and
// says in one line each what is worse.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createLog } from '../core/log.js';
import { collect, emitJson, given, type JsonOption } from './options.js';
import type { History } from '../regress/history.js';
import type { Suite, SuiteEntry } from '../regress/suite.js';
import type { CommandContext } from './context.js';

interface RegressOptions extends JsonOption {
  readonly history: string;
  readonly work: string;
  readonly corpora: string;
  readonly only: readonly string[];
  readonly bless?: boolean;
  readonly note: string;
  readonly dryRun?: boolean;
  readonly page?: string;
  readonly summary?: string;
  readonly badge?: string;
  readonly issue?: boolean;
}

export function addRegressCommand(program: Command, context: CommandContext): void {
  program
    .command('regress')
    .description(
      'run a suite of recipes, and fail where one is worse than its history by more than the noise between seeds',
    )
    .argument('[suite]', 'YAML file of recipes with budgets, for instance suites/nightly.yaml', given)
    .option('--history <file>', 'SQLite file that results are added to', given, 'runs/regress/history.sqlite')
    .option('--work <folder>', 'where the recipes run', given, 'runs/regress')
    .option(
      '--corpora <folder>',
      'where the `data` of the suite starts (default: ASR_CORPORA, or the current folder)',
      given,
      process.env['ASR_CORPORA'] ?? '.',
    )
    .option('--only <name>', 'only this recipe of the suite; may be repeated', collect, [])
    .option('--bless', 'run nothing: accept the last results as the new reference')
    .option('--note <text>', 'why, kept with --bless', '')
    .option('--dry-run', 'only say what would run, and what it would be compared with')
    .option('--page <file>', 'write the page of all trends; without a suite nothing else is done', given)
    .option(
      '--summary <file>',
      'add a table of the night to this Markdown file, such as the summary of a CI step',
      given,
    )
    .option('--badge <file>', 'write the state as JSON that shields.io makes a badge of', given)
    .option('--issue', 'through gh: open an issue for a bad night, add to the open one, close it after a good one')
    .option('--json', 'one line of JSON for each recipe: name, verdict, reason')
    .action((suite: string | undefined, options: RegressOptions) => regressCommand(suite, options, context));
}

async function regressCommand(
  path: string | undefined,
  options: RegressOptions,
  context: CommandContext,
): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { History: HistoryFile } = await import('../regress/history.js');
  if (path === undefined && options.page === undefined)
    throw new AsrError(
      'usage',
      'regress: no suite is given',
      'For example: asr regress suites/nightly.yaml; or --page FILE for the page alone.',
    );
  const history = await HistoryFile.open(options.history);
  try {
    if (path !== undefined) await withSuite(path, history, options, context);
  } finally {
    if (options.page !== undefined && options.dryRun !== true) {
      const { writeTrendPage } = await import('../regress/page.js');
      await writeTrendPage(history, options.page);
    }
  }
}

const print = (lines: readonly string[]): void => {
  for (const line of lines) process.stdout.write(`${line}\n`);
};

async function withSuite(
  path: string,
  history: History,
  options: RegressOptions,
  context: CommandContext,
): Promise<void> {
  const { loadSuite } = await import('../regress/suite.js');
  const { blessLast, checkRecipes, planLines, selectEntries } = await import('../regress/suite-run.js');
  const suite = await loadSuite(path);
  const entries = selectEntries(suite, options.only);
  if (options.bless === true) {
    await history.alone(async () => {
      print(await blessLast(entries, history, options.note));
    });
    return;
  }
  await checkRecipes(entries);
  if (options.dryRun === true) {
    print(await planLines(suite, entries, history, options.corpora));
    return;
  }
  await history.alone(() => runNights(suite, entries, history, options, context));
}

async function runNights(
  suite: Suite,
  entries: readonly SuiteEntry[],
  history: History,
  options: RegressOptions,
  context: CommandContext,
): Promise<void> {
  const { runSuite } = await import('../regress/suite-run.js');
  const { readEnvironment } = await import('../regress/environment.js');
  const { exitCodeOf } = await import('../regress/verdicts.js');
  const { withInterrupt } = await import('./interrupt.js');
  const environment = await readEnvironment();
  const outcomes = await withInterrupt(
    (signal) =>
      runSuite(
        entries,
        {
          suite,
          history,
          environment,
          corpora: resolve(options.corpora),
          work: resolve(options.work),
          log: createLog(),
          signal,
        },
        (outcome) => {
          if (options.json) emitJson(outcome);
          else print([`${outcome.name}: ${outcome.reason}`]);
        },
      ),
    'The same command begins the interrupted recipe anew.',
  );
  const { appendSummary, tellIssue, writeBadge } = await import('../regress/alerts.js');
  if (options.summary !== undefined) await appendSummary(options.summary, suite.name, outcomes);
  if (options.badge !== undefined) await writeBadge(options.badge, suite.name, outcomes);
  if (options.issue === true) {
    const whole = outcomes.length === suite.entries.length;
    process.stderr.write(`${await tellIssue(suite.name, outcomes, whole)}\n`);
  }
  context.setExitCode(exitCodeOf(outcomes.map(({ verdict }) => verdict)));
}
