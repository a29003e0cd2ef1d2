// A recipe tried with other settings of its late stages, as far as `learn`, and the best of them chosen without labels.
// Every try is a run folder of its own, which `asr run` can finish; what one has made, the others take over.
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { hashJson } from '../core/fingerprint.js';
import { isTree } from '../core/config.js';
import { parseAssignments } from '../core/config-text.js';
import { AsrError, isFatal, toAsrError } from '../core/errors.js';
import { readJsonl } from '../core/jsonl.js';
import { silentLog, type Log } from '../core/log.js';
import { Rng } from '../core/rng.js';
import { stageState } from '../core/stage-run.js';
import { makeFolder } from '../core/folders.js';
import { chooseRun } from '../learn/choose.js';
import type { LearnRun } from '../learn/method.js';
import { finishedRun, runSchema } from '../learn/run-folder.js';
import { blockSetting, blockTries, hearing, isOverBlocks, refuseBlocks } from './climb-blocks.js';
import type { RecipeConfig } from './config.js';
import { climb, gridCells, mostCells, visit, type Axis, type Summit } from './climb-search.js';
import { makePlan, stageOptions, type Plan } from './plan.js';
import { acquireRunLock } from './run-lock.js';
import { runPlan } from './run.js';
import { shareStages } from './share-stages.js';

export interface ClimbOptions {
  readonly recipe: string;
  readonly data?: string | undefined;
  /** Folder of the tries; `runs/<name>-climb` where none is given. */
  readonly run?: string | undefined;
  /** A run of the recipe whose stages serve too; `runs/<name>` where none is given. It need not exist. */
  readonly share?: string | undefined;
  readonly set: readonly string[];
  /** `key=value,value,…`, one for each setting. */
  readonly over: readonly string[];
  /**
   * climb: from one to a better neighbour; grid: all; random: so many of them (`tries`), drawn by the recipe's seed.
   */
  readonly search?: 'climb' | 'grid' | 'random' | undefined;
  readonly tries?: number | undefined;
  /** No try is begun later than this; one that was begun ends. */
  readonly minutes?: number | undefined;
}

export interface Try {
  readonly folder: string;
  /** Values of the settings, in the order of `over`. */
  readonly values: readonly string[];
  /** The run that learn chose; absent where it failed. */
  readonly run?: LearnRun;
  readonly failure?: string;
}

export interface Climbed {
  readonly keys: readonly string[];
  /** In the order in which they were tried. */
  readonly tries: readonly Try[];
  readonly best: Try | undefined;
  readonly ended: 'top' | 'stopped';
}

/**
 * What may differ between runs that one metric compares: not the text, the sound or
 * the features that it is measured on.
 */
const comparable = [
  'segments.',
  'clusters.',
  'learn.matching.',
  'learn.cycle.',
  'learn.gan.',
  'learn.hmm.',
  'plugins.',
];
/** @throws AsrError 'usage' and 'config' before anything runs, for a setting or value that no recipe can have */
export async function climbRecipe(asked: ClimbOptions, log: Log, signal?: AbortSignal): Promise<Climbed> {
  if (asked.over.length === 0)
    throw new AsrError('usage', 'climb: no setting is given', 'For example --over clusters.count=64,128,256');
  const options = isOverBlocks(asked.over) ? { ...asked, set: [...blockTries, ...asked.set] } : asked;
  const base = await makePlan({ ...options, to: 'learn' });
  const name = base.config.name;
  const root = resolve(options.run ?? join('runs', `${name}-climb`));
  const settings = options.over.map((text) => readSetting(text, base.config));
  if (new Set(settings.map(({ key }) => key)).size < settings.length)
    throw new AsrError('usage', '--over: a setting stands there twice', 'Give all its values in one list.');
  for (const { key, values } of settings)
    for (const value of values) await makePlan({ ...options, run: root, set: [...options.set, `${key}=${value}`] });
  const deadline = options.minutes === undefined ? Infinity : performance.now() + options.minutes * 60_000;
  const tries: Try[] = [];
  await makeFolder(root);
  // Tries of an earlier climb over other settings serve too.
  const donors = [
    resolve(options.share ?? join('runs', name)),
    ...(await readdir(root)).sort().map((entry) => join(root, entry)),
  ];
  const lock = await acquireRunLock(root);
  const heard = join(root, 'heard');
  try {
    const found = await searched(
      options,
      settings,
      Rng.fromSeed(base.config.seed).fork('climb'),
      async (position) => {
        const values = settings.map((setting, i) => setting.values[position[i] as number] as string);
        const assignments = settings.map(({ key }, i) => `${key}=${values[i] as string}`);
        const folder = join(root, assignments.join(','));
        const plan = await makePlan({ ...options, run: folder, set: [...options.set, ...assignments], to: 'learn' });
        await shareStages(plan, donors);
        donors.push(folder);
        if (performance.now() >= deadline && !(await isDone(plan))) return undefined;
        log.info(`try ${tries.length + 1}: ${assignments.join(' ')}`);
        const tried = { folder, values, ...(await learned({ ...plan, ...hearing(settings, heard) }, log, signal)) };
        tries.push(tried);
        return tried;
      },
      (candidate, best) => isBetter(candidate, best, base.config.learn.choice),
    );
    if (found?.ended === 'top') await rm(heard, { recursive: true, force: true });
    return { keys: settings.map(({ key }) => key), tries, best: found?.value, ended: found?.ended ?? 'stopped' };
  } finally {
    await lock.release();
  }
}

