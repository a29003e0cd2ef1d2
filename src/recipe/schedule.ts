// The order of work inside a run: steps whose inputs are there run at once, one in this process and others in worker
// processes, as far as cores and memory allow. One that is up to date is found to be so where it would have run.
import { AsrError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Executor } from '../core/pieces.js';
import type { StageRecord } from '../core/stage.js';
import { readStageRecord, runStage, sayUpToDate, stageState } from '../core/stage-run.js';
import { jobsThatFit } from '../executor/local.js';
import { WorkerProcess, type WorkerRegister } from '../executor/worker-process.js';
import { stageNames } from '../stages.js';
import { stageOptions, type Plan } from './plan.js';
import type { Step } from './step.js';
import { workInOrder } from './work-in-order.js';

export interface FinishedStage {
  readonly stage: string;
  readonly skipped: boolean;
  readonly record: StageRecord;
}

export interface ScheduleTools {
  readonly executor: Executor;
  readonly register: WorkerRegister;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
}

/** @returns what became of each step, in the order of the plan. @throws AsrError of the first step that failed */
export async function runSteps(plan: Plan, tools: ScheduleTools): Promise<FinishedStage[]> {
  let here: Step | undefined;
  const finished = await workInOrder<Step, FinishedStage>({
    steps: plan.steps,
    signal: tools.signal,
    needs: (step) => needs(plan, step),
    begin: (step, running) => {
      if (here) return mayRunBeside(plan, step, running.length) ? () => runBeside(plan, step, tools) : undefined;
      here = step;
      return () =>
        runHere(plan, step, tools).finally(() => {
          here = undefined;
        });
    },
    onFailure: (running) => {
      tools.log.info(`${running.map(({ name }) => name).join(', ')} may finish first; then the error is shown`);
    },
  });
  return plan.steps.map((step) => finished.get(step) as FinishedStage);
}

/** The steps of the plan that have to be over before this one. */
function needs(plan: Plan, step: Step): Step[] {
  return plan.steps.filter(
    ({ out }) => out !== step.out && (out === step.data || Object.values(step.inputs).includes(out)),
  );
}

async function runHere(plan: Plan, step: Step, { executor, log, signal }: ScheduleTools): Promise<FinishedStage> {
  const { record, skipped } = await runStage(await step.load(), {
    ...stageOptions(plan, step, log, signal),
    executor,
    shardItems: plan.config.executor.shardItems,
  });
  return { stage: step.name, skipped, record };
}

/** A recipe's own first step is no stage of the table, and nothing could run beside it anyway. */
function mayRunBeside(plan: Plan, step: Step, running: number): boolean {
  return stageNames.includes(step.name) && running < jobsThatFit(plan.config.executor);
}

async function runBeside(plan: Plan, step: Step, { register, log, signal }: ScheduleTools): Promise<FinishedStage> {
  const state = await stageState(await step.load(), stageOptions(plan, step, log));
  if (state.upToDate) {
    sayUpToDate(log.child(step.name), state.record);
    return { stage: step.name, skipped: true, record: state.record };
  }
  const { inputs, out, config, data, seed, compute } = stageOptions(plan, step, log);
  const worker = await WorkerProcess.start(log, register);
  try {
    const work = { stage: step.name, inputs: { ...inputs }, out, config, data, seed, compute };
    await worker.follow(
      { kind: 'stage', work, force: step.force, shardItems: plan.config.executor.shardItems },
      signal,
    );
  } finally {
    await worker.stop();
  }
  const record = await readStageRecord(out);
  if (!record) throw new AsrError('internal', `${out}: stage ${step.name} ended without a result`);
  return { stage: step.name, skipped: false, record };
}
