// What the pieces of learn have in common: the corpus as the recipe bounds it, opened for a method and closed behind
// it, and the utterances with broken values, which are found once and left out by all.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { leaveOutNonFinite, readLeftOut, saveLeftOut } from '../core/left-out.js';
import type { StageIo } from '../core/stage.js';
import type { LearnConfig } from './config.js';
import {
  openVectors,
  readCorpus,
  readTraining,
  type LearnBound,
  type LearnFolders,
  type LearnCorpus,
} from './corpus.js';
import type { LearnIo } from './method.js';
import { createTextFit } from './metric.js';

export type Io = Omit<StageIo<LearnConfig, keyof LearnFolders>, 'pieces' | 'shardItems'>;

/** Frames that somebody brought along, or a disk that lies: an utterance with NaN in it would end every method. */
export async function leaveOutBroken(io: StageIo<LearnConfig, keyof LearnFolders>): Promise<void> {
  const folders = io.inputs;
  const vectors = await openVectors(folders);
  try {
    const { utterances, left } = await readTraining(folders, boundOf(io));
    if (left > 0) io.log.info(`learning from ${utterances.length} utterances by chance, ${left} are decoded alone`);
    const ids = utterances.map(({ id }) => id);
    await mkdir(checkpointsOf(io.out), { recursive: true });
    await saveLeftOut(checkpointsOf(io.out), await leaveOutNonFinite(io, ids, Object.values(vectors)));
  } finally {
    for (const reader of Object.values(vectors)) await reader.close();
  }
}

const boundOf = ({ config: { fitHours, fitPhones }, rng }: Io): LearnBound => ({
  hours: fitHours,
  phones: fitPhones,
  rng,
});

export const checkpointsOf = (out: string): string => join(out, 'checkpoints');

/** Runs lie in the stage's folder, whoever trains them: a piece has no files of its own. */
export async function withCorpus<T>(io: Io, out: string, work: (learn: LearnIo) => Promise<T>): Promise<T> {
  const folders = io.inputs;
  const corpus = await readCorpus(folders, {
    silent: io.config.silence === 'modelled',
    leftOut: await readLeftOut(checkpointsOf(out)),
    bound: boundOf(io),
  });
  try {
    return await work(learnIo(io, corpus, folders, out));
  } finally {
    await corpus.close();
  }
}

function learnIo(io: Io, corpus: LearnCorpus, folders: LearnFolders, out: string): LearnIo {
  const textFit = createTextFit({
    lm: corpus.lm,
    phones: corpus.phones.slice(0, -1),
    phonesPerSentence: corpus.phonesPerSentence,
  });
  const segments = corpus.utterances.reduce((sum, { units }) => sum + units.length, 0) / corpus.utterances.length;
  return {
    rateRatio:
      (segments * corpus.sentences.length) / corpus.sentences.reduce((sum, sentence) => sum + sentence.length, 0),
    corpus,
    config: io.config,
    rng: io.rng,
    compute: io.compute,
    log: io.log,
    textFit,
    folders,
    data: io.data,
    out,
    ...(corpus.textPerplexity === undefined ? {} : { textMetric: corpus.textPerplexity }),
    ...(io.signal ? { signal: io.signal } : {}),
  };
}
