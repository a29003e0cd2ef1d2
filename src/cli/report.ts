// `asr report`: where the page of a run is; it is made where there is none yet. Several runs: a page of them all.
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { emitJson, type JsonOption } from './options.js';

interface ReportOptions extends JsonOption {
  readonly out?: string;
}

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description(
      'the page of a run: numbers, curves, errors, utterances with sound; prints its path. Of several runs: a page ' +
        'with their numbers side by side and their curves over each other',
    )
    .argument('<runs...>', 'folders of finished runs')
    .option('--out <file>', 'where the page of several runs goes (default: runs.html beside the first of them)')
    .option('--json', 'one line of JSON: report, bytes')
    .action(reportCommand);
}

async function reportCommand(runs: readonly string[], options: ReportOptions): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const report = await (runs.length === 1 ? reportOfOne(runs[0]!, options) : reportOfSeveral(runs, options));
  if (options.json) emitJson({ report, bytes: (await stat(report)).size });
  else process.stdout.write(`${report}\n`);
}

async function reportOfOne(run: string, { out }: ReportOptions): Promise<string> {
  const { AsrError } = await import('../core/errors.js');
  const { createLog } = await import('../core/log.js');
  const { reportOfRun } = await import('../recipe/report-run.js');
  if (out !== undefined)
    throw new AsrError('usage', '--out is for the page of several runs', "A run's own page is in its report folder.");
  return reportOfRun(run, createLog());
}

async function reportOfSeveral(runs: readonly string[], { out }: ReportOptions): Promise<string> {
  const { existsSync } = await import('node:fs');
  const { AsrError } = await import('../core/errors.js');
  const { writeRunsPage } = await import('../report/runs-page.js');
  const folders = runs.map((run) => resolve(run));
  const missing = folders.find((folder) => !existsSync(join(folder, 'learn', 'runs.jsonl')));
  if (missing !== undefined)
    throw new AsrError(
      'usage',
      `${missing}: no run whose stage learn is finished`,
      'Give folders that `asr run` wrote into; `asr runs` lists those below a folder.',
    );
  const page = resolve(out ?? join(dirname(folders[0]!), 'runs.html'));
  const short = folders.map((folder) => basename(folder));
  // Runs of one name are told apart by where they are.
  const unique = new Set(short).size === short.length;
  await writeRunsPage(
    page,
    folders.map((folder, i) => ({ name: unique ? short[i]! : runs[i]!, folder })),
  );
  return page;
}
