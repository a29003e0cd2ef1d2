// `asr stage`: one stage alone, from folders to a folder, outside a recipe.
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { ConfigTree } from '../core/config.js';
import { AsrError } from '../core/errors.js';
import { stageNames, stages } from '../stages.js';
import { collect, emitJson, given, type JsonOption, NumberOption, seedBounds } from './options.js';

interface StageOptions extends JsonOption {
  readonly in: readonly string[];
  readonly out: string;
  readonly data: string;
  readonly seed: string;
  readonly set: readonly string[];
  readonly engine: string;
  readonly export?: string;
  readonly force?: boolean;
}

export function addStageCommand(program: Command): void {
  const table = stages
    .map(
      (stage) =>
        `  ${stage.name.padEnd(10)} ${stage.summary}` +
        (stage.reads.length > 0 ? ` (reads ${stage.reads.join(', ')})` : ''),
    )
    .join('\n');
  program
    .command('stage')
    .description('run one stage alone: input folders in, one output folder out')
    .argument('<name>', `one of: ${stageNames.join(', ')}`)
    .option('--in <folders...>', 'output folders of the stages that it reads, in the order shown below', [])
    .requiredOption('--out <folder>', 'where its result goes', given)
    .option('--data <folder>', 'where relative paths of its settings start', given, '.')
    .addOption(new NumberOption('--seed <number>', 'every random number follows from it', seedBounds).default('1'))
    .option('--set <key=value>', 'change one of its settings, for instance count=64; may be repeated', collect, [])
    .option('--engine <name>', 'where graphs run: cpu, webgpu, cuda, tfjs or auto', 'cpu')
    .option(
      '--export <format>',
      'features only: fairseq = also write train.npy, train.lengths … for its wav2vec-U, into OUT/fairseq',
    )
    .option('--force', 'run even when it is up to date')
    .option('--json', 'end with the stage record as one line of JSON on stdout')
    .addHelpText('after', `\nStages:\n${table}`)
    .action(stageCommand);
}

async function stageCommand(name: string, options: StageOptions): Promise<void> {
  const { resolveConfig } = await import('../core/config.js');
  const { parseAssignments } = await import('../core/config-text.js');
  const { createLog } = await import('../core/log.js');
  const { computeSchema } = await import('../core/stage.js');
  const { runStage } = await import('../core/stage-run.js');
  const { afterStage, withInterrupt } = await import('./interrupt.js');
  const entry = stages.find((stage) => stage.name === name);
  if (!entry) {
    const { didYouMean } = await import('../core/nearest.js');
    const hint = didYouMean(name, stageNames, `Stages: ${stageNames.join(', ')}.`);
    throw new AsrError('usage', `no stage "${name}"`, hint);
  }
  if (options.in.length !== entry.reads.length) {
    throw new AsrError(
      'usage',
      `stage ${name}: expected ${entry.reads.length} input folders (${entry.reads.join(', ') || 'none'}), found ` +
        options.in.length,
      `For example: asr stage ${name} ` +
        (entry.reads.length > 0 ? `--in ${entry.reads.map((read) => `runs/demo-es/${read}`).join(' ')} ` : '') +
        `--out ${options.out}`,
    );
  }
  const seed = Number(options.seed);
  const { data: compute } = computeSchema.safeParse({ engine: options.engine });
  if (!compute)
    throw new AsrError(
      'usage',
      `--engine ${options.engine}: expected cpu, webgpu, cuda, tfjs or auto`,
      '`asr check --engine` says which work here.',
    );
  if (options.export !== undefined && (options.export !== 'fairseq' || name !== 'features'))
    throw new AsrError(
      'usage',
      `--export ${options.export}: only the features stage can be exported, as fairseq`,
      'asr stage features … --export fairseq',
    );
  const stage = await entry.load();
  const forgotten = name === 'audio' ? await keptOut(options) : {};
  const { record, skipped } = await withInterrupt(
    (signal) =>
      runStage(stage, {
        inputs: Object.fromEntries(entry.reads.map((read, i) => [read, resolve(options.in[i] as string)])),
        out: resolve(options.out),
        config: resolveConfig(stage.config, [parseAssignments(options.set), forgotten], `stage ${name}`),
        data: resolve(options.data),
        seed,
        log: createLog(),
        compute,
        force: options.force === true,
        signal,
      }),
    afterStage(stage, options.force === true),
  );
  if (options.export !== undefined) {
    const { exportFairseq } = await import('../features/fairseq-export.js');
    await exportFairseq(resolve(options.out), resolve(options.in[1] as string), join(resolve(options.out), 'fairseq'));
  }
  if (options.json) emitJson(record);
  else process.stdout.write(`${skipped ? 'Up to date' : 'Done'}: ${resolve(options.out)}\n`);
}

/** Whom `asr forget` took out of the run that the stage is made in, beside those whom the command leaves out. */
async function keptOut({ out, set }: StageOptions): Promise<ConfigTree> {
  const { parseAssignments } = await import('../core/config-text.js');
  const { resolveConfig } = await import('../core/config.js');
  const { audioConfig } = await import('../audio/config.js');
  const { joinWithout, readForgotten } = await import('../recipe/forgotten.js');
  const forgotten = await readForgotten(dirname(resolve(out)));
  if (!forgotten) return {};
  const asked = resolveConfig(audioConfig, [parseAssignments(set)], 'stage audio');
  return { without: joinWithout(asked.without, forgotten) };
}
