// Settings of the selftrain stage: which acoustic models are trained on what was recognised, and how.
import { z } from 'zod';
import { changes } from '../bootstrap/change-settings.js';
import { section } from '../core/config.js';
import type { StageIo } from '../core/stage.js';

export const passNames = ['mono', 'tri', 'lda', 'sat'] as const;
export type PassName = (typeof passNames)[number];

const count = (value: number, most: number) => z.number().int().min(1).max(most).default(value);

export const selftrainConfig = z.object({
  method: z
    .enum(['auto', 'none', 'hmm', 'ctc'])
    .default('auto')
    .describe(
      'auto = nothing where what decode wrote is far from the text (hmm.trusted) or its frames are none ' +
        'for Gaussians, else monophones and the network of ctc; none = what decode wrote stays; hmm = hidden ' +
        "Markov models trained on what decode wrote, pass by pass as in Kaldi's recipes, each decoding " +
        'everything anew; ctc = these, then a convolutional network trained with CTC on what the best of ' +
        'them recognised; the best without labels is kept',
    ),
  words: z
    .boolean()
    .default(true)
    .describe(
      'the chosen pass recognises words, where the text has words, and phones ' +
        'with them in one search; false = phones alone',
    ),
  hmm: section({
    passes: z
      .array(z.enum(passNames))
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'null = mono alone before a network, all without one; in this order: mono = phones alone; tri = phones in ' +
          'context with tied states; lda = projected and rotated frames (LDA, MLLT); sat = frames moved to a common ' +
          'speaker (fMLLR); a kind may come again',
      ),
    labels: z
      .enum(['previous', 'decode'])
      .default('previous')
      .describe(
        'what a pass learns from: what the pass before recognised, which has fewer errors, or always what decode wrote',
      ),
    states: z
      .number()
      .int()
      .min(1)
      .max(5)
      .default(3)
      .describe('states of a phone, left to right; also its shortest length in frames'),
    iterations: count(12, 1000).describe(
      'estimates of the Gaussians in a pass; their number grows over the first three quarters',
    ),
    realign: count(4, 1000).describe('estimates between alignments of all frames'),
    monoGaussians: count(600, 1e6).describe(
      'Gaussians of all monophones; fewer than in recipes with transcripts, since labels are wrong here and there',
    ),
    gaussians: count(3000, 1e6).describe('Gaussians of all tied states in later passes'),
    power: z
      .number()
      .min(0)
      .max(1)
      .default(0.25)
      .describe("exponent of a state's frames in its share of the Gaussians"),
    minGaussianFrames: count(20, 1e6).describe('frames that a Gaussian has at least'),
    tiedStates: count(600, 1e5).describe('leaves of all decision trees at most'),
    minStateFrames: count(100, 1e6).describe('frames of a tied state at least'),
    minGain: z.number().nonnegative().max(1e9).default(100).describe('log likelihood that a split has to bring'),
    varianceFloor: z
      .number()
      .positive()
      .max(10)
      .default(0.02)
      .describe('least variance of a Gaussian in each dimension; the features have variance 1'),
    context: z
      .number()
      .int()
      .min(0)
      .max(10)
      .default(4)
      .describe('neighbours on each side of a frame that LDA looks at'),
    dimensions: count(40, 1024).describe('values of a frame after LDA'),
    minSpeakerFrames: count(500, 1 << 20).describe(
      'frames of a speaker below which nothing is moved: 5 s; a map has 1640 numbers',
    ),
    acousticScale: z
      .number()
      .positive()
      .max(1)
      .default(0.07)
      .describe(
        'factor on log densities against the language model and durations: frames are not independent; with more, ' +
          'models in context learn by heart which phones the labels lost',
      ),
    alignBeam: z
      .number()
      .positive()
      .max(10_000)
      .default(20)
      .describe(
        'natural-log distance, scaled, at which an alignment gives a path up; ten times as wide where none is left',
      ),
    lmWeight: z
      .number()
      .nonnegative()
      .max(1000)
      .default(1)
      .describe('factor on the natural-log probabilities of the phone language model'),
    insertion: z
      .number()
      .min(-100)
      .max(100)
      .default(2)
      .describe(
        'added for every phone; positive values lengthen transcripts; phones ' +
          'that one pass loses, the next learns to lose',
      ),
    beam: z
      .number()
      .positive()
      .max(1000)
      .default(10)
      .describe('natural-log distance to the best hypothesis beyond which others are dropped'),
    maxActive: count(500, 1e5).describe(
      'hypotheses of a frame that go on, about; the beam narrows where the model is unsure',
    ),
    judgedScale: z
      .number()
      .positive()
      .max(1)
      .default(0.5)
      .describe(
        'acousticScale of the transcripts that judge labels: a language model that writes them is no judge of them',
      ),
    judgedUtterances: count(200, 1e6).describe('utterances on which labels are judged'),
    trusted: z
      .number()
      .positive()
      .max(1e6)
      .default(2.5)
      .describe(
        'metric of what decode wrote over the perplexity of held-out text above which nothing is trained: labels ' +
          'so wrong teach their errors, and the judge no longer tells better from worse; 1.4 in the demo (PER 7 %), ' +
          '3.7 on real German (46 %), where every pass was worse and judged better',
      ),
    margin: z
      .number()
      .min(0)
      .max(1)
      .default(0.03)
      .describe(
        'share of its metric by which a pass has to be better than what decode wrote: ' +
          'a small model judges, and on few utterances',
      ),
  }),
  ctc: section({
    rounds: count(1, 20).describe(
      'trainings of the network: each but the first goes on from the one ' +
        'before, with what that one recognised for labels',
    ),
    bands: count(40, 256).describe(
      'mel bands; log-mel frames are made for the network whatever the features of the run are',
    ),
    augment: changes({
      equaliser: 3,
      reverberation: [0.05, 0.1],
      noise: [20, 45],
      warp: [0.92, 1.08],
      speed: 0.1,
      masks: 2,
    }).describe('fresh changes of every utterance in every epoch'),
    network: section({
      channels: count(160, 4096).describe('width'),
      layers: z.number().int().min(2).max(32).default(5).describe('convolutions; the first halves the frame rate'),
      kernel: count(5, 64).describe('frames under one window'),
      dropout: z.number().min(0).max(1).default(0.15).describe('after every residual layer'),
    }),
    train: section({
      epochs: count(10, 1000).describe('passes over the speech'),
      furtherEpochs: count(4, 1000).describe('the same in every further round'),
      batch: count(16, 10_000).describe('crops in a step'),
      crop: z.number().int().min(64).max(10_000).multipleOf(2).default(320).describe('frames of a crop'),
      learningRate: z
        .number()
        .positive()
        .max(10)
        .default(3e-3)
        .describe('peak of one cycle: up for 30 % of the steps, down to nothing'),
      furtherRate: z.number().positive().max(10).default(1.5e-3).describe('the same in every further round'),
      weightDecay: z
        .number()
        .nonnegative()
        .max(100)
        .default(0.01)
        .describe('share of every weight that a step of learning rate 1 takes away (AdamW)'),
    }),
    lmWeight: z
      .number()
      .nonnegative()
      .max(1000)
      .default(0.5)
      .describe(
        'factor on the natural-log probabilities of the phone language model; labels that it ' +
          'helped to make have taught the network much of it',
      ),
    insertion: z
      .number()
      .min(-100)
      .max(100)
      .default(0.5)
      .describe('added for every phone; positive values lengthen transcripts'),
    wordLmWeight: z
      .number()
      .nonnegative()
      .max(1000)
      .default(1)
      .describe('factor on the natural-log probabilities of words, in searches for words (set on the demo, seed 1)'),
    wordScore: z.number().min(-100).max(100).default(0).describe('added for every word, in searches for words'),
    blankWeight: z
      .number()
      .min(-100)
      .max(100)
      .default(-1.4)
      .describe('added to the blank in searches for words, whose language model leaves phones out'),
    beam: count(40, 10_000).describe('hypotheses kept at each row'),
  }).describe('method ctc: the network and its training'),
});
export type SelftrainConfig = z.infer<typeof selftrainConfig>;
export type SelftrainHmmConfig = SelftrainConfig['hmm'];
export type SelftrainCtcConfig = SelftrainConfig['ctc'];

/** What the stage's own functions get. */
export type SelftrainIo = StageIo<SelftrainConfig, 'decode' | 'features' | 'text' | 'vad' | 'audio'>;
