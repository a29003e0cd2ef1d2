// Learning by n-gram matching: a table from units to phones. Every random start of a training becomes a run, so that
// the label-free metric, which sees whole transcripts, has the last word over the loss, which sees pairs.
import { startProgress } from '../core/progress.js';
import { matchNgrams } from '../matching/match.js';
import type { LearnIo, LearnMethod, LearnRun } from './method.js';
import { finishedRun } from './run-folder.js';
import { tableRun } from './table-run.js';

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
    runs.push(
      await tableRun(io, {
        name: runName(seed, r),
        method: 'matching',
        seed: `matching ${seed}, start ${r}`,
        loss,
        table,
        metrics: history.map((losses, i) => ({ step: i + 1, loss: losses[r] })),
      }),
    );
  }
  return runs;
}
