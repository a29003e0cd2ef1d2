// The metrics of finished runs for TensorBoard: `tensorboard --logdir RUN/learn/tensorboard` shows every run's curves.
// The same numbers stay in runs/<name>/*.jsonl for programs.
import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonl, readLines } from '../core/jsonl.js';
import { eventFileHead, scalarsRecord } from './event-file.js';
import { runFolder } from './run-folder.js';

/** TensorBoard itself draws 1,000 points of a scalar; a night of adversarial training writes 150,000 lines. */
const largestFile = 10_000;
const steps = ['step', 'pass', 'update'] as const;
const lineSchema = z.record(z.string(), z.unknown());

/** The name that TensorBoard looks for; the number stands for a time, which is left out. */
export const eventFile = 'events.out.tfevents.0000000000.asr';

/** What a run leaves of its training. */
export const metricsFiles = ['metrics.jsonl', 'evaluations.jsonl'] as const;

/** Writes `<out>/tensorboard/<run>/` for each run that left metrics. @param out folder of the learn stage */
export async function writeEventFiles(out: string, runs: readonly string[]): Promise<void> {
  for (const run of runs) {
    const sources = metricsFiles.map((file) => join(runFolder(out, run), file)).filter((path) => existsSync(path));
    if (sources.length === 0) continue;
    const folder = join(out, 'tensorboard', run);
    await mkdir(folder, { recursive: true });
    const file = await open(join(folder, eventFile), 'w');
    try {
      await file.writeFile(eventFileHead());
      for (const path of sources) for await (const chunk of records(path)) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
  }
}

async function* records(path: string): AsyncGenerator<Buffer> {
  // Odd: adversarial training updates its two networks by turns, and both must be seen.
  const stride = Math.ceil((await countLines(path)) / largestFile) | 1;
  let number = 0;
  for await (const line of readJsonl(path, lineSchema)) {
    if (number++ % stride !== 0) continue;
    const event = lineRecord(line);
    if (event) yield event;
  }
}

/** One line of metrics; undefined where it counts no steps. */
export function lineRecord(line: Record<string, unknown>): Buffer | undefined {
  const counter = steps.find((name) => typeof line[name] === 'number');
  return counter === undefined ? undefined : scalarsRecord(line[counter] as number, scalarsOf(line, counter));
}

/** Numbers by tag; those of a network or of a nested score are named after it, so that each is a chart of its own. */
function scalarsOf(line: Record<string, unknown>, counter: string): Record<string, number> {
  const prefix = typeof line['network'] === 'string' ? `${line['network']}/` : counter === 'pass' ? 'hmm/' : '';
  const scalars: Record<string, number> = {};
  for (const [name, value] of Object.entries(line)) {
    if (name === counter) continue;
    if (typeof value === 'number' && Number.isFinite(value)) scalars[prefix + name] = value;
    const nested = lineSchema.safeParse(value);
    for (const [inner, number] of Object.entries(nested.data ?? {}))
      if (typeof number === 'number' && Number.isFinite(number)) scalars[`${name}/${inner}`] = number;
  }
  return scalars;
}

async function countLines(path: string): Promise<number> {
  let lines = 0;
  for await (const line of readLines(path)) lines += line === '' ? 0 : 1;
  return lines;
}
