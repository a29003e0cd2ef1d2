// The four passes of classical training, each from the alignments of the one before: phones alone; phones in context;
// frames projected and rotated (LDA and MLLT); frames moved to a common speaker (fMLLR, speaker-adaptive training).
// Source: Kaldi's recipes (steps/train_mono, train_deltas, train_lda_mllt, train_sat).
import { Matrix } from 'ml-matrix';
import type { Rng } from '../core/rng.js';
import { visitFrames, type Alignment } from './alignment.js';
import { modelled, monophoneStates, treeStates, type TiedStates } from './context.js';
import { FmllrSums, estimateFmllr } from './fmllr.js';
import { FrameView, type SpeakerMaps } from './frame-view.js';
import { discriminants, ScatterSums } from './lda.js';
import type { StateMixtures } from '../hmm/mixtures.js';
import { phoneQuestions } from './questions.js';
import { estimateSemiTied, rotateMixtures, SemiTiedSums } from './semi-tied.js';
import { splice, type FrameMap } from './splice.js';
import { ContextSums } from './statistics.js';
import {
  trainStates,
  type BetweenPasses,
  type Trained,
  type TrainingData,
  type TrainingStart,
  type TrainOptions,
} from './train.js';
import { growTrees } from './tree.js';

export interface PhoneInventory {
  /** Without silence. */
  readonly phones: number;
  readonly statesPerPhone: number;
  readonly silence: boolean;
}

export interface TieOptions {
  readonly maxStates: number;
  readonly minStateFrames: number;
  readonly minGain: number;
}

type OnIteration = (iteration: number, logLikelihood: number) => void;

export async function trainMonophones(
  { phones, statesPerPhone, silence }: PhoneInventory,
  data: TrainingData,
  options: TrainOptions,
  onIteration: OnIteration,
): Promise<Trained> {
  const tied = monophoneStates(phones, statesPerPhone, silence);
  const sums = await contextSums({ phones, statesPerPhone, silence }, data);
  const statistics = Array.from({ length: tied.count }, (_, p) => sums.total(p));
  return trainStates({ tied, trees: undefined, statistics, adapted: false }, data, options, onIteration);
}

export interface TriphoneHooks {
  readonly onIteration: OnIteration;
  /** Frames are moved by speaker. */
  readonly adapted?: boolean;
  readonly between?: BetweenPasses;
}

/** Trees from the alignments of the pass before, then mixtures for their leaves. */
export async function trainTriphones(
  inventory: PhoneInventory,
  data: TrainingData,
  options: TrainOptions & TieOptions,
  rng: Rng,
  { onIteration, adapted = false, between }: TriphoneHooks,
): Promise<Trained> {
  return trainStates(await tiedTriphones(inventory, data, options, rng, adapted), data, options, onIteration, between);
}

async function tiedTriphones(
  inventory: PhoneInventory,
  data: TrainingData,
  options: TrainOptions & TieOptions,
  rng: Rng,
  adapted: boolean,
): Promise<TrainingStart> {
  const { phones, statesPerPhone, silence } = inventory;
  const { varianceFloor, maxStates, minStateFrames, minGain } = options;
  const sums = await contextSums(inventory, data);
  const middle = Array.from({ length: phones }, (_, v) => sums.total(v * statesPerPhone + (statesPerPhone >> 1)));
  const questions = phoneQuestions(middle, varianceFloor, rng.fork('questions'));
  const { trees, statistics } = growTrees(sums, questions, {
    phones,
    statesPerPhone,
    silence,
    dim: data.view.dim,
    maxStates,
    minFrames: minStateFrames,
    minGain,
    varianceFloor,
  });
  return { tied: treeStates(trees, phones, statesPerPhone, silence), trees, statistics, adapted };
}

async function contextSums(inventory: PhoneInventory, { view, alignments }: TrainingData): Promise<ContextSums> {
  const sums = new ContextSums(inventory.phones, modelled(inventory), inventory.statesPerPhone, view.dim);
  for (const [id, alignment] of alignments) sums.add(alignment, (await view.read(id)).data);
  return sums;
}

