// Runs one stage by the contract: up to date is skipped, work goes to `<out>.partial`, a rename makes it
// count, and a kill at any moment leaves either the old result or the new one.
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { flushFolder, writeFileDurably } from './durable.js';
import { AsrError, toAsrError, withPath } from './errors.js';
import { EnergyMeter } from './energy.js';
import { isTree } from './config.js';
import { hashJson, hashPath } from './fingerprint.js';
import type { Log } from './log.js';
import {
  finishedPartial,
  namingLeftovers,
  openPartial,
  parseOrUndefined,
  partialFolder,
  partialMark,
  promote,
} from './partial-folder.js';
import { makePieces, SkippedItems, timesSince, type Executor, type MakePieces } from './pieces.js';
import { Rng } from './rng.js';
import {
  stageRecordSchema,
  usualShardItems,
  type Compute,
  type StageCounts,
  type StageDefinition,
  type StageRecord,
} from './stage.js';
import { programVersion } from './version.js';

export interface StageRunOptions<C> {
  readonly inputs: Readonly<Record<string, string>>;
  readonly out: string;
  readonly config: C;
  readonly data: string;
  readonly seed: number;
  readonly log: Log;
  readonly compute: Compute;
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Makes the stage's pieces; without one this process does, one after the other. */
  readonly executor?: Executor;
  readonly shardItems?: number;
  /** By an input's name, another stage whose folder holds the same files. */
  readonly standIns?: Readonly<Record<string, string>>;
}

export type StageState = Identity &
  ({ readonly upToDate: true; readonly record: StageRecord } | { readonly upToDate: false; readonly reason: string });

/** What decides whether a result still holds: the key over everything, and the key of each input. */
export interface Identity {
  readonly key: string;
  readonly inputs: Record<string, string>;
}

/** The record of a finished stage folder, or undefined. @throws AsrError 'input' when the record is damaged */
export async function readStageRecord(folder: string): Promise<StageRecord | undefined> {
  const path = join(folder, 'stage.json');
  if (!existsSync(path)) return undefined;
  const parsed = stageRecordSchema.safeParse(parseOrUndefined(await readFile(path, 'utf8')));
  if (!parsed.success)
    throw new AsrError('input', `${path}: not a stage record`, `Remove ${folder} and run the same command again.`);
  return parsed.data;
}

async function identify<S extends z.ZodObject>(
  stage: StageDefinition<S>,
  options: StageRunOptions<z.infer<S>>,
): Promise<Identity> {
  const inputs: Record<string, string> = {};
  for (const name of stage.reads) {
    const folder = options.inputs[name];
    if (folder === undefined)
      throw new AsrError(
        'usage',
        `stage ${stage.name}: no folder given for its input "${name}"`,
        `It reads: ${stage.reads.join(', ')}.`,
      );
    const record = await readStageRecord(folder);
    if (!record)
      throw new AsrError(
        'input',
        `stage ${stage.name}: ${folder} holds no finished "${name}" stage`,
        `Run stage "${name}" first.`,
      );
    const expected = options.standIns?.[name] ?? name;
    if (record.stage !== expected)
      throw new AsrError(
        'input',
        `stage ${stage.name}: ${folder} holds stage "${record.stage}", expected "${expected}"`,
        `Give the folders in this order: ${stage.reads.join(', ')}.`,
      );
    inputs[name] = record.key;
  }
  for (const path of stage.external?.(options.config, options.data) ?? []) inputs[path] = await externalKey(path);
  const identity = {
    stage: stage.name,
    version: stage.version,
    config: options.config,
    seed: options.seed,
    inputs: Object.values(inputs),
  };
  return { key: hashJson(identity), inputs };
}

/** A folder made by a stage of ours (a prepared corpus) is known by its record, anything else by its files. */
async function externalKey(path: string): Promise<string> {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'stage.json'))) return (await readStageRecord(folder))?.key ?? '';
  }
  return hashPath(path);
}

/** Whether the stage would run, and why. Its input stages must be finished. */
export async function stageState<S extends z.ZodObject>(
  stage: StageDefinition<S>,
  options: StageRunOptions<z.infer<S>>,
): Promise<StageState> {
  const identity = await identify(stage, options);
  const { key, inputs } = identity;
  const stale = (reason: string): StageState => ({ ...identity, upToDate: false, reason });
  const record = await readStageRecord(options.out);
  if (!record)
    return stale(
      existsSync(join(partialFolder(resolve(options.out)), partialMark))
        ? 'not done yet, begun before'
        : 'not done yet',
    );
  if (options.force) return stale('forced');
  if (record.key === key) return { ...identity, upToDate: true, record };
  if (record.version !== stage.version) return stale('the program changed');
  if (record.seed !== options.seed) return stale('the seed changed');
  if (hashJson(record.config) !== hashJson(options.config))
    return stale(`its config changed: ${configDifferences(record.config, options.config).join(', ')}`);
  const changed = Object.keys(inputs).filter((name) => record.inputs[name] !== inputs[name]);
  return stale(`changed input: ${changed.join(', ') || 'a path'}`);
}

