// Learning by n-gram matching: a table from units to phones. Every random start of a training becomes a run, so that
// the label-free metric, which sees whole transcripts, has the last word over the loss, which sees pairs.
import { join } from 'node:path';
import { writeFileDurably } from '../core/durable.js';
import { startProgress } from '../core/progress.js';
import { matchNgrams } from '../matching/match.js';
import { bestPhones, transcribeUnits } from './collapse.js';
import { impossible, saveTableEmission } from './emission.js';
import type { LearnCorpus } from './corpus.js';
import type { LearnIo, LearnMethod, LearnRun } from './method.js';
import { runState } from './metric.js';
import { finishedRun, writeRun } from './run-folder.js';

export const matchingMethod: LearnMethod = {
  name: 'matching',
  async train(io, seed) {
    return (await finishedSeed(io, seed)) ?? (await trainSeed(io, seed));
  },
};

const runName = (seed: number, restart: number): string => `matching-${seed}-${restart + 1}`;

async function finishedSeed({ out, config }: LearnIo, seed: number): Promise<LearnRun[] | undefined> {
  const runs: LearnRun[] = [];
  for (let r = 0; r < config.matching.restarts; r++) {
    const run = await finishedRun(out, runName(seed, r));
    if (!run) return undefined;
    runs.push(run);
  }
  return runs;
}

async function trainSeed(io: LearnIo, seed: number): Promise<LearnRun[]> {
  const { corpus, config, log } = io;
  const phoneCount = corpus.matched;
  const history: number[][] = [];
  const progress = startProgress(log, `matching ${seed}`, config.matching.steps, 'steps');
  const units = corpus.utterances.map((utterance) => utterance.units);
  const { restarts } = await matchNgrams({
    units,
    unitCount: corpus.unitCount,
    sentences: corpus.sentences,
    phoneCount,
    config: config.matching,
    rng: io.rng.fork(`matching ${seed}`),
    compute: io.compute,
    log,
    onStep: (step, losses) => {
      io.signal?.throwIfAborted();
      history.push([...losses]);
      progress.update(step, `loss ${Math.min(...losses).toFixed(3)}`);
    },
  });
  progress.finish();
  const runs: LearnRun[] = [];
  for (const [r, { loss, table }] of restarts.entries()) {
    const best = bestPhones(table, phoneCount);
    const score = io.judge(units.map((sequence) => transcribeUnits(sequence, best)));
    const run: LearnRun = {
      name: runName(seed, r),
      method: 'matching',
      seed: `matching ${seed}, start ${r}`,
      loss,
      score,
      ...runState(score, io.textMetric, io.rateRatio),
    };
    runs.push(
      await writeRun(io.out, run.name, async (folder) => {
        await saveTableEmission(folder, corpus, withSilence(table, corpus));
        await writeFileDurably(
          join(folder, 'metrics.jsonl'),
          history.map((losses, i) => `${JSON.stringify({ step: i + 1, loss: losses[r] })}\n`).join(''),
        );
        return run;
      }),
    );
  }
  return runs;
}

/** [K, V] -> [K, V + 1]: where matching knows nothing of silence, which is the last symbol. */
function withSilence(table: Float32Array, { phones, matched, unitCount }: LearnCorpus): Float32Array {
  if (matched === phones.length) return table;
  const width = phones.length;
  const wide = new Float32Array(unitCount * width).fill(impossible);
  for (let k = 0; k < unitCount; k++) wide.set(table.subarray(k * (width - 1), (k + 1) * (width - 1)), k * width);
  return wide;
}
