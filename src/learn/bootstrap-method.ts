// Learning by way of synthetic speech: the synthesiser reads the unpaired text, a network learns from that, and moves
// over to the recordings round by round. Every round is a run, so that a number without labels says where to stop.
import { join } from 'node:path';
import { adapt, type AdaptOptions, type Round } from '../bootstrap/adapt.js';
import { bootstrapConfig, type BootstrapConfig } from '../bootstrap/config.js';
import { initialParameters, networkShape, strideAt } from '../bootstrap/network.js';
import { phoneGraph } from '../bootstrap/search.js';
import { settingsFor, type BootstrapSettings } from '../bootstrap/settings.js';
import { partsOf } from '../bootstrap/sources.js';
import type { SourceFacts } from '../bootstrap/source-facts.js';
import { trainNetwork } from '../bootstrap/train.js';
import { AsrError } from '../core/errors.js';
import { writeFileDurably } from '../core/durable.js';
import { sampleRate } from '../core/time.js';
import { readFeaturesInfo, type FeaturesInfo } from '../features/folder.js';
import { estimateNgram } from '../lm/kneser-ney.js';
import type { NgramModel } from '../lm/ngram.js';
import { collapse } from './collapse.js';
import { saveNetworkEmission } from './emission.js';
import { expectedLength } from './expected-length.js';
import { defineMethod, type LearnIo, type LearnRun } from './method.js';
import { runState } from './metric.js';
import { finishedRun, writeRun } from './run-folder.js';
import { makeSources, openSources } from './spoken-sources.js';
import { asSymbols } from './text-lines.js';

const runName = (seed: number, round: number): string => `bootstrap-${seed}-${round}`;

export const bootstrapMethod = defineMethod({
  name: 'bootstrap',
  version: 1,
  summary: 'a network trained on synthetic speech of the text, moved over to the recordings',
  config: bootstrapConfig.unwrap(),
  async train(io, settings, seed) {
    return (await finishedRounds(io, settings, seed)) ?? trainRounds(io, settings, seed);
  },
});

const inputOf = ({ kind, config }: FeaturesInfo): 'bands' | 'vectors' =>
  kind === 'logmel' && config.normalise === 'none' ? 'bands' : 'vectors';

async function finishedRounds(io: LearnIo, given: BootstrapConfig, seed: number): Promise<LearnRun[] | undefined> {
  const { rounds } = settingsFor(given, inputOf(await readFeatures(io))).adapt;
  const runs: LearnRun[] = [];
  for (let round = 0; round <= rounds; round++) {
    const run = await finishedRun(io.out, runName(seed, round));
    if (!run) return undefined;
    runs.push(run);
  }
  return runs;
}

