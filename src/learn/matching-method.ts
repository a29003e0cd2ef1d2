// Learning by n-gram matching: a table from units to phones. Every random start of a training becomes a run, so that
// the label-free metric, which sees whole transcripts, has the last word over the loss, which sees pairs.
import { startProgress } from '../core/progress.js';
import { matchingConfig, type MatchingConfig } from '../matching/config.js';
import { matchNgrams } from '../matching/match.js';
import { defineMethod, type LearnIo, type LearnRun } from './method.js';
import { finishedRun } from './run-folder.js';
import { tableRun } from './table-run.js';

export const matchingMethod = defineMethod({
  name: 'matching',
  version: 1,
  summary: 'n-gram statistics of units and text made equal',
  config: matchingConfig.unwrap(),
  async train(io, settings, seed) {
    return (await finishedSeed(io, settings, seed)) ?? (await trainSeed(io, settings, seed));
  },
});

const runName = (seed: number, restart: number): string => `matching-${seed}-${restart + 1}`;

async function finishedSeed(
  { out }: LearnIo,
  { restarts }: MatchingConfig,
  seed: number,
): Promise<LearnRun[] | undefined> {
  const runs: LearnRun[] = [];
  for (let r = 0; r < restarts; r++) {
    const run = await finishedRun(out, runName(seed, r));
    if (!run) return undefined;
    runs.push(run);
  }
  return runs;
}

async function trainSeed(io: LearnIo, settings: MatchingConfig, seed: number): Promise<LearnRun[]> {
  const { corpus, log } = io;
  const phoneCount = corpus.matched;
  const history: number[][] = [];
  const progress = startProgress(log, `matching ${seed}`, settings.steps, 'steps');
  const units = corpus.utterances.map((utterance) => utterance.units);
  const { restarts } = await matchNgrams({
    units,
    unitCount: corpus.unitCount,
    sentences: corpus.sentences,
    phoneCount,
    config: settings,
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
