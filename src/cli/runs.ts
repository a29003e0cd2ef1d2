// `asr runs`: a table of runs with what is known of each.
import type { Command } from 'commander';
import type { ListedRun, RunOrder } from '../recipe/list-runs.js';
import { alignedTable } from './aligned-table.js';
import { emitJson, type JsonOption } from './options.js';

export function addRunsCommand(program: Command): void {
  program
    .command('runs')
    .description('list the runs of a folder: state, label-free metric, phone error rate when known, time, size')
    .argument('[folder]', 'folder of runs, or one run', 'runs')
    .option(
      '--sort <figure>',
      'name, metric, per, time, size or finished: best, shortest, smallest, latest first',
      'name',
    )
    .option('--json', 'one line of JSON a run: name, folder, state, next, metric, per, seconds, bytes, finished')
    .action(runsCommand);
}

async function runsCommand(folder: string, options: JsonOption & { readonly sort: string }): Promise<void> {
  const { listRuns, runOrders, sortRuns } = await import('../recipe/list-runs.js');
  const { AsrError } = await import('../core/errors.js');
  if (!(runOrders as readonly string[]).includes(options.sort))
    throw new AsrError('usage', `--sort ${options.sort}: expected ${runOrders.join(', ')}`);
  const runs = sortRuns(await listRuns(folder), options.sort as RunOrder);
  if (options.json) {
    for (const run of runs) emitJson(run);
    return;
  }
  if (runs.length === 0) process.stdout.write(`No runs in ${folder}.\n`);
  else process.stdout.write(await runsTable(runs));
}

async function runsTable(runs: readonly ListedRun[]): Promise<string> {
  const { duration, percent, size } = await import('../core/readable.js');
  const rows = [
    ['RUN', 'STATE', 'METRIC', 'PER', 'TIME', 'SIZE', 'FINISHED'],
    ...runs.map((run) => [
      run.name,
      run.state === 'unfinished'
        ? `next: ${run.next ?? ''}`
        : run.state === 'running'
          ? `running${run.next === null ? '' : ` ${run.next}`}`
          : run.state,
      run.metric?.toFixed(2) ?? '-',
      run.per === null ? '-' : percent(run.per),
      duration(run.seconds),
      size(run.bytes),
      run.finished?.slice(0, 16).replace('T', ' ') ?? '-',
    ]),
  ];
  return alignedTable(rows, [2, 3, 4, 5]);
}