/** @param tied states whose frames LDA keeps apart. @param frames how they are spliced; `rows` are kept */
export async function ldaView(
  tied: TiedStates,
  { view, alignments }: TrainingData,
  frames: Omit<FrameMap, 'matrix'>,
): Promise<FrameView> {
  const width = (2 * frames.context + 1) * frames.statics;
  const sums = new ScatterSums(tied.count, width);
  for (const [id, alignment] of alignments) {
    const { data, rows } = await view.base.read(id);
    const spliced = splice(data, rows, frames);
    visitFrames(alignment, tied, (p, t) => {
      sums.add(p, spliced, t);
    });
  }
  const rows = Math.min(frames.rows, width);
  return new FrameView(view.base, { ...frames, rows, matrix: discriminants(sums.covariances(), rows) });
}

/** Rotates frames and Gaussians after some passes. */
export function semiTiedBetween(at: readonly number[]): BetweenPasses {
  return async (iteration, mixtures, data, tied) => {
    const { matrix } = data.view.map;
    if (!at.includes(iteration) || !matrix) return { mixtures, data };
    const sums = new SemiTiedSums(mixtures);
    for (const [id, alignment] of data.alignments) {
      const { data: frames } = await data.view.read(id);
      visitFrames(alignment, tied, (p, t) => {
        sums.add(p, frames, t);
      });
    }
    const rotation = estimateSemiTied(sums.statistics());
    const { rows } = data.view.map;
    const whole = rotation.mmul(Matrix.from1DArray(rows, matrix.length / rows, matrix));
    const view = new FrameView(data.view.base, { ...data.view.map, matrix: Float64Array.from(whole.to1DArray()) });
    return { mixtures: rotateMixtures(mixtures, rotation), data: { view, alignments: data.alignments } };
  };
}

export interface Speakers {
  readonly of: (id: string) => string;
  /** A speaker of fewer is not moved. */
  readonly minFrames: number;
}

/**
 * Maps of every speaker to the model.
 * @param views frames before they are moved, and as the model hears them now
 */
export async function speakerMaps(
  { mixtures, tied }: { readonly mixtures: StateMixtures; readonly tied: TiedStates },
  { unmoved, moved = unmoved }: { readonly unmoved: FrameView; readonly moved?: FrameView },
  alignments: ReadonlyMap<string, Alignment>,
  speakers: Speakers,
): Promise<Map<string, Float64Array>> {
  const bySpeaker = new Map<string, FmllrSums>();
  for (const [id, alignment] of alignments) {
    const speaker = speakers.of(id);
    let sums = bySpeaker.get(speaker);
    if (!sums) bySpeaker.set(speaker, (sums = new FmllrSums(mixtures)));
    const { data: before } = await unmoved.read(id);
    const { data: now } = await moved.read(id);
    const own = sums;
    visitFrames(alignment, tied, (p, t) => {
      own.add(p, now, before, t);
    });
  }
  return new Map(
    [...bySpeaker].map(([speaker, sums]) => [speaker, estimateFmllr(sums.statistics(), speakers.minFrames)]),
  );
}

/** Estimates the speakers' maps anew after some passes. @param unmoved frames before they are moved */
export function speakersBetween(unmoved: FrameView, speakers: Speakers, at: readonly number[]): BetweenPasses {
  return async (iteration, mixtures, data, tied) => {
    if (!at.includes(iteration)) return { mixtures, data };
    const maps = await speakerMaps({ mixtures, tied }, { unmoved, moved: data.view }, data.alignments, speakers);
    const mapOf: SpeakerMaps = (id) => maps.get(speakers.of(id));
    return {
      mixtures,
      data: { view: new FrameView(unmoved.base, unmoved.map, mapOf), alignments: data.alignments },
    };
  };
}
