// Learning by way of synthetic speech: the synthesiser reads the unpaired text, a network learns from that, and moves
// over to the recordings round by round. Every round is a run, so that a number without labels says where to stop.
import { join } from 'node:path';
import { adapt } from '../bootstrap/adapt.js';
import type { RowLabels } from '../bootstrap/label-store.js';
import type { Judges } from '../bootstrap/judges.js';
import { initialParameters, networkShape } from '../bootstrap/network.js';
import { phoneGraph } from '../bootstrap/search.js';
import { openSpeech } from '../bootstrap/sources.js';
import { synthesiseSpeech } from '../bootstrap/synthesise.js';
import { trainNetwork } from '../bootstrap/train.js';
import { AsrError } from '../core/errors.js';
import { readJson, readLines } from '../core/jsonl.js';
import { sampleRate } from '../core/records.js';
import { writeFileDurably } from '../core/durable.js';
import { readStageRecord } from '../core/stage-run.js';
import { createExtractor } from '../features/extractor.js';
import { featuresInfoSchema, type FeaturesInfo } from '../features/folder.js';
import type { TextConfig } from '../text/config.js';
import { estimateNgram } from '../lm/kneser-ney.js';
import type { NgramModel } from '../lm/ngram.js';
import { readTextConfig } from '../text/stage.js';
import { vadConfig } from '../vad/config.js';
import { collapse } from './collapse.js';
import { saveNetworkEmission } from './emission.js';
import type { LearnIo, LearnMethod, LearnRun } from './method.js';
import { runState } from './metric.js';
import { finishedRun, writeRun } from './run-folder.js';

const runName = (seed: number, round: number): string => `bootstrap-${seed}-${round}`;

export const bootstrapMethod: LearnMethod = {
  name: 'bootstrap',
  async train(io, seed) {
    return (await finishedRounds(io, seed)) ?? trainRounds(io, seed);
  },
};

async function finishedRounds({ out, config }: LearnIo, seed: number): Promise<LearnRun[] | undefined> {
  const runs: LearnRun[] = [];
  for (let round = 0; round <= config.bootstrap.adapt.rounds; round++) {
    const run = await finishedRun(out, runName(seed, round));
    if (!run) return undefined;
    runs.push(run);
  }
  return runs;
}

async function trainRounds(io: LearnIo, seed: number): Promise<LearnRun[]> {
  const {
    corpus,
    config: { bootstrap: config },
    compute,
    log,
  } = io;
  const rng = io.rng.fork(`bootstrap ${seed}`);
  const folder = join(io.out, 'checkpoints', `bootstrap-${seed}`);
  const signal = io.signal ? { signal: io.signal } : {};
  const info = await readLogMel(io);
  await speakText(io, seed, info);
  const synthetic = await openSpeech(join(folder, 'speech'), info.hop / sampleRate);
  try {
    const shape = networkShape(info.dim, corpus.phones.length, config.network);
    const fresh = initialParameters(shape, rng.fork('weights'));
    const start = await trainNetwork({
      name: 'synthetic speech',
      shape,
      start: Object.fromEntries(Object.entries(fresh).map(([name, { init }]) => [name, init])),
      parts: [{ source: synthetic, crops: config.train.batch, augment: config.augment }],
      epochs: config.train.epochs,
      learningRate: config.train.learningRate,
      config,
      rng: rng.fork('synthetic'),
      compute,
      log,
      folder: join(folder, 'synthetic'),
      ...signal,
    });
    const spoken = corpus.phones.slice(0, -1);
    const lm = estimateNgram(
      corpus.sentences.map((sentence) => Array.from(sentence, (phone) => spoken[phone]!)),
      { order: config.decode.order },
    );
    const runs: LearnRun[] = [];
    const options = {
      shape,
      start,
      frames: corpus.frames,
      ids: corpus.utterances.map(({ id }) => id),
      synthetic,
      sentences: corpus.sentences,
      graph: phoneGraph(lm, spoken),
      config,
      rng: rng.fork('adapt'),
      compute,
      log,
      folder,
      ...signal,
    };
    await adapt(options, async (round, judges, heard, agreement) => {
      runs.push(
        (await finishedRun(io.out, runName(seed, round))) ??
          (await keepRound(io, seed, round, { judges, heard, agreement }, lm)),
      );
      const { score } = runs.at(-1)!;
      log.info(
        `round ${round}: judges agree on ${(100 * agreement).toFixed(1)} %, metric ${score.metric.toFixed(2)}, length x ${Math.exp(score.logLengthRatio).toFixed(2)}`,
      );
    });
    return runs;
  } finally {
    await synthetic.close();
  }
}

