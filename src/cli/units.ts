// `asr units`: the frames of a run as discrete units, one for each 20 ms of each recording, in the form of the phoneme
// discovery benchmark (docs/units.md); with gold phones, also its scores.
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Split } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import { emitJson, engineOption, given, type JsonOption, NumberOption, seedBounds } from './options.js';

interface UnitsCommandOptions extends JsonOption {
  readonly out: string;
  readonly vad?: string;
  readonly audio?: string;
  readonly count: string;
  readonly step: string;
  readonly clusters?: string;
  readonly split?: string;
  readonly gold?: string;
  readonly silence: string;
  readonly seed: string;
  readonly engine?: Compute['engine'];
}

export function addUnitsCommand(program: Command): void {
  program
    .command('units')
    .description('the frames of a run as discrete units, every 20 ms; with gold phones also what they are worth')
    .argument('<features>', 'folder of a finished features stage, for instance runs/mboshi/features')
    .requiredOption('--out <folder>', 'units.jsonl, the clusters, and units.json, which says how they were made', given)
    .option('--vad <folder>', 'folder of the vad stage; default: beside the features', given)
    .option('--audio <folder>', 'folder of the audio stage; default: beside the features', given)
    .addOption(
      new NumberOption('--count <n>', 'different units at most, the one for pauses included', {
        least: 2,
        most: 100_000,
      }).default('256'),
    )
    .addOption(new NumberOption('--step <ms>', 'that a unit stands for', { least: 10, most: 1000 }).default('20'))
    .option('--clusters <folder>', 'name by the clusters of earlier units instead of fitting new ones', given)
    .option('--split <name>', 'only these recordings: train or test; clusters are fitted on train in any case', given)
    .option('--gold <file>', 'phones with times: PNMI, PER, F1 and R-value (evaluation only)', given)
    .option('--silence <symbol>', 'how the gold phones name silence', 'SIL')
    .addOption(new NumberOption('--seed <n>', 'every random number follows from it', seedBounds).default('1'))
    .addOption(engineOption())
    .option('--json', 'one line of JSON on stdout')
    .action(unitsCommand);
}

async function unitsCommand(features: string, options: UnitsCommandOptions): Promise<void> {
  const { AsrError } = await import('../core/errors.js');
  const { createLog } = await import('../core/log.js');
  const { splitSchema } = await import('../core/records.js');
  const { Rng } = await import('../core/rng.js');
  const { computeSchema } = await import('../core/stage.js');
  const { sampleRate } = await import('../core/time.js');
  const { writeUnits } = await import('../units/units.js');
  const { withInterrupt } = await import('./interrupt.js');
  const split = options.split === undefined ? undefined : splitSchema.safeParse(options.split).data;
  if (options.split !== undefined && split === undefined)
    throw new AsrError('usage', `--split ${options.split}: expected train or test`);
  const milliseconds = Number(options.step);
  if (options.gold !== undefined && milliseconds % 10 !== 0)
    throw new AsrError('usage', `--step ${options.step}: gold phones are read every 10 ms; give a multiple`);
  const beside = (name: string): string => join(dirname(resolve(features)), name);
  const step = (milliseconds * sampleRate) / 1000;
  const written = await withInterrupt(
    (signal) =>
      writeUnits({
        features,
        vad: options.vad ?? beside('vad'),
        audio: options.audio ?? beside('audio'),
        ...(options.clusters === undefined ? {} : { clusters: options.clusters }),
        ...(split === undefined ? {} : { split: split satisfies Split }),
        count: Number(options.count),
        step,
        out: options.out,
        seed: Number(options.seed),
        rng: Rng.fromSeed(Number(options.seed)).fork('units'),
        compute: computeSchema.parse(options.engine === undefined ? {} : { engine: options.engine }),
        log: createLog(),
        signal,
      }),
    'The same command begins anew.',
  );
  const scores = options.gold === undefined ? undefined : await scored(options.gold, step, options);
  if (options.json) {
    emitJson({ ...written, ...scores });
    return;
  }
  const { recordings, units, count, pauses } = written;
  process.stdout.write(
    `${join(options.out, 'units.jsonl')}: ${units} units of ${count} kinds, every ${milliseconds} ms, in ` +
      `${recordings} recordings${pauses > 0 ? `; ${pauses} of them stand for pauses` : ''}\n`,
  );
  if (!scores) return;
  const percent = (share: number | null): string => (share === null ? 'none' : `${(100 * share).toFixed(1)} %`);
  const rows = [
    ['PNMI', `${scores.pnmi.toFixed(3)}, purity ${percent(scores.purity)}; ${scores.phones} phones`],
    ['PER', `${percent(scores.per)}, each unit read as its most frequent phone (many to one)`],
    ['boundaries', `F1 ${percent(scores.f1)}, R-value ${percent(scores.rValue)}, within 20 ms`],
  ] as const;
  for (const [name, text] of rows) process.stdout.write(`${name.padEnd(12)}${text}\n`);
}

async function scored(
  gold: string,
  step: number,
  { out, silence }: UnitsCommandOptions,
): Promise<import('../probe/discovery.js').Discovery> {
  const { phonemeDiscovery } = await import('../probe/discovery.js');
  return phonemeDiscovery({ units: join(out, 'units.jsonl'), gold, step, silence });
}
