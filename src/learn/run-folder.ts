// The folder of one run: written under another name and renamed when whole, so that a killed stage finds exactly the
// runs that ended and trains the others again.
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../core/jsonl.js';
import { flushFolder, renameDurably, writeFileDurably } from '../core/durable.js';
import { sourceFactsSchema } from '../bootstrap/source-facts.js';
import { collapseCauses } from '../gan/collapse.js';
import type { LearnRun } from './method.js';
import type { LabelFreeScore } from './metric.js';

const finite = z.number();
const mayOverflow = z.number().nullable();
export const runSchema = z
  .object({
    name: z.string(),
    method: z.string(),
    seed: z.string(),
    loss: mayOverflow,
    metric: mayOverflow,
    perplexity: mayOverflow,
    vocabularySeen: finite,
    logLengthRatio: mayOverflow,
    topShare: finite,
    logProb10: mayOverflow,
    state: z.enum(['ok', 'unconverged', 'collapsed']),
    reason: z.string(),
    cause: z.enum(collapseCauses).optional(),
    updates: z.number().int().nonnegative().optional(),
    synthetic: z.boolean().optional(),
    sources: z.array(sourceFactsSchema).optional(),
    soundPerplexity: finite.optional(),
  })
  .meta({ description: 'runs.jsonl and runs/<name>/run.json; null where a number is not finite' });
/** One line of runs.jsonl. */
export type RunRecord = z.infer<typeof runSchema>;

export const runFolder = (out: string, name: string): string => join(out, 'runs', name);

const finiteOrNull = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

/** What a record says only where there is something to say. */
function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export function toRecord({
  name,
  method,
  seed,
  loss,
  score,
  state,
  reason,
  cause,
  updates,
  synthetic,
  sources,
  soundPerplexity,
}: LearnRun): RunRecord {
  return {
    name,
    method,
    seed,
    loss: finiteOrNull(loss),
    metric: finiteOrNull(score.metric),
    perplexity: finiteOrNull(score.perplexity),
    vocabularySeen: score.vocabularySeen,
    logLengthRatio: finiteOrNull(score.logLengthRatio),
    topShare: score.topShare,
    logProb10: finiteOrNull(score.logProb10),
    state,
    reason,
    ...present({ cause, updates, synthetic, sources: sources && [...sources], soundPerplexity }),
  };
}

function fromRecord({
  name,
  method,
  seed,
  loss,
  state,
  reason,
  cause,
  updates,
  synthetic,
  sources,
  soundPerplexity,
  ...scores
}: RunRecord): LearnRun {
  const score: LabelFreeScore = {
    metric: scores.metric ?? Infinity,
    perplexity: scores.perplexity ?? Infinity,
    vocabularySeen: scores.vocabularySeen,
    logLengthRatio: scores.logLengthRatio ?? -Infinity,
    topShare: scores.topShare,
    logProb10: scores.logProb10 ?? -Infinity,
  };
  return {
    name,
    method,
    seed,
    loss,
    score,
    state,
    reason,
    ...present({ cause, updates, synthetic, sources, soundPerplexity }),
  };
}

/** The run of this name if it is finished. @throws AsrError 'input' when its record is damaged */
export async function finishedRun(out: string, name: string): Promise<LearnRun | undefined> {
  const path = join(runFolder(out, name), 'run.json');
  return existsSync(path) ? fromRecord(await readJson(path, runSchema)) : undefined;
}

/** @param write fills the folder with the emission model and metrics, and says how good the run is */
export async function writeRun(
  out: string,
  name: string,
  write: (folder: string) => Promise<LearnRun>,
): Promise<LearnRun> {
  const folder = runFolder(out, name);
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const run = await write(unfinished);
  await writeFileDurably(join(unfinished, 'run.json'), `${JSON.stringify(toRecord(run), null, 1)}\n`);
  await rm(folder, { recursive: true, force: true });
  await flushFolder(unfinished);
  await renameDurably(unfinished, folder);
  return run;
}
