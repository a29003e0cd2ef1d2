// The records of a run's stages in, a picture of the run in time out: a trace of events that Perfetto and
// chrome://tracing open, and for each stage how busy the cores were.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { StageRecord } from '../core/stage.js';
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
  /** Of all threads; null where an older version ran it. */
  readonly cpuSeconds: number | null;
  readonly pieces: number;
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
  const places = Math.max(0, ...records.flatMap(({ pieces = [] }) => pieces.map(({ place }) => place + 1)));
  for (let place = 0; place < places; place++)
    events.push(named('thread_name', place + 1, `pieces, place ${place + 1}`));
  for (const record of records) {
    const { stage, seconds, energy, peakMiB, counts, skipped, pieces = [] } = record;
    const start = startOf(record) - begin;
    const args = { ...counts, skipped, peakMiB, ...(energy ? { cpuSeconds: energy.cpuSeconds } : {}) };
    events.push(complete(stage, 0, [start, seconds], args));
    for (const piece of pieces)
      events.push(complete(`${stage} ${piece.name}`, piece.place + 1, [start + piece.start, piece.seconds], { stage }));
  }
  return { stages: records.map((record) => stageInTime(record, startOf(record) - begin)), events };
}

function stageInTime({ stage, seconds, energy, pieces = [] }: StageRecord, start: number): StageInTime {
  const places = Math.max(0, ...pieces.map(({ place }) => place + 1));
  const first = Math.min(...pieces.map((piece) => piece.start));
  const last = Math.max(...pieces.map((piece) => piece.start + piece.seconds));
  const busy = pieces.reduce((sum, piece) => sum + piece.seconds, 0);
  return {
    ...{ stage, start, seconds, cpuSeconds: energy?.cpuSeconds ?? null, pieces: pieces.length },
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