/** @throws AsrError 'config' when the frames are not plain log-mel bands */
async function readLogMel({ folders }: LearnIo): Promise<FeaturesInfo> {
  const info = await readJson(join(folders.features, 'features.json'), featuresInfoSchema);
  if (info.kind !== 'logmel' || info.config.normalise !== 'none') {
    throw new AsrError(
      'config',
      `learn.method=bootstrap needs plain log-mel bands, found features.kind=${info.kind}, features.normalise=${info.config.normalise}`,
      'Set features.kind=logmel and features.normalise=none: synthetic and real speech are changed before they are normalised.',
    );
  }
  return info;
}

async function speakText(io: LearnIo, seed: number, info: FeaturesInfo): Promise<void> {
  const {
    folders,
    corpus,
    config: { bootstrap: config },
    log,
  } = io;
  const text = await readTextConfig(folders.text);
  const language = languageOf(text, config.language);
  const sentences: string[] = [];
  for await (const line of readLines(join(folders.text, 'words.txt')))
    if (line.trim() !== '') sentences.push(line.trim());
  const extractor = await createExtractor(info.config, io.compute);
  try {
    await synthesiseSpeech(join(io.out, 'checkpoints', `bootstrap-${seed}`, 'speech'), {
      sentences,
      language,
      phones: corpus.phones,
      rules: text,
      extractor,
      vad: vadConfig.parse((await readStageRecord(folders.vad))?.config ?? {}),
      config: config.speech,
      rng: io.rng.fork(`bootstrap ${seed}`).fork('speech'),
      log,
      ...(io.signal ? { signal: io.signal } : {}),
    });
  } finally {
    await extractor.dispose();
  }
}

/** @throws AsrError 'config' when the text's phones are not those of a synthesiser */
function languageOf({ unit, pronunciation, language }: TextConfig, own: string): string {
  if (unit !== 'words' || pronunciation !== 'espeak') {
    throw new AsrError(
      'config',
      `learn.method=bootstrap needs a text of words that eSpeak NG pronounces, found text.unit=${unit}, text.pronunciation=${pronunciation}`,
      'The synthesiser names the sounds that it makes in its own symbols. Use learn.method=matching for other phone sets.',
    );
  }
  return own || language;
}

async function keepRound(
  io: LearnIo,
  seed: number,
  round: number,
  { judges, heard, agreement }: { judges: Required<Judges>; heard: RowLabels; agreement: number },
  lm: NgramModel,
): Promise<LearnRun> {
  const { corpus } = io;
  const silence = corpus.phones.length - 1;
  const score = io.judge(Array.from(heard.values(), (rows) => collapse(rows, silence)));
  const name = runName(seed, round);
  return writeRun(io.out, name, async (folder) => {
    await saveNetworkEmission(folder, corpus, judges, lm, io.config.bootstrap);
    await writeFileDurably(join(folder, 'metrics.jsonl'), `${JSON.stringify({ step: round, ...score })}\n`);
    return {
      name,
      method: 'bootstrap',
      seed: `bootstrap ${seed}`,
      loss: null,
      score,
      synthetic: true,
      agreement,
      ...runState(score, io.textMetric, io.rateRatio),
    };
  });
}
