// Learning by adversarial training: one generator per seed, judged by the same metric as every other method.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { trainGan } from '../gan/index.js';
import { saveGeneratorEmission } from './emission.js';
import type { LearnIo, LearnMethod, LearnRun } from './method.js';
import { finishedRun, writeRun } from './run-folder.js';
import { runState, type LabelFreeScore } from './metric.js';

const logFiles = ['metrics.jsonl', 'evaluations.jsonl'] as const;

export const ganMethod: LearnMethod = {
  name: 'gan',
  async train(io) {
    const runs: LearnRun[] = [];
    for (let seed = 1; seed <= io.config.seeds; seed++) {
      io.signal?.throwIfAborted();
      runs.push(await finishedRun(io.out, `gan-${seed}`) ?? await trainSeed(io, `gan-${seed}`));
    }
    return runs;
  },
};

async function trainSeed(io: LearnIo, name: string): Promise<LearnRun> {
  const { corpus } = io;
  const columns = corpus.pooled.columns;
  if (columns === undefined) throw new AsrError('input', 'learn: the segments stage wrote no vectors', 'Run it again.');
  const checkpointFolder = join(io.out, 'checkpoints', name);
  const ids = corpus.utterances.map(({ id }) => id);
  const result = await trainGan({
    segments: { ids, columns, rowsOf: (id) => corpus.pooled.rowsOf(id), read: (id) => corpus.pooled.read(id) },
    sentences: corpus.lines, vocabulary: { size: corpus.phones.length, silence: corpus.phones.length - 1 },
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
