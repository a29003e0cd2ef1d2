// A table from units to phones in, a finished run out: judged without labels, written to its folder.
import { join } from 'node:path';
import { writeFileDurably } from '../core/durable.js';
import { bestPhones, transcribeUnits } from './collapse.js';
import type { LearnCorpus } from './corpus.js';
import { impossible, saveTableEmission } from './emission.js';
import type { LearnIo, LearnRun } from './method.js';
import { runState } from './metric.js';
import { writeRun } from './run-folder.js';

export interface TableRun {
  /** Of its folder; unlike those of other runs of the stage. */
  readonly name: string;
  readonly method: string;
  /** Names the random stream that it was trained with. */
  readonly seed: string;
  /** The method's own objective at the end; null where it has none. */
  readonly loss: number | null;
  /** [units, corpus.matched], row by row: ln of the probability that a unit is a phone. */
  readonly table: Float32Array;
  /** One object for each step, for the curves of the report. */
  readonly metrics?: readonly Readonly<Record<string, unknown>>[];
}

export async function tableRun(io: LearnIo, { metrics = [], table, ...about }: TableRun): Promise<LearnRun> {
  const { corpus } = io;
  const best = bestPhones(table, corpus.matched);
  const score = io.textFit(corpus.utterances.map(({ units }) => transcribeUnits(units, best)));
  const run: LearnRun = { ...about, score, ...runState(score, io.textMetric, io.rateRatio) };
  return writeRun(io.out, run.name, async (folder) => {
    await saveTableEmission(folder, corpus, withSilence(table, corpus));
    await writeFileDurably(join(folder, 'metrics.jsonl'), metrics.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return run;
  });
}

/** [K, V] -> [K, V + 1]: where matching knows nothing of silence, which is the last symbol. */
function withSilence(table: Float32Array, { phones, matched, unitCount }: LearnCorpus): Float32Array {
  if (matched === phones.length) return table;
  const width = phones.length;
  const wide = new Float32Array(unitCount * width).fill(impossible);
  for (let k = 0; k < unitCount; k++) wide.set(table.subarray(k * (width - 1), (k + 1) * (width - 1)), k * width);
  return wide;
}
