// The pass after the HMMs: a convolutional network on log-mel frames, trained with CTC on what was recognised, with
// speech that is changed anew in every epoch.
import { join } from 'node:path';
import { initialParameters, networkShape, type NetworkShape } from '../bootstrap/network.js';
import { adaptNetwork } from '../bootstrap/adapted-network.js';
import { labelledFramesSource } from '../bootstrap/sources.js';
import { trainNetwork } from '../bootstrap/train.js';
import { AsrError } from '../core/errors.js';
import type { Rng } from '../core/rng.js';
import { ShardReader } from '../core/shards.js';
import { runInner } from '../core/inner-stage.js';
import type { InnerStage } from '../core/stage.js';
import { sampleRate } from '../core/time.js';
import { featuresConfig } from '../features/config.js';
import type { ByteRange } from '../core/stretches.js';
import { openFrames, readFeaturesInfo, type FeaturesInfo } from '../features/folder.js';
import { featuresStage } from '../features/stage.js';
import { cacheFrames } from '../learn/frame-cache.js';
import { blankSymbol, emissionKind, readEmissionParts, saveCtcEmission } from '../learn/emission.js';
import { silenceSymbol } from '../text/phone-text.js';
import type { SelftrainCtcConfig, SelftrainIo } from './config.js';
import { frameBudget, readLabels, type SelftrainCorpus } from './corpus.js';
import { rowCodes, ctcTargets } from './ctc-labels.js';

/** Below the stage's folder, for what can be made again. */
export const workFolder = 'work';
const bandsFolder = join(workFolder, 'bands');
export const bandsOf = (out: string): string => join(out, bandsFolder);

/** Makes log-mel frames of the corpus, in the stage's folder. */
export const bandsStage = ({ bands }: SelftrainCtcConfig, inputs: InnerStage['inputs']): InnerStage => ({
  name: 'bands',
  folder: bandsFolder,
  stage: featuresStage,
  config: featuresConfig.parse({ kind: 'logmel', melBands: bands, normalise: 'none', storage: 'float16' }),
  inputs,
});

export interface Bands {
  readonly grid: FeaturesInfo;
  readonly frames: ShardReader;
}

/** @param bytes of the index of their frames; none: all of it */
export async function openBands(out: string, bytes?: ByteRange): Promise<Bands> {
  return {
    grid: await readFeaturesInfo(bandsOf(out)),
    frames: await openFrames(bandsOf(out), bytes),
  };
}

/** Whether a pass' model hears log-mel frames of its own. */
export const isBandPass = async (folder: string): Promise<boolean> => (await emissionKind(folder)) === 'ctc';

/** Frames of a phone at least: with less it could fall between two rows. */
const leastFrames = 3;

/** What a training of the network is told. */
export interface CtcTraining {
  /** Of the pass. */
  readonly name: string;
  /** hypotheses.jsonl to learn from. */
  readonly labels: string;
  /** Folder of a pass whose network goes on learning; absent: from random weights. */
  readonly from?: string | undefined;
}

/** @param folder where the network goes. @throws AsrError 'model' where there is nothing to learn from */
export async function trainCtc(
  io: SelftrainIo,
  corpus: SelftrainCorpus,
  { name, labels, from }: CtcTraining,
  folder: string,
): Promise<void> {
  const { ctc } = io.config;
  await runInner(io, bandsStage(ctc, io.inputs));
  const { grid, frames: reader } = await openBands(io.out);
  try {
    const utterances = corpus.utterances.filter(({ id, split }) => split === 'train' && reader.has(id));
    // Read in another order in every epoch, which opens a shard for each utterance.
    const frames = cacheFrames(reader, frameBudget);
    const recognised = await readLabels(
      { utterances, index: corpus.index, grid, view: { base: frames } },
      labels,
      leastFrames,
    );
    const codes = new Map([...recognised.labels].map(([id, own]) => [id, rowCodes(own)]));
    if (codes.size === 0)
      throw new AsrError(
        'model',
        `selftrain: ${labels} holds nothing to learn from`,
        'Set selftrain.method=none, or look at what decode wrote.',
      );
    const source = labelledFramesSource(frames, codes, grid.hop / sampleRate);
    const shape = networkShape(ctc.bands, corpus.phones.length + 2, ctc.network);
    const rng = io.rng.fork(name);
    const start = from === undefined ? randomStart(shape, rng.fork('weights')) : await learnedStart(from);
    const parameters = await trainNetwork({
      name,
      shape,
      start,
      parts: [{ source, crops: ctc.train.batch, augment: ctc.augment }],
      epochs: from === undefined ? ctc.train.epochs : ctc.train.furtherEpochs,
      learningRate: from === undefined ? ctc.train.learningRate : ctc.train.furtherRate,
      findTargets: ctcTargets(shape.classes, ctc.train.crop >> 1),
      config: { train: { ...ctc.train, labelSmoothing: 0 }, network: ctc.network },
      rng: rng.fork('training'),
      compute: io.compute,
      log: io.log,
      folder: join(io.out, workFolder, name),
      ...(io.signal ? { signal: io.signal } : {}),
    });
    await saveCtcEmission(
      folder,
      { phones: [...corpus.phones, silenceSymbol, blankSymbol], silence: silenceSymbol },
      await adaptNetwork(
        { shape, parameters },
        { frames, ids: [...codes.keys()] },
        ctc.train.crop,
        rng.fork('moments'),
        io.compute,
      ),
    );
  } finally {
    await reader.close();
  }
}

const randomStart = (shape: NetworkShape, rng: Rng): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(initialParameters(shape, rng)).map(([name, { init }]) => [name, init]));

async function learnedStart(folder: string): Promise<Readonly<Record<string, Float32Array>>> {
  const parts = await readEmissionParts(folder);
  if (parts.kind !== 'ctc') throw new AsrError('internal', `${folder}: ${parts.kind} is no network of this stage`);
  return parts.network.parameters;
}