const shownDifferences = 4;

/** `key before -> after` for the settings that differ. */
function configDifferences(before: unknown, after: unknown, path = ''): string[] {
  if (hashJson(before) === hashJson(after)) return [];
  if (isTree(before) && isTree(after)) {
    const found = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      configDifferences(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
    return found.length > shownDifferences && path === ''
      ? [...found.slice(0, shownDifferences), `${found.length - shownDifferences} more`]
      : found;
  }
  return [`${path} ${JSON.stringify(before) ?? 'not set'} -> ${JSON.stringify(after) ?? 'not set'}`];
}

/** Runs the stage unless it is up to date. @throws AsrError; whatever was finished before stays */
export async function runStage<S extends z.ZodObject>(
  stage: StageDefinition<S>,
  options: StageRunOptions<z.infer<S>>,
): Promise<{ record: StageRecord; skipped: boolean }> {
  const log = options.log.child(stage.name);
  const state = await stageState(stage, options);
  if (state.upToDate) {
    sayUpToDate(log, state.record);
    return { record: state.record, skipped: true };
  }
  const { key, inputs } = state;
  const out = resolve(options.out);
  const partial = partialFolder(out);
  const whole = options.force === true ? undefined : await finishedPartial(partial, key);
  if (whole) {
    await promote(partial, out);
    log.info('done: it had only to be renamed');
    return { record: whole, skipped: false };
  }
  log.info(`starts: ${state.reason}`);
  const keeps = stage.resumable === true || stage.piece !== undefined;
  await openPartial(partial, key, keeps && options.force !== true, options.executor);
  const started = performance.now();
  const meter = new EnergyMeter();
  const times: MakePieces['times'] = [];
  const skipped = new SkippedItems(partial, log);
  // What a stage does not say that it reads, it cannot open.
  const declared = Object.fromEntries(stage.reads.map((name) => [name, options.inputs[name] as string]));
  const work = {
    stage: stage.name,
    inputs: declared,
    out: partial,
    config: options.config,
    data: options.data,
    seed: options.seed,
    compute: options.compute,
  };
  let counts: StageCounts;
  try {
    counts = await stage.run({
      ...options,
      inputs: declared,
      shardItems: options.shardItems ?? usualShardItems,
      out: partial,
      log,
      rng: Rng.fromSeed(options.seed).fork(stage.name),
      skip: (id, reason, about) => skipped.add(id, reason, about),
      pieces: (pieces) => makePieces(stage, work, pieces, { ...options, log, times }),
    });
  } catch (error) {
    // A failed write (disk full) does not say where; here is where to free space.
    const failed = toAsrError(withPath(error, out));
    throw keeps && failed.code !== 'interrupted'
      ? await namingLeftovers(failed, partial, stage.resumable === true)
      : failed;
  } finally {
    await skipped.close();
  }
  const record: StageRecord = {
    stage: stage.name,
    key,
    version: stage.version,
    program: programVersion,
    seed: options.seed,
    config: options.config,
    inputs,
    counts,
    skipped: skipped.count,
    seconds: (performance.now() - started) / 1000,
    energy: meter.stop(),
    ...timesSince(times, started / 1000),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    compute: options.compute,
    finished: new Date().toISOString(),
  };
  await flushFolder(partial);
  await writeFileDurably(join(partial, 'stage.json'), `${JSON.stringify(record, null, 2)}\n`);
  await promote(partial, out);
  log.info(
    `done in ${record.seconds.toFixed(1)} s: ${Object.entries(counts)
      .map(([name, n]) => `${round(n)} ${name}`)
      .join(', ')}${skipped.count > 0 ? `, ${skipped.count} left out` : ''}`,
  );
  return { record, skipped: false };
}

/** @param log of the stage */
export const sayUpToDate = (log: Log, { seconds }: StageRecord): void =>
  log.info(`up to date (${seconds.toFixed(1)} s when it ran)`);

const round = (n: number): string => (Number.isInteger(n) ? String(n) : n.toPrecision(4));
