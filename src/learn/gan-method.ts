// Learning by adversarial training: one generator per seed, judged by the same metric as every other method. It can
// start from what n-gram matching found; then matching's runs stand among the candidates.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import { fitGenerator, trainGan, type SegmentSource } from '../gan/index.js';
import { saveGeneratorEmission } from './emission.js';
import { labelsOf, type Labels } from './labels.js';
import { matchingMethod } from './matching-method.js';
import type { LearnIo, LearnMethod, LearnRun } from './method.js';
import { finishedRun, runFolder, writeRun } from './run-folder.js';
import { runState, type LabelFreeScore } from './metric.js';

const logFiles = ['metrics.jsonl', 'evaluations.jsonl'] as const;

export const ganMethod: LearnMethod = {
  name: 'gan',
  startsFrom: (config) => (config.gan.start === 'matching' ? matchingMethod : undefined),
  async train(io, seed, matched) {
    const found = matched.filter(({ state }) => state !== 'collapsed').sort((a, b) => a.score.metric - b.score.metric)[0];
    if (matched.length > 0 && !found) throw new AsrError('model', 'learn: every run of matching collapsed, so there is nothing for the generator to start from', 'Use learn.gan.start=random, or look at the text and the segments.');
    const done = await finishedRun(io.out, `gan-${seed}`);
    if (done) return [done];
    const labels = found && await labelsOf(runFolder(io.out, found.name), io.corpus, io.compute);
    return [await trainSeed(io, `gan-${seed}`, labels)];
  },
};

async function trainSeed(io: LearnIo, name: string, labels?: Labels): Promise<LearnRun> {
  const { corpus } = io;
  const columns = corpus.pooled.columns;
  if (columns === undefined) throw new AsrError('input', 'learn: the segments stage wrote no vectors', 'Run it again.');
  const checkpointFolder = join(io.out, 'checkpoints', name);
  const ids = corpus.utterances.map(({ id }) => id);
  const segments: SegmentSource = { ids, columns, rowsOf: (id) => corpus.pooled.rowsOf(id), read: (id) => corpus.pooled.read(id) };
  const start = labels && await startWeights(io, segments, labels, io.rng.fork(`${name} start`));
  const result = await trainGan({
    segments, ...(start ? { start } : {}), sentences: corpus.lines, vocabulary: { size: corpus.phones.length, silence: corpus.phones.length - 1 },
    config: io.config.gan, rng: io.rng.fork(name), compute: io.compute, log: io.log.child(name), checkpointFolder, score: io.judge,
    ...(io.textMetric === undefined ? {} : { textMetric: io.textMetric }), ...(io.signal ? { signal: io.signal } : {}),
  });
  const score = result.best.score as LabelFreeScore;
  const own = runState(score, io.textMetric);
  const judged = result.state === 'collapsed' ? { state: result.state, reason: result.reason } : own;
  return writeRun(io.out, name, async (folder) => {
    await saveGeneratorEmission(folder, corpus, result.generator);
    for (const file of logFiles) await cp(join(checkpointFolder, file), join(folder, file));
    return { name, method: 'gan', seed: name, loss: null, score, ...judged };
  });
}

/** A generator that says what the labels say; silence and special classes come only with training. */
function startWeights({ corpus, config, compute }: LearnIo, segments: SegmentSource, { utterances, meaning }: Labels, rng: Rng): Promise<Float32Array> {
  const spoken = corpus.phones.length - 1;
  const classes = corpus.phones.length + config.gan.specials;
  const symbols = new Map(utterances.map((utterance) => [utterance.id, utterance.symbols]));
  const labels = (id: string): Float32Array => {
    const own = symbols.get(id)!;
    const shares = new Float32Array(own.length * classes);
    own.forEach((symbol, i) => { shares.set(meaning.subarray(symbol * spoken, (symbol + 1) * spoken), i * classes); });
    return shares;
  };
  return fitGenerator({ segments, labels, classes, config: config.gan, rng, compute });
}
