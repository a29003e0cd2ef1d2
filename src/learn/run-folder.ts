// The folder of one run: written under another name and renamed when whole, so that a killed stage finds exactly the
// runs that ended and trains the others again.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../core/jsonl.js';
import { writeWhole } from '../core/whole-folder.js';
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
    cause: z.enum(collapseCauses).exactOptional(),
    updates: z.number().int().nonnegative().exactOptional(),
    synthetic: z.boolean().exactOptional(),
    sources: z.array(sourceFactsSchema).exactOptional(),
    soundPerplexity: finite.exactOptional(),
  })
  .meta({ description: 'runs.jsonl and runs/<name>/run.json; null where a number is not finite' });
/** One line of runs.jsonl. */
export type RunRecord = z.infer<typeof runSchema>;

export const runFolder = (out: string, name: string): string => join(out, 'runs', name);

/** What is not finite is null. */
export const toRecord = ({ score, ...run }: LearnRun): RunRecord =>
  runSchema.parse(
    Object.fromEntries(
      Object.entries({ ...run, ...score }).map(([key, value]) => [
        key,
        typeof value === 'number' && !Number.isFinite(value) ? null : value,
      ]),
    ),
  );

function fromRecord(record: RunRecord): LearnRun {
  const { metric, perplexity, vocabularySeen, logLengthRatio, topShare, logProb10, ...run } = record;
  const score: LabelFreeScore = {
    ...{ vocabularySeen, topShare },
    metric: metric ?? Infinity,
    perplexity: perplexity ?? Infinity,
    logLengthRatio: logLengthRatio ?? -Infinity,
    logProb10: logProb10 ?? -Infinity,
  };
  return { ...run, score };
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
  return writeWhole(runFolder(out, name), async (partial) => {
    const run = await write(partial);
    await writeFile(join(partial, 'run.json'), `${JSON.stringify(toRecord(run), null, 1)}\n`);
    return run;
  });
}
