// Stage learn: units, vectors and unpaired phone sentences in; every run with its label-free score and the chosen
// emission model out. Writes runs.jsonl, runs/<name>/ and a copy of the chosen model's files.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { JsonlWriter } from '../core/jsonl.js';
import { defineStage, type StageCounts, type StageIo } from '../core/stage.js';
import { chooseRun } from './choose.js';
import { learnConfig, type LearnConfig } from './config.js';
import { readCorpus, type LearnCorpus } from './corpus.js';
import { emissionFiles } from './emission.js';
import { ganMethod } from './gan-method.js';
import { matchingMethod } from './matching-method.js';
import type { LearnIo, LearnMethod, LearnRun } from './method.js';
import { createJudge } from './metric.js';
import { refineRuns } from './refine.js';
import { runFolder, toRecord } from './run-folder.js';
import { writeEventFiles } from './tensorboard.js';

const methods: Record<LearnConfig['method'], LearnMethod> = { matching: matchingMethod, gan: ganMethod };

export const learnStage = defineStage({
  name: 'learn',
  version: 1,
  reads: ['segments', 'clusters', 'text', 'vad', 'features'],
  config: learnConfig,
  resumable: true,
  run: async (io) => {
    const { segments, clusters, text, vad, features } = io.inputs;
    if (segments === undefined || clusters === undefined || text === undefined || vad === undefined || features === undefined) {
      throw new AsrError('internal', 'stage learn: an input was not given');
    }
    const corpus = await readCorpus({ segments, clusters, text, vad, features });
    try {
      const learn = learnIo(io, corpus);
      const found = await methods[io.config.method].train(learn);
      return await finish(io, io.config.refine === 'none' ? found : [...found, ...await refineRuns(learn, found)]);
    } finally {
      await corpus.close();
    }
  },
});

function learnIo(io: StageIo<LearnConfig>, corpus: LearnCorpus): LearnIo {
  const phonesPerSentence = corpus.sentences.reduce((sum, sentence) => sum + sentence.length, 0) / corpus.sentences.length;
  const judge = createJudge({ lm: corpus.lm, phones: corpus.phones.slice(0, -1), phonesPerSentence });
  return {
    corpus, config: io.config, rng: io.rng, compute: io.compute, log: io.log, judge, out: io.out,
    ...(corpus.textPerplexity === undefined ? {} : { textMetric: corpus.textPerplexity }), ...(io.signal ? { signal: io.signal } : {}),
  };
}

async function finish(io: StageIo<LearnConfig>, runs: readonly LearnRun[]): Promise<StageCounts> {
  const chosen = chooseRun(runs, io.config.choice);
  const writer = await JsonlWriter.create(join(io.out, 'runs.jsonl'));
  for (const run of runs) await writer.write({ ...toRecord(run), chosen: run === chosen });
  await writer.close();
  await writeEventFiles(io.out, runs.map(({ name }) => name));
  const folder = runFolder(io.out, chosen.name);
  for (const file of await emissionFiles(folder)) await cp(join(folder, file), join(io.out, file));
  await rm(join(io.out, 'checkpoints'), { recursive: true, force: true });
  const count = (state: LearnRun['state']): number => runs.filter((run) => run.state === state).length;
  io.log.info(`chose ${chosen.name} of ${runs.length} runs: metric ${chosen.score.metric.toFixed(2)}, perplexity ${chosen.score.perplexity.toFixed(2)}, ${(100 * chosen.score.vocabularySeen).toFixed(0)} % of the phones, length x ${Math.exp(chosen.score.logLengthRatio).toFixed(2)}`);
  for (const run of runs) if (run.state === 'collapsed') io.log.warn(`${run.name} collapsed: ${run.reason}`);
  if (chosen.state === 'unconverged') io.log.warn(`not converged: ${chosen.reason}; expect many errors. More audio, more text of the same kind or better features help`);
  if (chosen.state === 'collapsed') io.log.warn('every run collapsed: the transcripts are worthless. Compare segments per second with phones per second, and the text with the audio');
  return { runs: runs.length, converged: count('ok'), unconverged: count('unconverged'), collapsed: count('collapsed'), metric: chosen.score.metric };
}
