// From a network of synthetic speech to one of the real speech, without labels: network and language model label the
// recordings, Gaussians learn from these labels and judge with it, and the network of synthetic speech trains on what
// they say together, corrected by the text. Each round starts from that network again: one that trains
// on its own labels keeps its errors.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rng } from '../core/rng.js';
import type { AcousticModel } from './acoustic-model.js';
import { agreedLabels, storedLabels, type RowLabels } from './label-store.js';
import { fitInsertion, lengthSample, phonesFound, type ExpectedLength, type ScoredRows } from './length.js';
import { adaptNetwork, storePosteriors } from './adapted-network.js';
import { trainMixtures, type Mixtures } from './mixtures.js';
import { labelledView, labelsOf, matchedLabels, scoresOf, type Listening } from './round-labels.js';
import { recognisedWithoutText } from './sound-alone.js';
import { labelledFramesSource, partsOf, type SharedSource } from './sources.js';
import { trainNetwork, type TrainingPart } from './train.js';
import { fitView, viewColumns, type ViewBasis } from './view.js';

export interface AdaptOptions extends Listening {
  /** Weights after synthetic speech. */
  readonly start: Readonly<Record<string, Float32Array>>;
  /** Speech whose labels are known, some of which stays in every batch. */
  readonly sources: readonly SharedSource[];
  readonly hopSeconds: number;
  readonly rng: Rng;
  /** Each round keeps its labels and checkpoints in a folder below. */
  readonly folder: string;
  /**
   * How many phones a second there should be.
   * @param recognised phones a second that the network alone finds with an insertion score
   */
  readonly expect: (recognised: (insertion: number) => Promise<number>) => Promise<ExpectedLength>;
}

/** What a round listens with and what it hears. */
export interface Round {
  readonly number: number;
  /** The first round's network is that of synthetic speech. */
  readonly acoustics: AcousticModel;
  /** Added for every phone, when network and Gaussians judge together. */
  readonly insertion: number;
  readonly recognised: RowLabels;
  /**
   * Of some utterances, a phone for each row as the sound alone has it, without the
   * language model, at the expected length.
   */
  readonly soundAlone: readonly Int16Array[];
  readonly length: ExpectedLength;
}

const varianceFloor = 0.05;
const mixturePasses = 4;
const viewUtterances = 400;

/** Gaussians of each phone, from labels of the recordings. */
const learnMixtures = (options: AdaptOptions, view: ViewBasis | undefined, labels: RowLabels): Promise<Mixtures> =>
  trainMixtures(() => labelledView(options, view, labels), {
    classes: options.shape.classes,
    dim: viewColumns(options.shape),
    components: options.config.adapt.components,
    passes: mixturePasses,
    varianceFloor,
  });

export async function adapt(options: AdaptOptions, onRound: (round: Round) => Promise<void>): Promise<void> {
  const { config, shape, frames, ids, rng, compute, folder, signal, log } = options;
  const { rounds, epochs, learningRate, synthetic, mixtureScale } = config.adapt;
  const posteriors = join(folder, 'posteriors');
  const view = await fitView(shape, frames, lengthSample(ids, viewUtterances, rng.fork('view')), compute);
  const sample = lengthSample(ids, config.length.utterances, rng.fork('length'));
  const secondsPerFrame = options.hopSeconds;
  const seconds = sample.reduce((sum, id) => sum + frames.rowsOf(id), 0) * secondsPerFrame;
  let length: ExpectedLength | undefined;
  let parameters = options.start;
  let learned: RowLabels | undefined;
  for (let number = 0; ; number++) {
    signal?.throwIfAborted();
    log.info(`round ${number}: listening to ${ids.length} utterances`);
    const roundFolder = join(folder, `round-${number}`);
    const network = await adaptNetwork(
      { shape, parameters },
      { frames, ids },
      config.train.crop,
      rng.fork('moments').fork(number),
      compute,
    );
    const alone = await storePosteriors(network, { frames, ids }, posteriors, compute, () => signal?.throwIfAborted());
    const scoredAlone = await scoresOf(options, posteriors, alone, sample);
    length ??= await options.expect(
      async (insertion) =>
        (await phonesFound(scoredAlone, options.graph, { ...config.decode, insertion }, signal)) / seconds,
    );
    const phones = length.expected * seconds;
    const fitted = async (scored: readonly ScoredRows[]): Promise<number> =>
      config.decode.insertion ?? fitInsertion(scored, options.graph, config.decode, phones, signal);
    const networkLabels = async (): Promise<RowLabels> => {
      const insertion = await fitted(scoredAlone);
      return storedLabels(join(roundFolder, 'network'), () => labelsOf(options, posteriors, alone, insertion));
    };
    const mixtures =
      mixtureScale > 0 ? await learnMixtures(options, view, learned ?? (await networkLabels())) : undefined;
    const acoustics: AcousticModel = { ...alone, ...(mixtures && { mixtures }), ...(view && { view }) };
    const scored = mixtures ? await scoresOf(options, posteriors, acoustics, sample) : scoredAlone;
    const insertion = await fitted(scored);
    const recognised = mixtures
      ? await storedLabels(join(roundFolder, 'together'), () => labelsOf(options, posteriors, acoustics, insertion))
      : await networkLabels();
    const soundAlone = await recognisedWithoutText(scored, shape.classes - 1, config.decode, phones, signal);
    await onRound({ number, acoustics, insertion, recognised, soundAlone, length });
    if (number === rounds) break;
    learned =
      config.adapt.matching.steps === 0
        ? recognised
        : await storedLabels(join(roundFolder, 'matched'), () =>
            matchedLabels(options, posteriors, acoustics, recognised, rng.fork('matching').fork(number)),
          );
    const taught = config.adapt.agreed ? agreedLabels(learned, recognised) : learned;
    const crops = Math.min(config.train.batch, Math.max(1, Math.round(config.train.batch * (1 - synthetic))));
    const inBands = shape.input !== 'vectors';
    const parts: TrainingPart[] = [
      {
        source: labelledFramesSource(frames, taught, secondsPerFrame, shape),
        crops,
        augment: inBands ? config.adapt.augment : undefined,
      },
    ];
    if (crops < config.train.batch)
      parts.push(...partsOf(options.sources, config.train.batch - crops, inBands ? config.augment : undefined));
    parameters = await trainNetwork({
      name: `round ${number + 1}`,
      shape,
      start: options.start,
      parts,
      epochs,
      learningRate,
      config,
      rng: rng.fork('round').fork(number + 1),
      compute,
      log,
      folder: join(roundFolder, 'training'),
      ...(signal ? { signal } : {}),
    });
  }
  await rm(posteriors, { recursive: true, force: true });
}
