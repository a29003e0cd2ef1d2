// From a recipe to an ordered list of steps: which stage reads which folder, what is up to date, and why not.
import { dirname, join, resolve } from 'node:path';
import type { Without } from '../audio/config.js';
import { AsrError } from '../core/errors.js';
import { silentLog, type Log } from '../core/log.js';
import { didYouMean } from '../core/nearest.js';
import type { Plugin } from '../core/plugins.js';
import type { Compute, StageDefinition } from '../core/stage.js';
import { innerStates } from '../core/inner-stage.js';
import { stageState, type StageRunOptions } from '../core/stage-run.js';
import type { StagePlugin } from '../plugins/api.js';
import { stages } from '../stages.js';
import { readRecipe, stageConfig, type RecipeConfig } from './config.js';
import { joinWithout, readForgotten } from './forgotten.js';
import { locateRecipe } from './locate.js';
import { prepareStep, unnamedPrepare } from './prepare-step.js';
import type { PlanOptions, Step } from './step.js';
import { settingOf } from './use.js';

export interface Plan {
  readonly config: RecipeConfig;
  readonly run: string;
  readonly steps: readonly Step[];
  /** Steps before --from, which are taken as they are. */
  readonly before: readonly Step[];
  /** Where runs beside this one keep what an encoder gave, and the blocks that they take. */
  readonly heard?: Compute['heard'];
}

export async function makePlan(options: PlanOptions): Promise<Plan> {
  const location = locateRecipe(options.recipe);
  const { config: asked, plugins } = await readRecipe(location.yaml, options.set ?? [], options.allowCode);
  const run = resolve(options.run ?? join('runs', asked.name));
  const config = withForgotten(asked, await readForgotten(run));
  const given = options.data ?? (config.data === '' ? undefined : resolve(dirname(location.yaml), config.data));
  const corpus = await prepareStep(location, config, run, { ...options, data: given });
  const data = corpus ? corpus.out : resolve(given ?? '.');
  if (!corpus && given === undefined) {
    throw new AsrError(
      'usage',
      `recipe "${config.name}" needs to know where its corpus is`,
      unnamedPrepare(location)
        ? 'Add --data FOLDER; or write `prepare: prepare.js` if that program beside the recipe shall make the corpus.'
        : 'Add --data FOLDER.',
    );
  }
  const own: Step[] = stages.map((entry) => ({
    name: entry.name,
    load: entry.load,
    out: join(run, entry.name),
    data,
    config: stageConfig(config, entry.name),
    inputs: Object.fromEntries(entry.reads.map((name) => [name, join(run, name)])),
    force: options.force === true,
  }));
  const all = withPluginStages(own, plugins, { config, run, data, yaml: location.yaml, force: options.force === true });
  const steps = corpus ? [corpus, ...(corpus.standsAlone ? [] : all)] : all;
  const chosen = between(steps, options);
  return { config, run, steps: chosen, before: steps.slice(0, steps.indexOf(chosen[0] as Step)) };
}

/** The recipe's settings for this run, from which `asr forget` may have taken people. */
function withForgotten(config: RecipeConfig, forgotten: Without | undefined): RecipeConfig {
  if (forgotten === undefined) return config;
  return { ...config, audio: { ...config.audio, without: joinWithout(config.audio.without, forgotten) } };
}

/** Stages of plug-ins, each behind the last of those that it reads. */
function withPluginStages(
  own: readonly Step[],
  plugins: readonly Plugin[],
  place: { config: RecipeConfig; run: string; data: string; yaml: string; force: boolean },
): Step[] {
  const steps = [...own];
  for (const plugin of plugins) {
    if (plugin.kind !== 'stage') continue;
    const { reads } = plugin as StagePlugin;
    const missing = reads.find((name) => !steps.some((step) => step.name === name));
    if (missing !== undefined || steps.some((step) => step.name === plugin.name))
      throw new AsrError(
        'config',
        missing === undefined
          ? `${place.yaml}: the stage "${plugin.name}" of a plug-in has the name of another`
          : `${place.yaml}: the stage "${plugin.name}" reads "${missing}", which is no stage before it`,
        `Stages are: ${steps.map(({ name }) => name).join(', ')}.`,
      );
    const behind = Math.max(-1, ...reads.map((name) => steps.findIndex((step) => step.name === name)));
    steps.splice(behind + 1, 0, {
      name: plugin.name,
      load: async () => plugin as unknown as StageDefinition,
      out: join(place.run, plugin.name),
      data: place.data,
      config: settingOf(plugin, place.config.plugins, place.yaml).settings,
      inputs: Object.fromEntries(reads.map((name) => [name, join(place.run, name)])),
      force: place.force,
    });
  }
  return steps;
}

