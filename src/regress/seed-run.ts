// One seed of one recipe: `asr run` as a process of its own under the time that is left, then what its folder says.
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { exitCodes, toAsrError } from '../core/errors.js';
import { readJsonl } from '../core/jsonl.js';
import { readStageRecord } from '../core/stage-run.js';
import { packageRoot } from '../core/version.js';
import { runSchema } from '../learn/run-folder.js';
import { readVerdict } from '../learn/verdict.js';
import { bestGuess, readScore } from '../score/report.js';
import { runMeasured, type Measured } from './measured-process.js';
import { assignments, type Measure, type SuiteEntry } from './suite.js';

export interface SeedResult {
  readonly seed: number;
  readonly status: 'ok' | 'failed' | 'missing' | 'collapsed' | 'over-budget';
  /** One line; where it is ok, what was judged without labels if that is not good. */
  readonly reason: string;
  /** Fractions; null where not known. */
  readonly per: number | null;
  readonly wer: number | null;
  readonly cer: number | null;
  /** Label-free metric of the chosen run. */
  readonly metric: number | null;
  /** PER of the best guess that listens to nothing. */
  readonly guess: number | null;
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number | null;
  /** Peak of the process tree, MiB. */
  readonly memory: number | null;
}

export interface SeedRunOptions {
  /** The corpus, where the entry has one. */
  readonly data: string | undefined;
  /** Folder of the run; what was there is removed, since a finished run would be skipped. */
  readonly run: string;
  /** Time left of the budget. */
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

const program = join(packageRoot, 'bin', 'asr.js');

/** Never throws for what the run does; @throws AbortError when interrupted */
export async function runSeed(
  entry: SuiteEntry,
  seed: number,
  { data, run, seconds, signal }: SeedRunOptions,
): Promise<SeedResult> {
  await rm(run, { recursive: true, force: true });
  await mkdir(run, { recursive: true });
  const settings = [...assignments(entry), `seed=${seed}`].flatMap((setting) => ['--set', setting]);
  const measured = await runMeasured(
    [program, 'run', entry.recipe, '--run', run, ...(data === undefined ? [] : ['--data', data]), ...settings],
    { logFile: `${run}.log`, seconds, signal },
  );
  signal?.throwIfAborted();
  return resultOf(entry, seed, run, measured);
}

/** Reads the folder of a run that has ended, however it did. */
async function resultOf(entry: SuiteEntry, seed: number, run: string, measured: Measured): Promise<SeedResult> {
  const { wallSeconds: wall, cpuSeconds: cpu } = measured;
  let found: Found = {
    per: null,
    wer: null,
    cer: null,
    metric: null,
    guess: null,
    memory: 0,
    collapse: '',
    verdict: '',
  };
  let damage = '';
  try {
    found = await readRun(run);
  } catch (thrown) {
    damage = toAsrError(thrown).message;
  }
  const { collapse, verdict, memory, ...rates } = found;
  const common = { seed, ...rates, wall, cpu, memory: Math.max(memory, measured.peakMiB ?? 0) || null };
  if (measured.overTime)
    return {
      ...common,
      status: 'over-budget',
      reason:
        `seed ${seed} was stopped in stage ${stageOf(measured.lastLines)}: its ` +
        `budget of ${entry.minutes} minutes is used up`,
    };
  if (measured.code !== 0 && measured.code !== exitCodes.unconverged)
    return { ...common, status: 'failed', reason: `seed ${seed}: ${failureOf(measured)}` };
  if (damage !== '') return { ...common, status: 'failed', reason: `seed ${seed}: ${damage}` };
  if (collapse !== '') return { ...common, status: 'collapsed', reason: `seed ${seed} collapsed: ${collapse}` };
  if (rates[entry.measure] === null)
    return {
      ...common,
      status: 'missing',
      reason: `seed ${seed} left no ${measureNames[entry.measure]}: ${missingHints[entry.measure]}`,
    };
  return { ...common, status: 'ok', reason: verdict };
}

export const measureNames: Record<Measure, string> = {
  per: 'PER',
  wer: 'WER',
  cer: 'CER',
  metric: 'label-free metric',
};
const missingHints: Record<Measure, string> = {
  per: 'the recipe has no references (score.references)',
  wer: 'words are decoded with decode.method: words only, and scored against references of words',
  cer: 'words are decoded with decode.method: words only, and scored against references of words',
  metric: 'it is not finite',
};

type Found = Pick<SeedResult, 'per' | 'wer' | 'cer' | 'metric' | 'guess'> & {
  readonly memory: number;
  readonly collapse: string;
  /** What was judged without labels, where it is not good. */
  readonly verdict: string;
};

async function readRun(run: string): Promise<Found> {
  const stages = await Promise.all(
    [
      'corpus',
      'audio',
      'vad',
      'features',
      'text',
      'segments',
      'clusters',
      'learn',
      'decode',
      'selftrain',
      'score',
      'bundle',
      'report',
    ].map((stage) => readStageRecord(join(run, stage))),
  );
  const chosen = await chosenRun(join(run, 'learn', 'runs.jsonl'));
  const judged = await readVerdict(join(run, 'decode'));
  const score = existsSync(join(run, 'score', 'score.json')) ? await readScore(join(run, 'score')) : undefined;
  return {
    per: score?.per ?? null,
    wer: score?.words?.wer ?? null,
    cer: score?.characters?.cer ?? null,
    metric: chosen?.metric ?? null,
    guess: score ? bestGuess(score).per : null,
    memory: Math.max(0, ...stages.map((record) => record?.peakMiB ?? 0)),
    collapse: chosen?.state === 'collapsed' ? chosen.reason : '',
    verdict: judged && judged.verdict !== 'converged' ? `${judged.verdict}: ${judged.reason}` : '',
  };
}

const lineSchema = runSchema.extend({ chosen: z.boolean() });

async function chosenRun(path: string): Promise<z.infer<typeof lineSchema> | undefined> {
  if (existsSync(path)) for await (const run of readJsonl(path, lineSchema)) if (run.chosen) return run;
  return undefined;
}

/** What the program said was wrong, in one line. */
function failureOf({ code, lastLines }: Measured): string {
  const said =
    lastLines.findLast((line) => line.startsWith('asr: ')) ?? lastLines.findLast((line) => line.trim() !== '');
  return (
    `${code === null ? 'asr run was killed' : `asr run ended with exit code ${code}`}` +
    (said === undefined ? '' : `: ${said.replace(/^asr: /u, '').trim()}`)
  );
}

/** By the last line of the log that names one: `   12.3s learn: …`. */
function stageOf(lines: readonly string[]): string {
  const line = lines.findLast((text) => /^\s*[\d.]+s [\w-]+: /u.test(text));
  return line === undefined ? '(none had begun)' : `"${/s ([\w-]+): /u.exec(line)?.[1] ?? ''}"`;
}
