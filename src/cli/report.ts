// `asr report`: where the page of a run is; it is made where there is none yet.
import type { Command } from 'commander';
import { emitJson, type JsonOption } from './options.js';

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description('the page of a run: numbers, curves, errors, utterances with sound; prints its path')
    .argument('<run>', 'folder of a finished run')
    .option('--json', 'one line of JSON: report, bytes')
    .action(reportCommand);
}

async function reportCommand(run: string, options: JsonOption): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const { createLog } = await import('../core/log.js');
  const { reportOfRun } = await import('../recipe/report-run.js');
  const report = await reportOfRun(run, createLog());
  if (options.json) emitJson({ report, bytes: (await stat(report)).size });
  else process.stdout.write(`${report}\n`);
}
