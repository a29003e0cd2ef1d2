// Everything that can be set in adversarial training. Defaults are those of the reference (wav2vec-U 1, Baevski et
// al., 2021, arXiv 2105.11084, and its public code; what wav2vec-U 2.0 adds is off); where that code does something
// a reader of the paper would not expect, the choice has a name here. docs/adversarial.md has 2.0's constants.
import { z } from 'zod';
import { section } from '../core/config.js';
import { byPlugin, pluginSetting } from '../core/plugins.js';
import { aids } from './aids-config.js';
import { collapseConfig } from './collapse-config.js';
import { halvingConfig } from './halving-config.js';
import { count, share, weight } from './config-numbers.js';

export const ganConfig = z.object({
  loss: z
    .enum(['paper', 'relativistic', 'spectral', byPlugin])
    .default('paper')
    .describe(
      'paper = logistic losses and a gradient penalty on mixes of text and output; relativistic = output against ' +
        "text in pairs, penalties of `gradientPenalty` centred on zero on both (R3GAN); spectral = the paper's with " +
        "spectral normalisation in place of the penalty; or a name that a module of `use` registers: the paper's " +
        "and a further term of the generator's",
    ),
  plugin: pluginSetting,
  updates: count(150_000, 'updates in all; even ones train the generator, odd ones the discriminator', 1e9),
  start: z
    .enum(['random', 'matching', 'run'])
    .default('random')
    .describe(
      'what the generator starts from: nothing; the labels that n-gram matching finds in seconds on the same units; ' +
        'or those of the model in `startRun`, a bootstrap for example',
    ),
  startRun: z
    .string()
    .max(4096)
    .default('')
    .describe(
      "folder of another run's learn stage (runs/NAME/learn) on the same recordings and phones, where start is run; " +
        'relative to the data folder',
    ),
  anchor: section({
    weight: weight(
      0,
      "weight of the cross-entropy between the generator's outputs and the labels that it started from; 0 = none",
    ),
    share: share(0.3, 'share of the updates over which that weight falls in a line to nothing'),
  }),
  warmUp: z
    .number()
    .int()
    .nonnegative()
    .max(1e7)
    .default(500)
    .describe(
      'updates of the discriminator alone where the generator starts from labels: ' +
        'an untrained adversary would only lead it away',
    ),
  batch: count(160, 'utterances in an update, and as many lines of text; fewer when the corpus is smaller', 10_000),
  input: z
    .enum(['segments', 'frames'])
    .default('segments')
    .describe(
      'what the generator reads: segments = one vector for each segment; frames = the frames themselves, each of ' +
        'which then counts as a segment, as in wav2vec-U 2.0',
    ),
  minSegments: count(3, 'segments; shorter utterances are left out, as the reference does', 1000),
  generator: section({
    kernel: count(4, 'segments that one output sees', 64),
    padding: z
      .number()
      .int()
      .min(-1)
      .max(64)
      .default(-1)
      .describe(
        'zero segments added at each end; -1 = half the kernel, so that an even kernel ' +
          'gives one output more than there are segments',
      ),
    whiten: z
      .number()
      .int()
      .nonnegative()
      .max(4096)
      .default(0)
      .describe(
        'principal components of the segment vectors, each of variance 1, that it is trained on; the model that is ' +
          'written reads the vectors themselves; 0 = as they are, as the reference',
      ),
    stride: count(1, 'segments from one output to the next; 3 in wav2vec-U 2.0, whose segments are single frames', 64),
    batchNorm: weight(0, 'start of the scale of a batch norm before all else, 30 in wav2vec-U 2.0; 0 = none'),
    residual: z
      .boolean()
      .default(false)
      .describe('a linear layer whose output is added to its input, before the convolution, as in wav2vec-U 2.0'),
    dropout: z
      .number()
      .min(0)
      .max(0.9)
      .default(0.1)
      .describe('share of input values set to zero; one mask per segment, seen by every window that covers it'),
    temperature: z
      .number()
      .min(0.01)
      .max(100)
      .default(1)
      .describe(
        'the logits are divided by it before the softmax that the discriminator reads; below 1 outputs look more ' +
          'like text, which lets random starts converge (docs/adversarial.md)',
      ),
    straightThrough: z
      .boolean()
      .default(false)
      .describe('the discriminator reads the likeliest phone alone; gradients go through the softmax'),
    lr: weight(4e-4, 'learning rate'),
    weightDecay: weight(0, 'decoupled decay per unit of learning rate'),
  }),
  discriminator: section({
    dim: count(384, 'channels of the hidden layers; 128 is ample for MFCC of one hour', 8192),
    depth: count(2, 'layers before the score; the first has no activation, as in the reference', 32),
    kernel: count(6, 'phones that one layer sees, all in the past (causal)', 64),
    spectralNorm: weight(1, "largest singular value that each layer's weights are scaled to, where loss is spectral"),
    lr: weight(5e-4, 'learning rate'),
    weightDecay: weight(1e-4, 'decoupled decay per unit of learning rate'),
  }),
  lrDecay: share(
    0,
    'share of the updates, at the end, over which both learning rates fall in a line to ' +
      'a fiftieth; 0 = constant, as in the reference',
  ),
  adam: section({
    betas: z
      .tuple([share(0.5, 'decay of the first moment'), share(0.98, 'decay of the second moment')])
      .default([0.5, 0.98])
      .describe('decay of the moments per step; a low first one suits two networks that chase each other'),
    eps: z.number().positive().max(1).default(1e-6).describe('added to the root of the second moment'),
  }),
  auxiliary: section({
    weight: weight(
      0,
      'weight of the cross-entropy of auxiliary labels (clusters of MFCC frames) from the ' +
        'residual layer, 0.5 in wav2vec-U 2.0; 0 = none',
    ),
    classes: count(64, 'auxiliary labels', 10_000),
    pads: z
      .boolean()
      .default(true)
      .describe(
        'padding and frames without a label enter the denominator of the mean, as in the reference code; false = ' +
          'the mean over labelled frames, which weighs the loss more where lengths differ',
      ),
  }),
  gradientPenalty: weight(
    1.5,
    'weight of the gradient penalty in a discriminator step (lambda; the reference tries 1.5 and 2)',
  ),
  gradientPenaltyNorm: z
    .enum(['time', 'full'])
    .default('time')
    .describe(
      'time = norm over time for each utterance and phone, as the reference code; full = ' +
        'over time and phones, as the paper writes it',
    ),
  gradientPenaltyShare: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe("share of a batch's utterances that the gradient penalty looks at, its sum scaled up to all of them"),
  gradientPenaltyEvery: count(
    1,
    'discriminator steps for one with a gradient penalty, which then counts as many ' +
      'times (lazy regularisation: Karras et al., 2020)',
    10_000,
  ),
  codePenalty: weight(4, 'weight of unused vocabulary in a generator step (eta; the reference tries 2 and 4)'),
  codePenaltyPads: z
    .boolean()
    .default(true)
    .describe('padding counts as uniform frames in the mean that the code penalty looks at, as in the reference code'),
  smoothness: weight(
    0.5,
    'weight of squared differences between neighbouring joined logits in a generator step ' +
      '(gamma; the reference tries 0.5, 0.75 and 1)',
  ),
  smoothnessPads: z
    .boolean()
    .default(true)
    .describe('padding enters the denominator of the smoothness mean, as in the reference code'),
  clipNorm: z
    .number()
    .positive()
    .max(1e12)
    .default(5)
    .describe(
      'largest L2 norm of the gradients of one update, per utterance; the ' +
        'reference clips three updates in four or more',
    ),
  clipScope: z
    .enum(['joint', 'active'])
    .default('joint')
    .describe(
      'joint = one norm over both networks though only one steps, as in the reference; active = only the network ' +
        'that steps, which saves its backward pass through the other',
    ),
  joinFrame: z
    .enum(['random', 'mean'])
    .default('random')
    .describe(
      'what stands for a run of equal predictions in training: one frame of it, drawn anew ' +
        'each time (better in the reference), or the mean',
    ),
  joinCountsPadding: z
    .boolean()
    .default(true)
    .describe(
      'the padding of a shorter utterance counts as one more run when the joined ' +
        'length of a batch is set, as in the reference code',
    ),
  specials: z
    .number()
    .int()
    .nonnegative()
    .max(100)
    .default(0)
    .describe(
      'output classes beside phones that no text holds; the reference has 4 (its ' +
        "dictionary's), the first of which here fills padded text",
    ),
  evaluateEvery: count(1000, 'updates between label-free evaluations; the best one is kept', 1e9),
  evaluationUtterances: count(500, 'utterances decoded in an evaluation, spread evenly over the corpus', 1e6),
  checkpointEvery: count(1000, 'updates between checkpoints', 1e9),
  metricsEvery: count(1, 'updates between lines of metrics.jsonl', 1e9),
  sessions: count(
    8,
    'compiled graphs kept, one for each network and size of batch; each holds its intermediate results in memory',
    1000,
  ),
  cacheMiB: weight(512, 'segment vectors held in memory; the rest of the corpus is read from disk each time'),
  ...aids,
  collapse: collapseConfig,
  halving: halvingConfig,
});
export type GanConfig = z.infer<typeof ganConfig>;

/** Zero segments at each end of an utterance. */
export const generatorPadding = ({ kernel, padding }: GanConfig['generator']): number =>
  padding < 0 ? Math.floor(kernel / 2) : padding;
