// Learning by adversarial training: one generator per seed, judged by the same metric as every other method; what a
// collapsed one leaves of its updates goes to another. It can start from what n-gram matching found; then matching's
// runs stand among the candidates.
import { AsrError } from '../core/errors.js';
import { ganConfig } from '../gan/config.js';
import { checkInput, trainGanRun } from './gan-run.js';
import { matchingMethod } from './matching-method.js';
import { defineMethod, type LearnRun } from './method.js';
import { finishedRun } from './run-folder.js';

/** The first, and those that take over from it one after the other. */
const nameOf = (seed: number, successor: number): string =>
  `gan-${seed}${['', '-again'][successor] ?? `-again-${successor}`}`;

export const ganMethod = defineMethod({
  name: 'gan',
  version: 1,
  summary: 'adversarial training of a generator, as in wav2vec-U',
  config: ganConfig,
  startsFrom: ({ start }) => (start === 'matching' ? matchingMethod.name : undefined),
  async train(io, settings, seed, matched) {
    checkInput(io);
    const found = matched
      .filter(({ state }) => state !== 'collapsed')
      .sort((a, b) => a.score.metric - b.score.metric)[0];
    if (matched.length > 0 && !found)
      throw new AsrError(
        'model',
        'learn: every run of matching collapsed, so there is nothing for the generator to start from',
        'Use learn.gan.start=random, or look at the text and the segments.',
      );
    const trained = async (name: string, updates: number): Promise<LearnRun> =>
      (await finishedRun(io.out, name)) ??
      (await trainGanRun({ ...io, config: { ...io.config, gan: { ...settings, updates } } }, name, found?.name));
    const { updates, evaluateEvery, collapse } = settings;
    const runs: LearnRun[] = [];
    for (let left = updates; runs.length <= collapse.successors && left >= Math.min(updates, evaluateEvery);) {
      const run = await trained(nameOf(seed, runs.length), left);
      runs.push(run);
      if (run.state !== 'collapsed') break;
      left -= run.updates ?? left;
    }
    return runs;
  },
});
