// Runs a plan, stage after stage. What is up to date is skipped; an interrupted run continues with the same command.
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeFileDurably } from '../core/durable.js';
import { makeFolder } from '../core/folders.js';
import type { Log } from '../core/log.js';
import type { StageRecord } from '../core/stage.js';
import { runStage } from '../core/stage-run.js';
import { stageOptions, type Plan } from './plan.js';
import { acquireRunLock } from './run-lock.js';

export interface FinishedStage {
  readonly stage: string;
  readonly skipped: boolean;
  readonly record: StageRecord;
}

/** @throws AsrError 'usage' when another run holds the folder, or that of the stage that failed; what was finished before stays finished */
export async function runPlan(plan: Plan, log: Log, signal?: AbortSignal): Promise<FinishedStage[]> {
  await makeFolder(plan.run);
  const lock = await acquireRunLock(plan.run);
  try {
    await writeFileDurably(join(plan.run, 'config.yaml'), stringify(plan.config));
    const finished: FinishedStage[] = [];
    for (const step of plan.steps) {
      signal?.throwIfAborted();
      const { record, skipped } = await runStage(await step.load(), stageOptions(plan, step, log, signal));
      finished.push({ stage: step.name, skipped, record });
    }
    return finished;
  } finally {
    await lock.release();
  }
}