type Valued = (position: readonly number[]) => Promise<Try | undefined>;

async function searched(
  { search = 'climb', tries }: ClimbOptions,
  settings: readonly Setting[],
  rng: Rng,
  valueOf: Valued,
  better: (candidate: Try, best: Try) => boolean,
): Promise<Summit<Try> | undefined> {
  if (search === 'climb') return climb(settings, valueOf, better);
  const count = settings.reduce((product, { size }) => product * size, 1);
  if (count > mostCells)
    throw new AsrError(
      'usage',
      `--search ${search}: ${count} combinations; at most ${mostCells} can be`,
      'Give fewer values, or --search climb.',
    );
  const cells = gridCells(settings);
  if (search === 'random') rng.shuffleInPlace(cells);
  return visit(search === 'random' ? cells.slice(0, tries ?? 20) : cells, valueOf, better);
}

interface Setting extends Axis {
  readonly key: string;
  readonly values: readonly string[];
}

/** The recipe's own value is one of them, since the search starts there; numbers are put in order. */
function readSetting(text: string, config: RecipeConfig): Setting {
  const [, key, list] = /^([\w.]+)=(.*)$/u.exec(text) ?? [];
  if (key === undefined || list === undefined)
    throw new AsrError(
      'usage',
      `--over ${text}: expected key=value,value,…`,
      'For example --over clusters.count=64,128,256',
    );
  const own = key.split('.').reduce<unknown>((tree, part) => (isTree(tree) ? tree[part] : undefined), config);
  if (isTree(own))
    throw new AsrError(
      'usage',
      `--over ${key}: this is a group of settings`,
      `One of: ${Object.keys(own)
        .map((inner) => `${key}.${inner}`)
        .join(', ')}.`,
    );
  if (key === blockSetting) refuseBlocks(config);
  else if (!comparable.some((prefix) => key.startsWith(prefix))) {
    throw new AsrError(
      'usage',
      `--over ${key}: the metric compares runs that differ in ` +
        `${comparable.map((prefix) => `${prefix}*`).join(', ')} alone`,
      'Other settings change what it is measured on; use --set for them, and asr runs to see all runs.',
    );
  }
  const start =
    typeof own === 'number' || typeof own === 'string' || typeof own === 'boolean' ? String(own) : undefined;
  const values = list.split(',').map((value) => value.trim());
  const strange = values.find((value) => !/^[\w.+-]+$/u.test(value));
  if (strange !== undefined)
    throw new AsrError(
      'usage',
      `--over ${key}: "${strange}" is neither a number nor a word`,
      'Separate the values by commas.',
    );
  const meaning = (value: string): string => hashJson(parseAssignments([`${key}=${value}`]));
  const same = (value: string): boolean => start !== undefined && meaning(value) === meaning(start);
  const all = [...new Set(start === undefined || values.some(same) ? values : [start, ...values])];
  if (all.every((value) => Number.isFinite(Number(value)))) all.sort((a, b) => Number(a) - Number(b));
  return { key, values: all, size: all.length, start: Math.max(0, all.findIndex(same)) };
}

async function isDone(plan: Plan): Promise<boolean> {
  try {
    for (const step of plan.steps)
      if (!(await stageState(await step.load(), stageOptions(plan, step, silentLog))).upToDate) return false;
    return true;
  } catch {
    return false; // an input is not there yet
  }
}

const lineSchema = runSchema.extend({ chosen: z.boolean() });

/** A try that cannot be learned from is no reason to stop: its neighbours may do. */
async function learned(plan: Plan, log: Log, signal?: AbortSignal): Promise<{ run: LearnRun } | { failure: string }> {
  const learn = join(plan.run, 'learn');
  try {
    await runPlan(plan, log, signal);
  } catch (thrown) {
    const error = toAsrError(thrown);
    const heard = existsSync(join(plan.run, 'features', 'stage.json'));
    if (signal?.aborted || isFatal(error) || error.code !== 'model' || !heard) throw error;
    log.warn(error.message);
    return { failure: error.message };
  }
  for await (const { name, chosen } of readJsonl(join(learn, 'runs.jsonl'), lineSchema)) {
    const run = chosen ? await finishedRun(learn, name) : undefined;
    if (run) return { run };
  }
  throw new AsrError(
    'input',
    `${learn}: no run is marked as chosen`,
    'Remove this folder and run the same command again.',
  );
}

function isBetter({ run: candidate }: Try, { run: best }: Try, rule: Parameters<typeof chooseRun>[1]): boolean {
  return candidate !== undefined && (best === undefined || chooseRun([best, candidate], rule) === candidate);
}
