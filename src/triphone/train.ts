// Viterbi training of mixtures for tied states: frames are aligned with the phones of each utterance, Gaussians are
// estimated and split in turn, and now and then everything is aligned anew with the better model.
import { align, DurationCounts, durations, visitFrames, type Alignment } from './alignment.js';
import { modelled, type DecisionTrees, type TiedStates } from './context.js';
import { allocate, MixtureSums, singleGaussians, split } from './estimate.js';
import type { FrameView } from './frame-view.js';
import { Densities, type StateMixtures } from '../hmm/mixtures.js';
import type { TriphoneModel } from './model.js';
import { gaussianOf, type Statistics } from './statistics.js';

export interface TrainOptions {
  /** Passes of estimation. */
  readonly iterations: number;
  /** After every so many passes frames are aligned again. */
  readonly realign: number;
  /** Gaussians at the end; the number grows over the first three quarters of the passes. */
  readonly gaussians: number;
  /** Exponent of a state's frames in its share of the Gaussians. */
  readonly power: number;
  /** Least frames of a Gaussian. */
  readonly minFrames: number;
  readonly varianceFloor: number;
  readonly acousticScale: number;
  readonly alignBeam: number;
}

/** What is trained on: alignments by utterance, replaced as training goes on. */
export interface TrainingData {
  readonly view: FrameView;
  readonly alignments: ReadonlyMap<string, Alignment>;
}

export interface TrainingStart {
  readonly tied: TiedStates;
  readonly trees: DecisionTrees | undefined;
  /** [tied states] frames of each. */
  readonly statistics: readonly Statistics[];
  readonly adapted: boolean;
}

/** May move to other frames between passes, with the Gaussians moved alike. */
export type BetweenPasses = (
  iteration: number,
  mixtures: StateMixtures,
  data: TrainingData,
  tied: TiedStates,
) => Promise<{ mixtures: StateMixtures; data: TrainingData }>;

export interface Trained {
  readonly model: TriphoneModel;
  readonly data: TrainingData;
  /** Log likelihood per frame of each pass, before its estimate. */
  readonly likelihoods: readonly number[];
}

/** @param onIteration is told the log likelihood per frame of each pass; may throw to stop */
export async function trainStates(
  { tied, trees, statistics, adapted }: TrainingStart,
  given: TrainingData,
  options: TrainOptions,
  onIteration: (iteration: number, logLikelihood: number) => void,
  between?: BetweenPasses,
): Promise<Trained> {
  let data = given;
  let mixtures = singleGaussians(statistics.map(gaussianOf), data.view.dim, options.varianceFloor);
  const likelihoods: number[] = [];
  const growing = Math.max(1, Math.floor(options.iterations * 0.75));
  for (let iteration = 1; iteration <= options.iterations; iteration++) {
    if (iteration > 1 && (iteration - 1) % options.realign === 0) {
      const model = describe(tied, trees, mixtures, data, adapted);
      data = { view: data.view, alignments: await realigned(model, data, options) };
    }
    const sums = new MixtureSums(mixtures);
    for (const [id, alignment] of data.alignments) {
      const { data: frames } = await data.view.read(id);
      visitFrames(alignment, tied, (p, t) => {
        sums.add(p, frames, t);
      });
    }
    const likelihood = sums.logLikelihood / Math.max(1, sums.frames);
    likelihoods.push(likelihood);
    onIteration(iteration, likelihood);
    const occupancy = sums.stateOccupancy();
    mixtures = sums.estimate(options);
    if (between) ({ mixtures, data } = await between(iteration, mixtures, data, tied));
    if (iteration <= growing) {
      const wanted = Math.round(tied.count + ((options.gaussians - tied.count) * iteration) / growing);
      mixtures = split(mixtures, allocate(occupancy, Math.max(tied.count, wanted), options.power, options.minFrames));
    }
  }
  return { model: describe(tied, trees, mixtures, data, adapted), data, likelihoods };
}

function describe(
  tied: TiedStates,
  trees: DecisionTrees | undefined,
  mixtures: StateMixtures,
  { view, alignments }: TrainingData,
  adapted: boolean,
): TriphoneModel {
  const counts = new DurationCounts(modelled(tied) * tied.statesPerPhone, tied.statesPerPhone);
  let silences = 0;
  let gaps = 0;
  for (const alignment of alignments.values()) {
    counts.add(alignment);
    for (const phone of alignment.phones) {
      if (phone === tied.phones) silences++;
      else gaps++;
    }
    gaps++;
  }
  return {
    tied,
    trees,
    mixtures,
    stay: counts.stay(),
    map: view.map,
    adapted,
    silenceShare: Math.min(0.5, (silences + 1) / (gaps + 2)),
  };
}

/** Every utterance aligned anew with the same phones; one that cannot be keeps its alignment. */
async function realigned(
  model: TriphoneModel,
  { view, alignments }: TrainingData,
  options: TrainOptions,
): Promise<Map<string, Alignment>> {
  const labels = new Map([...alignments].map(([id, { phones }]) => [id, phones]));
  const found = await alignAll(model, view, labels, options);
  return new Map([...alignments].map(([id, old]) => [id, found.get(id) ?? old]));
}

/** @returns alignments of the utterances that are long enough for their phones */
export async function alignAll(
  model: TriphoneModel,
  view: FrameView,
  labels: ReadonlyMap<string, Int32Array>,
  { acousticScale, alignBeam }: Pick<TrainOptions, 'acousticScale' | 'alignBeam'>,
): Promise<Map<string, Alignment>> {
  const densities = new Densities(model.mixtures);
  const logDurations = durations(model.stay);
  const found = new Map<string, Alignment>();
  for (const [id, phones] of labels) {
    const { data, rows } = await view.read(id);
    const alignment = align(phones, { rows, at: (p, t) => densities.at(p, data, t) }, model.tied, logDurations, {
      acousticScale,
      beam: alignBeam,
    });
    if (alignment) found.set(id, alignment);
  }
  return found;
}
