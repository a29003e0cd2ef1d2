// What changes in the course of a training: weights that fall to nothing, settings that begin elsewhere, and how much
// of a curriculum is in use; all are functions of the number of the update alone.
import type { GanConfig } from './config.js';

/** 0 in the first update, 1 from `share` of all updates on. */
const progress = (update: number, updates: number, share: number): number =>
  Math.min(1, update / Math.max(1, share * updates));

/** All of a weight in the first update, in a line to nothing after its share of all updates. */
export const falling = (update: number, updates: number, term: { readonly weight: number; readonly share: number }) =>
  term.weight * (1 - progress(update, updates, term.share));

export const courseNames = ['codePenalty', 'smoothness', 'temperature'] as const;
export type Course = Readonly<Record<(typeof courseNames)[number], number>>;

/** What the settings are multiplied by in an update. */
function courseOf(update: number, { updates, course }: GanConfig): Course {
  const done = progress(update, updates, course.share);
  const at = (name: keyof Course): number => course[name] + done * (1 - course[name]);
  return { codePenalty: at('codePenalty'), smoothness: at('smoothness'), temperature: at('temperature') };
}

/** Share of a curriculum that is in use; 1 where there is none. */
export const inUse = (update: number, { updates, curriculum }: Pick<GanConfig, 'updates' | 'curriculum'>): number =>
  curriculum.by === 'none' ? 1 : curriculum.from + progress(update, updates, curriculum.share) * (1 - curriculum.from);

/** Something depends on how long the training is to be. */
export const hasCourse = ({ lrDecay, anchor, pairs, curriculum, course }: GanConfig): boolean =>
  lrDecay > 0 ||
  anchor.weight > 0 ||
  pairs.weight > 0 ||
  curriculum.by !== 'none' ||
  courseNames.some((name) => course[name] !== 1);

/** Share of the learning rate that the last update still has. */
const lastShare = 0.02;

/** What is left of the learning rate in an update: all of it until the last `lrDecay` of the training, then a line. */
const learningRateShare = (update: number, { updates, lrDecay }: GanConfig): number =>
  lrDecay === 0 ? 1 : Math.min(1, Math.max(lastShare, (1 - update / updates) / lrDecay));

/** Where in its course a training stands. */
export interface Pace {
  /** Steps of this network so far, counting this one. */
  readonly adamStep: number;
  /** What is left of the learning rate, in (0, 1]. */
  readonly lrShare: number;
  /** Weights in this update; 0 where absent. */
  readonly anchorWeight?: number;
  readonly pairWeight?: number;
  /** What settings are multiplied by; 1 where absent. */
  readonly course?: Course;
}

export const paceOf = (update: number, adamStep: number, config: GanConfig): Pace => ({
  adamStep,
  lrShare: learningRateShare(update, config),
  anchorWeight: falling(update, config.updates, config.anchor),
  pairWeight: falling(update, config.updates, config.pairs),
  course: courseOf(update, config),
});
