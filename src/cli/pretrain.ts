// `asr pretrain`: an encoder of one's own, from untranscribed audio alone. Runs the recipe up to its speech detection,
// then trains; the folder that comes out is used like a published encoder.
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { collect, emitJson, given, type JsonOption, NumberOption } from './options.js';

interface PretrainOptions extends JsonOption {
  readonly data?: string;
  readonly run?: string;
  readonly out: string;
  readonly targets?: string;
  readonly also: readonly string[];
  readonly from?: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly threads?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addPretrainCommand(program: Command): void {
  program
    .command('pretrain')
    .description(
      'train an encoder on the untranscribed audio of a recipe; use it with features.kind=onnx (docs/pretrain.md)',
    )
    .argument('<recipe>', 'name of a recipe that comes with asr, or the path of a YAML file', given)
    .requiredOption(
      '--out <folder>',
      'where the encoder goes: model.onnx, config.json, preprocessor_config.json',
      given,
    )
    .option('--data <folder>', 'where the corpus is; relative paths in the recipe start here', given)
    .option(
      '--run <folder>',
      'where decoded audio and speech regions are, or go (default: runs/<name of the recipe>)',
      given,
    )
    .option(
      '--also <run>',
      'a further run, of another language perhaps, whose sound is learned from as well ' +
        '(`asr run RECIPE --to vad`); may be repeated',
      collect,
      [],
    )
    .option('--from <encoder>', 'folder of an earlier `asr pretrain`, whose weights are gone on with', given)
    .option('--targets <run>', 'a finished run, whose decoded phones are predicted beside clusters of the sound', given)
    .option(
      '--set <key=value>',
      'change one setting of the training (pretrain.rounds=1) or of the ' +
        'recipe (corpus.textShare=0.05); may be repeated',
      collect,
      [],
    )
    .option('--engine <name>', 'cpu, webgpu, cuda, tfjs or auto; short for --set compute.engine=…')
    .addOption(new NumberOption('--threads <n>', 'cores; short for --set compute.threads=…', { least: 0, most: 1024 }))
    .option('--force', 'train even when it is up to date')
    .option('--dry-run', 'only say what would run, and why')
    .option('--json', 'end with the stage record as one line of JSON on stdout')
    .action(pretrainCommand);
}

async function pretrainCommand(recipe: string, options: PretrainOptions): Promise<void> {
  const { resolveConfig } = await import('../core/config.js');
  const { parseAssignments } = await import('../core/config-text.js');
  const { createLog } = await import('../core/log.js');
  const { runStage } = await import('../core/stage-run.js');
  const { makePlan, planStates } = await import('../recipe/plan.js');
  const { runPlan } = await import('../recipe/run.js');
  const { pretrainStage } = await import('../pretrain/stage.js');
  const { withInterrupt } = await import('./interrupt.js');
  const own = (assignment: string): boolean => assignment.startsWith('pretrain.');
  const tree =
    parseAssignments([
      ...options.set.filter(own),
      ...(options.also.length > 0
        ? [`pretrain.corpora=${JSON.stringify(options.also.map((run) => resolve(run)))}`]
        : []),
      ...(options.from === undefined ? [] : [`pretrain.start=${JSON.stringify(resolve(options.from))}`]),
      ...(options.targets === undefined ? [] : [`pretrain.targets.run=${JSON.stringify(resolve(options.targets))}`]),
    ])['pretrain'] ?? {};
  const config = resolveConfig(pretrainStage.config, [tree as Record<string, unknown>], 'pretrain');
  const compute = { 'compute.engine': options.engine, 'compute.threads': options.threads };
  const set = [
    ...options.set.filter((assignment) => !own(assignment)),
    ...Object.entries(compute).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`])),
  ];
  const plan = await makePlan({ recipe, data: options.data, run: options.run, set, to: 'vad' });
  const out = resolve(options.out);
  const training = {
    inputs: { audio: join(plan.run, 'audio'), vad: join(plan.run, 'vad') },
    out,
    config,
    data: resolve(options.data ?? '.'),
    force: options.force === true,
  };
  if (options.dryRun === true) {
    const { planLines } = await import('./plan-lines.js');
    const step = { name: 'pretrain', load: async () => pretrainStage, ...training };
    const states = await planStates({ ...plan, steps: [...plan.steps, step] });
    if (options.json) emitJson({ run: plan.run, steps: states });
    else process.stdout.write(planLines(states));
    return;
  }
  const { record, skipped } = await withInterrupt(async (signal) => {
    const log = createLog();
    await runPlan(plan, log, signal);
    return runStage(pretrainStage, {
      ...training,
      seed: plan.config.seed,
      log,
      compute: plan.config.compute,
      signal,
    });
  });
  if (options.json) {
    emitJson(record);
    return;
  }
  const { seconds = 0, parameters = 0, steps = 0 } = record.counts;
  process.stdout.write(
    skipped
      ? `Up to date: ${out}\n`
      : `An encoder of ${(parameters / 1e6).toFixed(1)} million parameters, ${steps} steps on ` +
          `${(seconds / 60).toFixed(0)} minutes of untranscribed speech: ${out}\n` +
          `Use it: asr run ${recipe} --set features.kind=onnx --set features.model=${out}\n`,
  );
}
