// Learning by adversarial training: one generator per seed, judged by the same metric as every other method. It can
// start from what n-gram matching found; then matching's runs stand among the candidates.
import { AsrError } from '../core/errors.js';
import { checkInput, trainGanRun } from './gan-run.js';
import { matchingMethod } from './matching-method.js';
import type { LearnMethod } from './method.js';
import { finishedRun } from './run-folder.js';

export const ganMethod: LearnMethod = {
  name: 'gan',
  startsFrom: (config) => (config.gan.start === 'matching' ? matchingMethod : undefined),
  async train(io, seed, matched) {
    checkInput(io);
    const found = matched.filter(({ state }) => state !== 'collapsed').sort((a, b) => a.score.metric - b.score.metric)[0];
    if (matched.length > 0 && !found) throw new AsrError('model', 'learn: every run of matching collapsed, so there is nothing for the generator to start from', 'Use learn.gan.start=random, or look at the text and the segments.');
    return [await finishedRun(io.out, `gan-${seed}`) ?? await trainGanRun(io, `gan-${seed}`, found?.name)];
  },
};