function between(steps: readonly Step[], options: PlanOptions): Step[] {
  const names = steps.map((step) => step.name);
  const position = (name: string | undefined, otherwise: number): number => {
    if (name === undefined) return otherwise;
    const at = names.indexOf(name);
    if (at < 0)
      throw new AsrError('usage', `no stage "${name}"`, didYouMean(name, names, `Stages: ${names.join(', ')}.`));
    return at;
  };
  const first = position(options.from, 0);
  const last = position(options.to, steps.length - 1);
  if (last < first)
    throw new AsrError(
      'usage',
      `--from ${options.from ?? names[0]} stands after --to ${options.to ?? names.at(-1)}: no stage is left`,
      `Their order is: ${names.join(', ')}.`,
    );
  return steps.slice(first, last + 1);
}

/** What a stage's runner needs, from a step of the plan. */
export function stageOptions(plan: Plan, step: Step, log: Log, signal?: AbortSignal): StageRunOptions<never> {
  return {
    inputs: step.inputs,
    out: step.out,
    config: step.config as never,
    data: step.data,
    seed: plan.config.seed,
    log,
    compute: { ...plan.config.compute, ...(plan.heard && { heard: plan.heard }) },
    force: step.force,
    ...(signal ? { signal } : {}),
  };
}

export interface StepState {
  readonly stage: string;
  readonly upToDate: boolean;
  readonly reason: string;
  /** A step that runs first, and is the reason. */
  readonly after?: string;
  /** Stages that it makes in its own folder, where there are any. */
  readonly inside?: readonly StepState[];
}

/** For `--dry-run`: whether each step would run, and why. */
export async function planStates(plan: Plan): Promise<StepState[]> {
  const states: StepState[] = [];
  const stale = new Set<string>();
  for (const step of plan.steps) {
    const state = await stepState(plan, step, stale);
    if (!state.upToDate) stale.add(step.out);
    states.push(state);
  }
  return states;
}

/** Steps before --from that are not what the recipe now asks for; the chosen ones would build on them all the same. */
export async function staleBefore(plan: Plan): Promise<StepState[]> {
  const states = await planStates({ ...plan, steps: plan.before.map((step) => ({ ...step, force: false })) });
  return states.filter(({ upToDate, after }) => !upToDate && after === undefined);
}

async function stepState(plan: Plan, step: Step, stale: ReadonlySet<string>): Promise<StepState> {
  const stage = await step.load();
  const options = stageOptions(plan, step, silentLog);
  const waiting = Object.entries(step.inputs)
    .filter(([, folder]) => stale.has(folder))
    .map(([name]) => name);
  const after = stale.has(step.data) ? 'corpus' : waiting[0];
  const around = (own: Omit<StepState, 'stage'>, inside: readonly StepState[]): StepState => ({
    stage: step.name,
    ...own,
    ...(inside.length > 0 && { inside }),
  });
  if (after !== undefined) {
    const wait = { upToDate: false, reason: `after ${after}, which runs first`, after };
    const inner = stage.inner?.(options.config, options.data, step.inputs) ?? [];
    return around(
      wait,
      inner.map(({ name }) => ({ stage: name, ...wait })),
    );
  }
  const state = await stageState(stage, options);
  const inner = await innerStates(stage, options, state);
  return around(
    { upToDate: state.upToDate, reason: state.upToDate ? 'up to date' : state.reason },
    inner.map(({ name, ...own }) => ({ stage: name, ...own })),
  );
}
