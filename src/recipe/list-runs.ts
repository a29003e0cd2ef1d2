// All runs below a folder: how far each is, how good it thinks it is, how good it is where that is known.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AsrError, itemProblem } from '../core/errors.js';
import { readStageRecord } from '../core/stage-run.js';
import { folderBytes } from '../report/pipeline.js';
import { stageNames } from '../stages.js';
import { intermediateStages } from './collect.js';
import { runHolder } from './run-lock.js';

export interface ListedRun {
  readonly name: string;
  readonly folder: string;
  /** `running` while a process holds its lock. */
  readonly state: 'finished' | 'unfinished' | 'running' | 'damaged';
  /** The first stage that is not done, or what is damaged. */
  readonly next: string | null;
  /** Label-free metric of the chosen run. */
  readonly metric: number | null;
  /** Phone error rate, a fraction; null where there are no references. */
  readonly per: number | null;
  /** Of all finished stages together. */
  readonly seconds: number;
  readonly bytes: number;
  /** When its last stage finished, ISO 8601. */
  readonly finished: string | null;
}

/** @param folder of runs, or of one run. @throws AsrError 'usage' when there is no such folder */
export async function listRuns(folder: string): Promise<ListedRun[]> {
  if (!existsSync(folder))
    throw new AsrError('usage', `${resolve(folder)}: no such folder`, 'Runs lie in runs/ unless --run says otherwise.');
  if (existsSync(join(folder, 'config.yaml'))) return [await readRun(resolve(folder))];
  const runs: ListedRun[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = resolve(folder, entry.name);
    if (existsSync(join(path, 'config.yaml'))) runs.push(await readRun(path));
  }
  return runs;
}

export const runOrders = ['name', 'metric', 'per', 'time', 'size', 'finished'] as const;
export type RunOrder = (typeof runOrders)[number];

/** Best, shortest, smallest and latest first; runs without the figure come last. */
export function sortRuns(runs: readonly ListedRun[], order: RunOrder): ListedRun[] {
  const key = (run: ListedRun): number | null => {
    switch (order) {
      case 'metric':
        return run.metric;
      case 'per':
        return run.per;
      case 'time':
        return run.seconds;
      case 'size':
        return run.bytes;
      case 'finished':
        return run.finished === null ? null : -Date.parse(run.finished);
      case 'name':
        return 0;
    }
  };
  return [...runs].sort((a, b) => (key(a) ?? Infinity) - (key(b) ?? Infinity) || (a.name < b.name ? -1 : 1));
}

async function readRun(folder: string): Promise<ListedRun> {
  const name = basename(folder);
  let seconds = 0;
  let finished: string | null = null;
  let next: string | null = null;
  const missing: string[] = [];
  let metric: number | null = null;
  let per: number | null = null;
  let state: ListedRun['state'] = 'finished';
  try {
    for (const stage of ['corpus', ...stageNames]) {
      const record = await readStageRecord(join(folder, stage));
      if (!record) {
        // A recipe without a prepare step has no corpus stage.
        if (stage !== 'corpus') missing.push(stage);
        continue;
      }
      seconds += record.seconds;
      if (finished === null || record.finished > finished) finished = record.finished;
      if (stage === 'learn') metric = record.counts['metric'] ?? null;
      if (stage === 'score') per = record.counts['per'] ?? null;
    }
    // What asr gc took from a finished run is not missing.
    next =
      (missing.includes(stageNames.at(-1) ?? '')
        ? missing
        : missing.filter((stage) => !intermediateStages.includes(stage)))[0] ?? null;
    if (next !== null) state = 'unfinished';
    if (await runHolder(folder)) state = 'running';
  } catch (thrown) {
    const error = itemProblem(thrown);
    state = 'damaged';
    next = error.message;
  }
  return { name, folder, state, next, metric, per, seconds, bytes: await folderBytes(folder), finished };
}
