// The records of a run's stages in, a picture of the run in time out: a trace of events that Perfetto and
// chrome://tracing open, and for each stage how busy the cores were.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { PieceTime, StageRecord } from '../core/stage.js';
import { readStageRecord } from '../core/stage-run.js';

/** https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU: `X` complete, `M` names. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  /** Microseconds from the beginning of the run. */
  readonly ts?: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface StageInTime {
  readonly stage: string;
  /** Seconds from the beginning of the run. */
  readonly start: number;
  readonly seconds: number;
  /** Of all threads, on other machines, too; null where an older version ran it. */
  readonly cpuSeconds: number | null;
  readonly pieces: number;
  /** What pieces took, one after the other: seconds of a place, or of a task of a cluster. */
  readonly pieceSeconds: number;
  /** Other machines made pieces of it. */
  readonly hosts: readonly string[];
  /** Share of the places' time in which none made a piece, from the first piece's start to the last one's end. */
  readonly waiting: number | null;
}

export interface RunInTime {
  readonly stages: readonly StageInTime[];
  readonly events: readonly TraceEvent[];
}

/** @throws AsrError 'input' where the folder holds no finished stage */
export async function runInTime(run: string): Promise<RunInTime> {
  const records: StageRecord[] = [];
  const names = existsSync(run) ? (await readdir(run)).sort() : [];
  for (const name of names) {
    const record = existsSync(join(run, name, 'stage.json')) ? await readStageRecord(join(run, name)) : undefined;
    if (record) records.push(record);
  }
  if (records.length === 0)
    throw new AsrError(
      'input',
      `${run}: holds no finished stage`,
      'Give the folder of a run, for instance runs/demo-es.',
    );
  const startOf = ({ finished, seconds }: StageRecord): number => Date.parse(finished) / 1000 - seconds;
  records.sort((a, b) => startOf(a) - startOf(b));
  const begin = startOf(records[0]!);
  const events: TraceEvent[] = [named('process_name', 0, run), named('thread_name', 0, 'stages')];
  const threads = new Map<string, number>();
  const threadOf = ({ host, place }: PieceTime): number => {
    const name = `pieces, place ${place + 1}${host === undefined ? '' : ` on ${host}`}`;
    const known = threads.get(name) ?? threads.size + 1;
    if (!threads.has(name)) events.push(named('thread_name', known, name));
    threads.set(name, known);
    return known;
  };
  for (const record of records) {
    const { stage, seconds, energy, peakMiB, counts, skipped, pieces = [] } = record;
    const start = startOf(record) - begin;
    const args = { ...counts, skipped, peakMiB, ...(energy ? { cpuSeconds: energy.cpuSeconds } : {}) };
    events.push(complete(stage, 0, [start, seconds], args));
    for (const piece of pieces)
      events.push(complete(`${stage} ${piece.name}`, threadOf(piece), [start + piece.start, piece.seconds], { stage }));
  }
  return { stages: records.map((record) => stageInTime(record, startOf(record) - begin)), events };
}

/**
 * The run as a whole. A stage that began while another one ran was made by a worker of the same run, whose CPU time is
 * in that of the other: it is taken off as far as the two ran together.
 */
export function wholeRun(stages: readonly StageInTime[]): Pick<StageInTime, 'seconds' | 'cpuSeconds' | 'pieceSeconds'> {
  let [end, cpuSeconds, pieceSeconds]: [number, number | null, number] = [0, 0, 0];
  for (const one of stages) {
    const beside = Math.min(Math.max(0, end - one.start), one.seconds) / Math.max(one.seconds, 1e-9);
    cpuSeconds = cpuSeconds === null || one.cpuSeconds === null ? null : cpuSeconds + one.cpuSeconds * (1 - beside);
    pieceSeconds += one.pieceSeconds;
    end = Math.max(end, one.start + one.seconds);
  }
  return { seconds: end, cpuSeconds, pieceSeconds };
}

function stageInTime({ stage, seconds, energy, pieces = [] }: StageRecord, start: number): StageInTime {
  const places = Math.max(0, ...pieces.map(({ place }) => place + 1));
  const first = Math.min(...pieces.map((piece) => piece.start));
  const last = Math.max(...pieces.map((piece) => piece.start + piece.seconds));
  const busy = pieces.reduce((sum, piece) => sum + piece.seconds, 0);
  const elsewhere = pieces.reduce((sum, piece) => sum + (piece.cpuSeconds ?? 0), 0);
  return {
    ...{ stage, start, seconds, cpuSeconds: energy ? energy.cpuSeconds + elsewhere : null },
    ...{ pieces: pieces.length, pieceSeconds: busy },
    hosts: [...new Set(pieces.flatMap(({ host }) => host ?? []))].sort(),
    waiting: pieces.length === 0 || last <= first ? null : Math.max(0, 1 - busy / (places * (last - first))),
  };
}

const named = (name: string, tid: number, value: string): TraceEvent => ({
  ...{ name, ph: 'M', pid: 1, tid },
  args: { name: value },
});

const complete = (
  name: string,
  tid: number,
  [start, seconds]: readonly [number, number],
  args: TraceEvent['args'],
): TraceEvent => ({
  ...{ name, ph: 'X', pid: 1, tid, args },
  ts: Math.round(start * 1e6),
  dur: Math.round(seconds * 1e6),
});
