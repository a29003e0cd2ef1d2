// `asr trace`: where the time of a run went, as a table and as a trace file for Perfetto or chrome://tracing.
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { StageInTime } from '../report/trace.js';
import { alignedTable } from './aligned-table.js';
import { emitJson, given, type JsonOption } from './options.js';

export function addTraceCommand(program: Command): void {
  program
    .command('trace')
    .description('where the time of a run went: how busy the cores were, and a trace for Perfetto or chrome://tracing')
    .argument('<run>', 'folder of a run')
    .option('--out <file>', 'the trace; default: trace.json in the run', given)
    .option('--json', 'one line of JSON on stdout')
    .action(traceCommand);
}

async function traceCommand(run: string, options: JsonOption & { readonly out?: string }): Promise<void> {
  const { availableParallelism } = await import('node:os');
  const { writeFileDurably } = await import('../core/durable.js');
  const { runInTime, wholeRun } = await import('../report/trace.js');
  const { stages, events } = await runInTime(run);
  const out = options.out ?? join(run, 'trace.json');
  await writeFileDurably(resolve(out), `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: events })}\n`);
  if (options.json) {
    emitJson({ trace: out, stages });
    return;
  }
  const cores = availableParallelism();
  const share = (part: number | null): string => (part === null ? '-' : `${Math.round(100 * part)} %`);
  const busy = ({ cpuSeconds, seconds }: Pick<StageInTime, 'cpuSeconds' | 'seconds'>): string =>
    share(cpuSeconds === null ? null : cpuSeconds / (cores * Math.max(seconds, 1e-3)));
  const whole = wholeRun(stages);
  const rows = [
    ['STAGE', 'BEGINS', 'SECONDS', 'CPU', `BUSY, ${cores} CORES`, 'PIECES', 'THEIR SECONDS', 'WAITING'],
    ...stages.map((one) => [
      ...[one.stage, one.start.toFixed(1), one.seconds.toFixed(1), one.cpuSeconds?.toFixed(1) ?? '-'],
      one.hosts.length === 0 ? busy(one) : `${one.hosts.length} hosts`,
      ...(one.pieces === 0 ? ['-', '-'] : [String(one.pieces), one.pieceSeconds.toFixed(1)]),
      share(one.waiting),
    ]),
    [
      ...['all', '', whole.seconds.toFixed(1), whole.cpuSeconds?.toFixed(1) ?? '-'],
      ...[stages.some(({ hosts }) => hosts.length > 0) ? '-' : busy(whole), '', whole.pieceSeconds.toFixed(1), ''],
    ],
  ];
  process.stdout.write(alignedTable(rows, [1, 2, 3, 4, 5, 6, 7]));
  process.stdout.write(`${out}: open it at https://ui.perfetto.dev (it stays in the browser) or chrome://tracing\n`);
}
