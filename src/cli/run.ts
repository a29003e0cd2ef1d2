// `asr run`: a whole recipe, or the plan of it.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createLog } from '../core/log.js';
import type { PlanOptions } from '../recipe/step.js';
import type { CommandContext } from './context.js';
import { collect, emitJson, given, type JsonOption, NumberOption } from './options.js';

interface RunOptions extends JsonOption {
  readonly data?: string;
  readonly run?: string;
  readonly share: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly set: readonly string[];
  readonly engine?: string;
  readonly executor?: string;
  readonly jobs?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addRunCommand(program: Command, context: CommandContext): void {
  program
    .command('run')
    .description('run a recipe: every stage that is not up to date, in order')
    .argument('<recipe>', 'name of a recipe that comes with asr, or the path of a YAML file', given)
    .option('--data <folder>', 'where the corpus is; relative paths in the recipe start here', given)
    .option('--run <folder>', 'where results go (default: runs/<name of the recipe>)', given)
    .option(
      '--share <run>',
      'take over finished stages of this run where they are just what this one needs; may be repeated',
      collect,
      [],
    )
    .option('--from <stage>', 'first stage to look at')
    .option('--to <stage>', 'last stage to look at')
    .option('--set <key=value>', 'change one setting, for instance learn.seeds=8; may be repeated', collect, [])
    .option('--engine <name>', 'cpu, webgpu, cuda, tfjs or auto; short for --set compute.engine=…')
    .option('--executor <name>', 'who makes independent pieces: local, slurm or ssh; short for --set executor.kind=…')
    .addOption(
      new NumberOption(
        '--jobs <number>',
        'pieces at once on this machine; 1 = one process does everything; short for --set executor.jobs=…',
        { least: 0, most: 1024 },
      ),
    )
    .option('--force', 'run even what is up to date')
    .option('--dry-run', 'only say what would run, and why')
    .option('--json', 'end with one line of JSON on stdout')
    .action((recipe: string, options: RunOptions) => runCommand(recipe, options, context));
}

async function runCommand(recipe: string, options: RunOptions, context: CommandContext): Promise<void> {
  const { makePlan, planStates, staleBefore } = await import('../recipe/plan.js');
  const plan = await makePlan(planOptions(recipe, options));
  if (options.dryRun) {
    const { planLines } = await import('./plan-lines.js');
    const states = await planStates(plan);
    const before = await staleBefore(plan);
    if (options.json) emitJson({ run: plan.run, steps: states, staleBefore: before });
    else
      for (const { stage, reason } of before)
        process.stdout.write(`${stage.padEnd(10)} taken as it is (before --from), though ${reason}\n`);
    if (!options.json) process.stdout.write(planLines(states));
    return;
  }
  if (options.share.length > 0) {
    const { shareStages } = await import('../recipe/share-stages.js');
    const shared = await shareStages(
      plan,
      options.share.map((folder) => resolve(folder)),
    );
    if (shared.length > 0) process.stderr.write(`taken over: ${shared.join(', ')}\n`);
  }
  const { runPlan } = await import('../recipe/run.js');
  const { withInterrupt } = await import('./interrupt.js');
  const finished = await withInterrupt(
    (signal) => runPlan(plan, createLog(), signal),
    options.force === true ? 'With --force, the same command starts again from the first stage.' : undefined,
  );
  const { bestGuess, readScore } = await import('../score/report.js');
  const { readVerdict } = await import('../learn/verdict.js');
  const { exitCodes } = await import('../core/errors.js');
  const verdict = finished.some(({ stage }) => stage === 'decode')
    ? await readVerdict(`${plan.run}/decode`)
    : undefined;
  if (verdict?.verdict === 'not converged') context.setExitCode(exitCodes.unconverged);
  const score = finished.some(({ stage }) => stage === 'score') ? await readScore(`${plan.run}/score`) : undefined;
  if (options.json) {
    emitJson({
      run: plan.run,
      per: score?.per ?? null,
      wer: score?.words?.wer ?? null,
      verdict: verdict?.verdict ?? null,
      reason: verdict?.reason ?? null,
      model: `${plan.run}/bundle`,
      stages: finished.map(({ stage, skipped, record }) => ({
        stage,
        skipped,
        seconds: record.seconds,
        counts: record.counts,
        leftOut: record.skipped,
      })),
    });
    return;
  }
  const done = finished.filter(({ skipped }) => !skipped).length;
  process.stdout.write(
    done === 0
      ? `Nothing to do: all ${finished.length} stages are up to date.\n`
      : `Ran ${done} of ${finished.length} stages.\n`,
  );
  if (verdict && verdict.verdict !== 'converged')
    process.stdout.write(`${verdict.verdict === 'doubtful' ? 'Doubtful' : 'Not converged'}: ${verdict.reason}\n`);
  if (score) {
    const guess = bestGuess(score);
    process.stdout.write(
      `Phone error rate ${(score.per * 100).toFixed(1)} % (${score.per >= guess.per ? 'no better than ' : ''}` +
        `${guess.name}: ${(guess.per * 100).toFixed(1)} %)\n`,
    );
  }
  if (score?.words) process.stdout.write(`Word error rate ${(score.words.wer * 100).toFixed(1)} %\n`);
  process.stdout.write(`Results: ${plan.run}\n`);
}

function planOptions(recipe: string, options: RunOptions): PlanOptions {
  const short = { 'compute.engine': options.engine, 'executor.kind': options.executor, 'executor.jobs': options.jobs };
  const assignments = Object.entries(short).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return {
    recipe,
    data: options.data,
    run: options.run,
    set: [...options.set, ...assignments],
    from: options.from,
    to: options.to,
    force: options.force === true,
  };
}