async function trainRounds(io: LearnIo, given: BootstrapConfig, seed: number): Promise<LearnRun[]> {
  const { corpus, compute, log } = io;
  const info = await readFeatures(io);
  const input = inputOf(info);
  const config = settingsFor(given, input);
  const rng = io.rng.fork(`bootstrap ${seed}`);
  const folder = join(io.out, 'checkpoints', `bootstrap-${seed}`);
  const signal = io.signal ? { signal: io.signal } : {};
  const hopSeconds = info.hop / sampleRate;
  const form = { input, stride: strideAt(hopSeconds) };
  const made = await makeSources(io, seed, info, config);
  const { sources, facts, close } = await openSources(made, hopSeconds, form);
  try {
    const shape = networkShape(info.dim, corpus.phones.length, config.network, form);
    const fresh = initialParameters(shape, rng.fork('weights'));
    const start = await trainNetwork({
      name: 'synthetic speech',
      shape,
      start: Object.fromEntries(Object.entries(fresh).map(([name, { init }]) => [name, init])),
      parts: partsOf(sources, config.train.batch, input === 'bands' ? config.augment : undefined),
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
    const lm = estimateNgram(asSymbols(corpus.sentences, spoken), { order: config.decode.order });
    const runs: LearnRun[] = [];
    const listed = config.sources === undefined ? undefined : facts;
    const graph = phoneGraph(lm, spoken);
    const ids = corpus.utterances.map(({ id }) => id);
    const options: AdaptOptions = {
      shape,
      start,
      frames: corpus.frames,
      ids,
      sources,
      hopSeconds,
      sentences: corpus.sentences,
      graph,
      config,
      rng: rng.fork('adapt'),
      compute,
      log,
      folder,
      expect: (recognised) =>
        expectedLength(
          {
            shape,
            start,
            graph,
            config,
            heldOut: join(folder, 'held-out'),
            scratch: join(folder, 'held-out-posteriors'),
            sentences: corpus.sentences,
            utterances: ids.length,
            seconds: ids.reduce((sum, id) => sum + corpus.frames.rowsOf(id), 0) * hopSeconds,
            hopSeconds,
            rng: rng.fork('length'),
            compute,
            log,
            ...signal,
          },
          recognised,
        ),
      ...signal,
    };
    await adapt(options, async (round) => {
      const { number, insertion } = round;
      runs.push(
        (await finishedRun(io.out, runName(seed, number))) ??
          (await keepRound(io, seed, round, lm, { settings: config, sources: listed })),
      );
      const { score, soundPerplexity = NaN } = runs.at(-1)!;
      log.info(
        `round ${number}: perplexity of the sound alone ${soundPerplexity.toFixed(2)}, metric ` +
          `${score.metric.toFixed(2)}, with text ${score.perplexity.toFixed(2)}, insertion score ` +
          `${insertion.toFixed(2)}, length x ${Math.exp(score.logLengthRatio).toFixed(2)}`,
      );
    });
    return runs;
  } finally {
    await close();
  }
}

/** @throws AsrError 'config' when the frames cannot be made of synthetic speech */
async function readFeatures({ folders }: LearnIo): Promise<FeaturesInfo> {
  const info = await readFeaturesInfo(folders.features);
  if (info.kind === 'precomputed' || info.kind === 'supervised-stand-in') {
    throw new AsrError(
      'config',
      'learn.method=bootstrap needs features that can be made of synthetic speech too, found features.kind=' +
        info.kind,
      'Run the encoder here (features.kind=onnx, docs/encoders.md), or set ' +
        'features.kind=logmel and features.normalise=none.',
    );
  }
  return info;
}

async function keepRound(
  io: LearnIo,
  seed: number,
  { number, acoustics, recognised, soundAlone, insertion, length }: Round,
  lm: NgramModel,
  { settings, sources }: { readonly settings: BootstrapSettings; readonly sources: readonly SourceFacts[] | undefined },
): Promise<LearnRun> {
  const { corpus } = io;
  const silence = corpus.phones.length - 1;
  const score = io.textFit(Array.from(recognised.values(), (rows) => collapse(rows, silence)));
  const name = runName(seed, number);
  return writeRun(io.out, name, async (folder) => {
    await saveNetworkEmission(folder, corpus, { acoustics, lm }, settings, {
      insertion,
      phonesPerSecond: length.expected,
    });
    await writeFileDurably(join(folder, 'metrics.jsonl'), `${JSON.stringify({ step: number, ...score })}\n`);
    await writeFileDurably(join(folder, 'length.json'), `${JSON.stringify({ ...length, insertion }, null, 1)}\n`);
    return {
      name,
      method: 'bootstrap',
      seed: `bootstrap ${seed}`,
      loss: null,
      score,
      ...(sources?.every(({ kind }) => kind === 'folder') ? {} : { synthetic: true }),
      ...(sources ? { sources } : {}),
      soundPerplexity: io.textFit(soundAlone.map((rows) => collapse(rows, silence))).perplexity,
      ...runState(score, io.textMetric, io.rateRatio),
    };
  });
}
