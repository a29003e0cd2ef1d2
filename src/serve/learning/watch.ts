// What a run looks like from outside while it goes on, read from its folder alone: so a page sees a run whoever
// started it, and sees it again after the server was ended.
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { partialFolder } from '../../core/partial-folder.js';
import { legibleLine } from '../../core/shown.js';
import { hypothesisSchema } from '../../core/records.js';
import { stageRecordSchema } from '../../core/stage.js';
import { readVerdict } from '../../learn/verdict.js';
import { runHolder } from '../../recipe/run-lock.js';
import { readCurves, type CurveChart } from '../../report/curves.js';
import { reportFile } from '../../report/stage.js';
import { readScore } from '../../score/report.js';
import { hypothesisFolder } from '../../selftrain/output.js';
import { stages } from '../../stages.js';

export interface StageView {
  readonly name: string;
  readonly summary: string;
  readonly state: 'waiting' | 'working' | 'done';
  readonly seconds?: number;
  readonly counts?: Readonly<Record<string, number>>;
}

export interface RunView {
  /** Somebody works on it now. */
  readonly running: boolean;
  readonly stages: readonly StageView[];
  readonly curves: readonly CurveChart[];
  /** The first utterances. */
  readonly transcripts: readonly { readonly id: string; readonly text: string }[];
  readonly verdict?: string;
  readonly per?: number;
  readonly report: boolean;
  /** The last lines of what it said. */
  readonly log: readonly string[];
}

const mostCurvePoints = 60;
const mostCurves = 8;
const mostTranscripts = 8;
const logBytes = 4000;
const transcriptBytes = 1 << 18;

/** @param run its folder. @param log file of what `asr run` said */
export async function viewRun(run: string, log: string): Promise<RunView> {
  const at = (name: string): string => join(run, name);
  const learn = (await isThere(at('learn'))) ? at('learn') : partialFolder(at('learn'));
  const verdict = (await isThere(at('decode'))) ? await readVerdict(at('decode')).catch(() => undefined) : undefined;
  const score = (await isThere(at('score'))) ? await readScore(at('score')).catch(() => undefined) : undefined;
  return {
    running: (await runHolder(run).catch(() => undefined)) !== undefined,
    stages: await Promise.all(stages.map(({ name, summary }) => viewStage(run, name, summary))),
    // Lines that are being written are read the next time.
    curves: await readCurves(learn, (await foldersIn(join(learn, 'runs'))).slice(-mostCurves), mostCurvePoints).catch(
      () => [],
    ),
    transcripts: await firstTranscripts(run),
    ...(verdict ? { verdict: `${verdict.verdict}: ${verdict.reason}` } : {}),
    ...(score ? { per: score.per } : {}),
    report: await isThere(join(run, 'report', reportFile)),
    log: await lastLines(log),
  };
}

/** Names of the folders in a folder; none where it is not there. */
export async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

async function viewStage(run: string, name: string, summary: string): Promise<StageView> {
  const folder = join(run, name);
  const text = await readFile(join(folder, 'stage.json'), 'utf8').catch(() => undefined);
  const record = text === undefined ? undefined : stageRecordSchema.safeParse(parsed(text)).data;
  if (record) return { name, summary, state: 'done', seconds: record.seconds, counts: record.counts };
  return { name, summary, state: (await isThere(partialFolder(folder))) ? 'working' : 'waiting' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of the finished stage, or of what it wrote so far. */
async function firstTranscripts(run: string): Promise<RunView['transcripts']> {
  const finished = hypothesisFolder({ decode: join(run, 'decode'), selftrain: join(run, 'selftrain') });
  for (const folder of [finished, partialFolder(join(run, 'decode'))]) {
    const text = await beginning(join(folder, 'hypotheses.jsonl'), transcriptBytes);
    const lines = text.split('\n').slice(0, -1);
    const told = lines.slice(0, mostTranscripts).flatMap((line) => {
      const { data } = hypothesisSchema.safeParse(parsed(line));
      if (!data) return [];
      const tokens = data.words?.map(({ word }) => word) ?? data.phones.map(({ phone }) => phone);
      return [{ id: data.id, text: tokens.map(legibleLine).join(' ') }];
    });
    if (told.length > 0) return told;
  }
  return [];
}

async function beginning(path: string, most: number): Promise<string> {
  await using file = await open(path).catch(() => undefined);
  if (!file) return '';
  const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

/** Without colours and moves of the cursor. */
async function lastLines(path: string): Promise<string[]> {
  await using file = await open(path).catch(() => undefined);
  if (!file) return [];
  const { size } = await file.stat();
  const from = Math.max(0, size - logBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(logBytes), 0, logBytes, from);
  const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
  return (from > 0 ? lines.slice(1) : lines)
    .filter((line) => line !== '')
    .slice(-12)
    .map(legibleLine);
}
