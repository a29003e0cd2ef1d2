// What of a run nothing needs any more: what interrupted stages left, stages made with other settings, and, when asked
// for, arrays of finished runs that can be made again. Finds and weighs; removing is a second step.
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readStageRecord } from '../core/stage-run.js';
import { folderBytes } from '../report/pipeline.js';
import { stages } from '../stages.js';
import { acquireRunLock, runHolder } from './run-lock.js';

export interface Collectable {
  readonly run: string;
  readonly path: string;
  readonly bytes: number;
  readonly kind: 'leftover' | 'stale' | 'intermediate';
  /** Why nothing needs it. */
  readonly reason: string;
  /** What making it again would cost, in seconds that it took; null where nobody would want to. */
  readonly rebuildSeconds: number | null;
}

export interface CollectOptions {
  /** Also outputs that only earlier stages' successors read, where all of those are finished. */
  readonly intermediate: boolean;
  /** Also what interrupted runs have finished inside a stage: hours of training, perhaps. */
  readonly unfinished: boolean;
}

/** Read again by `asr decode`, a changed recipe or a report, never by `asr transcribe`. */
export const intermediateStages: readonly string[] = ['audio', 'features', 'segments'];

/** @param folder of runs, or one run. @throws AsrError 'usage' when there is none */
export async function findCollectable(folder: string, options: CollectOptions): Promise<Collectable[]> {
  const runs = await runsBelow(folder);
  if (runs.length === 0)
    throw new AsrError('usage', `${resolve(folder)}: no runs here`, 'Runs lie in runs/ unless --run says otherwise.');
  const found: Collectable[] = [];
  for (const run of runs) {
    if (await runHolder(run)) continue; // it needs all of it
    found.push(...(await leftovers(run, options.unfinished)), ...(await staleStages(run)));
    if (options.intermediate) found.push(...(await intermediates(run)));
  }
  return found;
}

/** Removes what was found, run by run, each under its lock. @returns bytes that are free now */
export async function removeCollectable(items: readonly Collectable[]): Promise<number> {
  let freed = 0;
  for (const run of new Set(items.map((item) => item.run))) {
    const lock = await acquireRunLock(run);
    try {
      for (const { path, bytes } of items.filter((item) => item.run === run)) {
        await rm(path, { recursive: true, force: true });
        freed += bytes;
      }
    } finally {
      await lock.release();
    }
  }
  return freed;
}

async function runsBelow(folder: string): Promise<string[]> {
  const isRun = (path: string): boolean => existsSync(join(path, 'config.yaml'));
  if (!existsSync(folder)) return [];
  if (isRun(folder)) return [resolve(folder)];
  return (await readdir(folder))
    .sort()
    .map((name) => resolve(folder, name))
    .filter(isRun);
}

/**
 * Unfinished and replaced folders; the pieces and trainings in them that are finished count,
 * since the same command would use them.
 */
async function leftovers(run: string, unfinished: boolean): Promise<Collectable[]> {
  const found: Collectable[] = [];
  for (const name of (await readdir(run)).sort()) {
    if (!/\.(partial|old|tmp)$/.test(name)) continue;
    const path = join(run, name);
    const kept = name.endsWith('.partial')
      ? (await count(join(path, 'pieces'), /^[^.]+$/)) + (await count(join(path, 'runs'), /^[^.]+$/))
      : 0;
    if (kept > 0 && !unfinished) continue;
    const reason = name.endsWith('.partial')
      ? `left by an interrupted run${kept > 0 ? `, with ${kept} finished pieces that the same command would use` : ''}`
      : 'replaced by a newer result';
    found.push({ run, path, bytes: await folderBytes(path), kind: 'leftover', reason, rebuildSeconds: null });
  }
  return found;
}

async function count(folder: string, names: RegExp): Promise<number> {
  if (!existsSync(folder)) return 0;
  return (await readdir(folder)).filter((name) => names.test(name)).length;
}

/** Stages whose recorded inputs are not the ones that lie there now: the next run makes them again, whatever it is. */
async function staleStages(run: string): Promise<Collectable[]> {
  const found: Collectable[] = [];
  const stale = new Set<string>();
  for (const { name, reads } of stages) {
    const path = join(run, name);
    const record = await readStageRecord(path).catch(() => undefined);
    if (!record) continue;
    for (const read of reads) {
      const input = await readStageRecord(join(run, read)).catch(() => undefined);
      if (!stale.has(read) && (!input || record.inputs[read] === input.key || record.inputs[read] === undefined))
        continue;
      stale.add(name);
      found.push({
        run,
        path,
        bytes: await folderBytes(path),
        kind: 'stale',
        reason: `made from another "${read}" than is there now`,
        rebuildSeconds: record.seconds,
      });
      break;
    }
  }
  return found;
}

/** Arrays of a finished run: what it taught is in the bundle. */
async function intermediates(run: string): Promise<Collectable[]> {
  const last = stages.at(-1)?.name ?? '';
  if (!(await readStageRecord(join(run, last)).catch(() => undefined))) return [];
  const found: Collectable[] = [];
  for (const name of intermediateStages) {
    const path = join(run, name);
    const record = await readStageRecord(path).catch(() => undefined);
    if (record)
      found.push({
        run,
        path,
        bytes: await folderBytes(path),
        kind: 'intermediate',
        reason: `of a finished run; ${basename(run)}/bundle transcribes without it`,
        rebuildSeconds: record.seconds,
      });
  }
  return found;
}
