// Shapes of what the two training steps of the adversary are fed, and the names of what they give.
import type { GanConfig } from './config.js';
import { adversaryOf } from './adversaries.js';
import { courseNames } from './course.js';
import { layerInputs } from './generator-network.js';

export interface GanShape {
  readonly batch: number;
  /** Values of a segment vector. */
  readonly columns: number;
  /** Phones, silence and special classes. */
  readonly classes: number;
}

/** What a step is compiled for. */
export interface StepSize {
  /** Frames that joined outputs and text lines are padded to. */
  readonly length: number;
  /** Input rows of the whole batch, padding included; see `bucketRows`. */
  readonly rows: number;
  /** A discriminator step between two that have the gradient penalty. */
  readonly unpenalised?: boolean;
}

/** What the generator's gradient is made of. */
export const gradientInputs = ({ columns }: GanShape, config: GanConfig, { rows }: StepSize) => ({
  ...layerInputs(config, columns, rows),
  /** The joined frame whose window has this row as tap j; B * length where there is none. */
  joinedRow: { shape: [rows, config.generator.kernel], dtype: 'int32' as const },
  /** Its share in that frame: 1, or less where runs are averaged. */
  joinedShare: { shape: [rows, config.generator.kernel] },
});

/** Inputs of both steps. The generator has run already, to find out what JOIN keeps. */
const sharedInputs = ({ batch, classes }: GanShape, { length }: StepSize) => ({
  /** Its logits on the frames that JOIN kept, zeros on padding. */
  logits: { shape: [batch * length, classes] },
  /** 1 / joined length on valid frames, else 0. */
  fakeWeights: { shape: [batch, length] },
  /** Steps of this network so far, counting this one. */
  adamStep: { shape: [] as number[] },
  /** What is left of the learning rate, in (0, 1]. */
  lrShare: { shape: [] as number[] },
});

const textInputs = ({ batch }: GanShape, { length }: Pick<StepSize, 'length'>) => ({
  /** Phones of the text lines; -1 (no class) or the padding class beyond their ends. */
  tokens: { shape: [batch, length], dtype: 'int32' as const },
  realWeights: { shape: [batch, length] },
});

/** What the settings of `course` are multiplied by, where they are not constant; the temperature in both steps. */
export const courseInputs = ({ course }: GanConfig, network: 'generator' | 'discriminator') =>
  Object.fromEntries(
    courseNames
      .filter((name) => course[name] !== 1 && (network === 'generator' || name === 'temperature'))
      .map((name) => [`course.${name}`, { shape: [] as number[] }]),
  );

export const discriminatorInputs = (shape: GanShape, { length, rows }: StepSize) => ({
  ...sharedInputs(shape, { length, rows }),
  ...textInputs(shape, { length }),
  /** Share of real text in the mix, uniform in [0, 1), one an utterance. */
  mix: { shape: [shape.batch] },
  /** 1 / n on the first n frames: n is the shorter of both padded lengths. */
  penaltyWeights: { shape: [1, length] },
});

export const generatorInputs = (shape: GanShape, { length, rows }: StepSize) => ({
  ...sharedInputs(shape, { length, rows }),
  fakeMask: { shape: [shape.batch, length] },
  padFrames: { shape: [] as number[] },
  codeFrames: { shape: [] as number[] },
  smoothCount: { shape: [] as number[] },
});

/** Further inputs of the generator's step where its loss has the terms for them. */
export const extraInputs = (shape: GanShape, config: GanConfig, { length, rows }: StepSize) => ({
  ...courseInputs(config, 'generator'),
  ...(config.auxiliary.weight > 0
    ? { labels: { shape: [rows], dtype: 'int32' as const }, auxiliaryFrames: { shape: [] as number[] } }
    : {}),
  ...(adversaryOf(config).paired ? textInputs(shape, { length }) : {}),
  ...(config.pairs.weight > 0
    ? {
        /** Shares of pairs of neighbours in the text. */
        pairShares: { shape: [shape.classes, shape.classes] },
        /** The weight in this update. */
        pairWeight: { shape: [] as number[] },
      }
    : {}),
  /** The logits for another dropout mask. */
  ...(config.consistency > 0 ? { otherLogits: { shape: [shape.batch * length, shape.classes] } } : {}),
  ...(config.anchor.weight > 0
    ? {
        /** The label of each joined frame, -1 on padding and where there is none. */
        anchorLabels: { shape: [shape.batch * length], dtype: 'int32' as const },
        /** The weight over the number of labelled frames. */
        anchorScale: { shape: [] as number[] },
      }
    : {}),
});

type Keys<F extends (...args: never[]) => object> = keyof ReturnType<F> & string;

export type GeneratorGradientInput = Keys<typeof gradientInputs>;

/** The gradient's inputs only where the generator's gradient is in the norm (clipScope 'joint'). */
export type DiscriminatorInput = Keys<typeof discriminatorInputs> | GeneratorGradientInput;

export type GeneratorInput = Keys<typeof generatorInputs> | GeneratorGradientInput;

export type DiscriminatorOutput =
  'fakeLoss' | 'realLoss' | 'gradientPenalty' | 'gradientNorm' | 'fakeScores' | 'realScores';

export type GeneratorOutput =
  'fakeLoss' | 'codePenalty' | 'smoothness' | 'probabilityPerplexity' | 'gradientNorm' | 'fakeScores';
