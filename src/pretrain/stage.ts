// `asr pretrain` behind the command: decoded audio and speech regions in, a folder with an encoder out. No transcript,
// no text and no alignment is opened. Continues after a kill, to the same bytes.
import { existsSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { defineStage } from '../core/stage.js';
import { readStageRecord } from '../core/stage-run.js';
import type { StateSpec } from '../engine/index.js';
import { pretrainConfig, type PretrainConfig } from './config.js';
import type { UntranscribedSpeech } from './crops.js';
import { writeEncoder } from './export.js';
import {
  encodedSegments,
  framesOf,
  mfccSegments,
  prepareMaterial,
  workFolder,
  type Material,
  type PretrainIo,
} from './material.js';
import { encoderShapes, initialParameters, parameterCount, trainingShapes, type EncoderShape } from './network.js';
import { phoneTargets } from './run-phones.js';
import { clusterTargets, joinTargets, storedTargets, type Targets } from './targets.js';
import { trainEncoder, type TrainedEncoder } from './train.js';
import { loadWeights, saveWeights } from './weights.js';

export const pretrainStage = defineStage({
  name: 'pretrain',
  version: 2,
  reads: ['audio', 'vad'],
  config: pretrainConfig,
  resumable: true,
  inner: framesOf,
  // What is not there is named by `checkFolders`, with what to do.
  external: ({ targets: { run }, corpora, start }, data) =>
    [
      ...(run === '' ? [] : [resolve(data, run, 'decode')]),
      ...corpora.flatMap((folder) => [resolve(data, folder, 'audio'), resolve(data, folder, 'vad')]),
      ...(start === '' ? [] : [resolve(data, start)]),
    ].filter((path) => existsSync(path)),
  async run(io) {
    const { config, log } = io;
    const shape: EncoderShape = { bands: config.front.melBands, ...config.network };
    if (shape.kernel % 2 === 0)
      throw new AsrError(
        'config',
        `pretrain.network.kernel ${shape.kernel} is even`,
        'Frames would lie between frames; take 3, 5 or 7.',
      );
    await checkFolders(config, io.data);
    const begun = config.start === '' ? undefined : await loadWeights(resolve(io.data, config.start), shape);
    const work = join(io.out, workFolder);
    const material = await prepareMaterial(io);
    log.info(
      `${material.utterances} utterances${ofCorpora(material)}, ` +
        `${(material.seconds / 60).toFixed(0)} minutes of speech; ` +
        `${(parameterCount(shape) / 1e6).toFixed(2)} million parameters`,
    );
    try {
      if (material.utterances === 0)
        throw new AsrError(
          'input',
          'pretrain: no utterance to learn from',
          'The audio has no training split, or only sounds shorter than 0.16 s.',
        );
      let trained: TrainedEncoder | undefined;
      for (let round = 1; round <= config.rounds; round++) {
        const roundFolder = join(work, `round-${round}`);
        const targets = await targetsOf(io, material, work, round);
        trained = await trainRound(
          io,
          { material, targets, shape, round, folder: roundFolder },
          round === 1 ? begun : config.train.keep ? trained?.weights : undefined,
        );
        await writeEncoder(join(roundFolder, 'encoder'), {
          shape,
          weights: trained.weights,
          level: material.level,
          front: material.front,
        });
        await saveWeights(join(roundFolder, 'encoder'), shape, trained.weights);
      }
      await cp(join(work, `round-${config.rounds}`, 'encoder'), io.out, { recursive: true });
      for (let round = 1; round <= config.rounds; round++)
        await cp(join(work, `round-${round}`, 'metrics.jsonl'), join(io.out, `metrics-${round}.jsonl`));
      const { accuracy, loss } = trained!;
      await writeFile(
        join(io.out, 'pretrain.json'),
        `${JSON.stringify(
          {
            parameters: parameterCount(shape),
            seconds: material.seconds,
            ...(material.corpora.length > 1
              ? {
                  corpora: material.corpora.map(({ utterances, seconds }) => ({
                    utterances: utterances.size,
                    seconds,
                  })),
                }
              : {}),
            maskedAccuracy: accuracy,
            loss,
            labels:
              config.targets.run === ''
                ? 'none: audio alone'
                : 'none: audio, and phones that a run heard without labels',
            config,
          },
          null,
          2,
        )}` + '\n',
      );
      await rm(work, { recursive: true, force: true });
      return {
        utterances: material.utterances,
        seconds: material.seconds,
        parameters: parameterCount(shape),
        steps: config.rounds * config.train.steps,
        'masked accuracy': accuracy,
      };
    } finally {
      await material.close();
    }
  },
});

/** Before anything is computed: what the settings name is there. */
async function checkFolders({ corpora, targets }: PretrainConfig, data: string): Promise<void> {
  if (corpora.length > 0 && targets.run !== '')
    throw new AsrError(
      'config',
      'pretrain.targets.run is set beside pretrain.corpora: a run knows phones of its own corpus alone',
      'Leave one of them out.',
    );
  const needed = [
    ...corpora.flatMap((run) => ['audio', 'vad'].map((stage) => ({ setting: 'corpora', run, stage }))),
    ...(targets.run === '' ? [] : [{ setting: 'targets.run', run: targets.run, stage: 'decode' }]),
  ];
  for (const { setting, run, stage } of needed)
    if (!(await readStageRecord(resolve(data, run, stage))))
      throw new AsrError(
        'config',
        `pretrain.${setting}: ${resolve(data, run)} has no finished ${stage} stage`,
        `Make it first: asr run RECIPE --run ${run} --to ${stage}`,
      );
}

const ofCorpora = ({ corpora }: Material): string =>
  corpora.length === 1
    ? ''
    : ` of ${corpora.length} corpora (${corpora.map(({ seconds }) => `${(seconds / 60).toFixed(0)} min`).join(', ')})`;

async function targetsOf(io: PretrainIo, material: Material, work: string, round: number): Promise<Targets> {
  const {
    config: {
      targets: { codebooks, components, run },
    },
    rng,
    compute,
    log,
    data,
  } = io;
  return storedTargets(join(work, `round-${round}-targets`), async () => {
    const first = round === 1;
    const segmented = first
      ? () => mfccSegments(material)
      : () => encodedSegments(io, material, join(work, `round-${round - 1}`, 'encoder'));
    const columns = first ? material.corpora[0]!.segmenter.columns : io.config.network.channels;
    const clusters = await clusterTargets(segmented, {
      codebooks,
      components: first ? 0 : components,
      columns,
      rng: rng.fork('clusters').fork(round),
      compute,
      log,
    });
    return run === ''
      ? clusters
      : joinTargets([clusters, await phoneTargets(resolve(data, run), material.corpora[0]!)]);
  });
}

interface Round {
  readonly material: Material;
  readonly targets: Targets;
  readonly shape: EncoderShape;
  readonly round: number;
  readonly folder: string;
}

function trainRound(
  { config, rng, compute, log, signal }: PretrainIo,
  { material, targets, shape, round, folder }: Round,
  before: TrainedEncoder['weights'] | undefined,
): Promise<TrainedEncoder> {
  const fresh = initialParameters(trainingShapes(shape, targets.sizes), rng.fork('weights').fork(round));
  const kept = before
    ? Object.entries(encoderShapes(shape)).map(([name, dims]): [string, StateSpec] => [
        name,
        { shape: dims, init: before[name]! },
      ])
    : [];
  const source: UntranscribedSpeech = {
    corpora: material.corpora.map(({ prefix, utterances, seconds }) => ({
      ids: [...utterances.keys()].map((id) => prefix + id).filter((id) => targets.rows.has(id)),
      seconds,
    })),
    balance: config.balance,
    bands: shape.bands,
    hopSeconds: material.front.hopSeconds,
    level: material.level,
    codebooks: targets.sizes.length,
    read: material.readBands,
    targets: (id) => targets.rows.get(id)!,
  };
  return trainEncoder({
    name: `round ${round}`,
    shape,
    codebooks: targets.sizes,
    start: { ...fresh, ...Object.fromEntries(kept) },
    source,
    config,
    rng: rng.fork('round').fork(round),
    compute,
    log,
    folder,
    ...(signal ? { signal } : {}),
  });
}
