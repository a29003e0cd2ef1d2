// Runs a plan: what is up to date is skipped; an interrupted run continues with the same command.
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeFileDurably } from '../core/durable.js';
import { makeFolder } from '../core/folders.js';
import type { Log } from '../core/log.js';
import { createExecutor } from '../executor/create.js';
import { staleBefore, type Plan } from './plan.js';
import { acquireRunLock } from './run-lock.js';
import { runSteps, type FinishedStage } from './schedule.js';

export type { FinishedStage } from './schedule.js';

/**
 * @throws AsrError 'usage' when another run holds the folder, or that of the stage that failed;
 * what was finished before stays finished
 */
export async function runPlan(plan: Plan, log: Log, signal?: AbortSignal): Promise<FinishedStage[]> {
  await makeFolder(plan.run);
  const lock = await acquireRunLock(plan.run);
  try {
    await writeFileDurably(join(plan.run, 'config.yaml'), stringify(plan.config));
    for (const { stage, reason } of await staleBefore(plan))
      log.warn(`${stage} stands before --from and is taken as it is, though ${reason}`);
    return await runSteps(plan, { executor: createExecutor(plan.config.executor, lock), register: lock, log, signal });
  } finally {
    await lock.release();
  }
}
