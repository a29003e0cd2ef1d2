// Learning by adversarial training: one generator per seed, judged by the same metric as every other method; what a
// collapsed one leaves of its updates goes to another. It can start from what n-gram matching found; then matching's
// runs stand among the candidates.
import { AsrError } from '../core/errors.js';
import { ganConfig, type GanConfig } from '../gan/config.js';
import { checkInput, restGanRun, trainGanRun } from './gan-run.js';
import { startRunFolder } from './gan-start.js';
import { rungVerdicts, rungUpdates } from './halving.js';
import { matchingMethod } from './matching-method.js';
import { defineMethod, type LearnIo, type LearnRun } from './method.js';
import { finishedRun, runFolder } from './run-folder.js';

/** The first, and those that take over from it one after the other. */
const nameOf = (seed: number, successor: number): string =>
  `gan-${seed}${['', '-again'][successor] ?? `-again-${successor}`}`;

const withGan = (io: LearnIo, gan: GanConfig): LearnIo => ({ ...io, config: { ...io.config, gan } });

/**
 * The folder of the best run of matching, or of another stage's model, if any.
 * @throws AsrError 'model' where all collapsed, 'config' as checkInput does
 */
function startOf(io: LearnIo, matched: readonly LearnRun[]): string | undefined {
  checkInput(io);
  const { gan } = io.config;
  if (gan.start === 'run') return startRunFolder(gan, io.data);
  const found = matched.filter(({ state }) => state !== 'collapsed').sort((a, b) => a.score.metric - b.score.metric)[0];
  if (matched.length > 0 && !found)
    throw new AsrError(
      'model',
      'learn: every run of matching collapsed, so there is nothing for the generator to start from',
      'Use learn.gan.start=random, or look at the text and the segments.',
    );
  return found && runFolder(io.out, found.name);
}

export const ganMethod = defineMethod({
  name: 'gan',
  version: 1,
  summary: 'adversarial training of a generator, as in wav2vec-U',
  config: ganConfig,
  startsFrom: ({ start }) => (start === 'matching' ? matchingMethod.name : undefined),
  async train(io, settings, seed, matched) {
    const from = startOf(io, matched);
    const trained = async (name: string, updates: number): Promise<LearnRun> =>
      (await finishedRun(io.out, name)) ?? (await trainGanRun(withGan(io, { ...settings, updates }), name, { from }));
    const { updates, evaluateEvery, collapse } = settings;
    const lastRung = io.config.seeds > 1 ? (rungUpdates(settings).at(-1) ?? -1) : -1;
    const runs: LearnRun[] = [];
    for (let left = updates; runs.length <= collapse.successors && left >= Math.min(updates, evaluateEvery);) {
      const run = await trained(nameOf(seed, runs.length), left);
      runs.push(run);
      if (run.state !== 'collapsed') break;
      // One that collapsed before a rung was dropped there.
      if ((run.updates ?? 0) <= lastRung) break;
      left -= run.updates ?? left;
    }
    return runs;
  },
  halving(settings) {
    const rungs = rungUpdates(settings);
    const { updates, halving } = settings;
    return {
      rungs: rungs.length,
      climb: async (io, seed, rung, matched) => ({
        seed,
        metric: await restGanRun(withGan(io, settings), nameOf(seed, 0), {
          from: startOf(io, matched),
          until: rungs[rung]!,
        }),
      }),
      verdicts: (signs, rung) => rungVerdicts(signs, halving.keep, { at: rungs[rung]!, all: updates }),
      async drop(io, { seed, reason }, rung, matched) {
        const options = { from: startOf(io, matched), until: rungs[rung]!, dropped: reason };
        if (!(await finishedRun(io.out, nameOf(seed, 0))))
          await trainGanRun(withGan(io, settings), nameOf(seed, 0), options);
      },
    };
  },
});
