// Stages inside stages: work of another stage that one makes in its own folder, such as frames of another kind. It is
// declared, so that a plan shows it before a run, and is made once however often the outer stage is interrupted.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { parseOrUndefined, partialFolder, partialMark } from './partial-folder.js';
import type { InnerStage, StageDefinition, StageIo } from './stage.js';
import { runStage, stageState, type StageRunOptions, type StageState } from './stage-run.js';

/** Makes it, unless it is up to date. @returns its folder */
export async function runInner<C>(io: StageIo<C, string>, inner: InnerStage): Promise<string> {
  const out = join(io.out, inner.folder);
  const { stage, inputs } = inner;
  await runStage(stage, { ...io, inputs, config: inner.config as never, log: io.log.child(inner.name), out });
  return out;
}

/**
 * Whether each inner stage would run when the outer one does, and why.
 * @param outer its own state: what is inside a finished stage is finished, what was begun counts for its key alone
 */
export async function innerStates<S extends z.ZodObject>(
  stage: StageDefinition<S>,
  options: StageRunOptions<z.infer<S>>,
  outer: StageState,
): Promise<{ readonly name: string; readonly upToDate: boolean; readonly reason: string }[]> {
  const partial = partialFolder(resolve(options.out));
  const mark = join(partial, partialMark);
  const begun = existsSync(mark) ? (parseOrUndefined(await readFile(mark, 'utf8')) as { key?: string }) : undefined;
  const continues = stage.resumable === true && options.force !== true && begun?.key === outer.key;
  return Promise.all(
    (stage.inner?.(options.config, options.data, options.inputs) ?? []).map(
      async ({ name, folder, stage: inner, inputs, config }) => {
        if (outer.upToDate) return { name, upToDate: true, reason: 'up to date' };
        if (!continues) return { name, upToDate: false, reason: 'not done yet' };
        const state = await stageState(inner, {
          ...options,
          inputs,
          config: config as never,
          out: join(partial, folder),
        });
        return { name, upToDate: state.upToDate, reason: state.upToDate ? 'up to date' : state.reason };
      },
    ),
  );
}
