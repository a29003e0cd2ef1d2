// The metrics of finished runs for TensorBoard: `tensorboard --logdir RUN/learn/tensorboard` shows every run's curves.
// The same numbers stay in runs/<name>/*.jsonl for programs.
import { existsSync } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonl, readLines } from '../core/jsonl.js';
import { eventFileHead, scalarsRecord } from './event-file.js';
import { runFolder } from './run-folder.js';

/** TensorBoard itself draws 1,000 points of a scalar; a night of adversarial training writes 150,000 lines. */
const largestFile = 10_000;
const steps = ['step', 'pass', 'update'] as const;
const lineSchema = z.record(z.string(), z.unknown());

/** The name that TensorBoard looks for; the number stands for a time, which stands inside. */
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
      const spans = await Promise.all(sources.map(spanOf));
      await file.writeFile(eventFileHead(Math.min(...spans.map(({ first }) => first))));
      for (const [i, path] of sources.entries())
        for await (const chunk of records(path, spans[i] as Span)) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
  }
}

/** Seconds since 1970 of the first and the last line of a file. */
interface Span {
  readonly first: number;
  readonly last: number;
}

/**
 * Metrics hold no times, so that equal trainings leave equal bytes; the file itself knows when it was begun and ended.
 */
async function spanOf(path: string): Promise<Span> {
  const { birthtimeMs, mtimeMs } = await stat(path);
  const begun = birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs; // file systems that know no birth say 0
  return { first: begun / 1000, last: mtimeMs / 1000 };
}

async function* records(path: string, { first, last }: Span): AsyncGenerator<Buffer> {
  // Odd: adversarial training updates its two networks by turns, and both must be seen.
  const lines = await countLines(path);
  const stride = Math.ceil(lines / largestFile) | 1;
  let number = 0;
  for await (const line of readJsonl(path, lineSchema)) {
    const seconds = first + ((last - first) * (number + 1)) / lines;
    if (number++ % stride !== 0) continue;
    const event = lineRecord(line, seconds);
    if (event) yield event;
  }
}

/** One line of metrics; undefined where it counts no steps. @param seconds since 1970 */
export function lineRecord(line: Record<string, unknown>, seconds: number): Buffer | undefined {
  const counter = steps.find((name) => typeof line[name] === 'number');
  if (counter === undefined) return undefined;
  return scalarsRecord(line[counter] as number, scalarsOf(line, counter), seconds);
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
