// Settings of the synthetic-speech bootstrap: what is spoken and how, the network, its training on synthetic speech,
// and how it is moved over to the real recordings without labels.
import { z } from 'zod';
import { section } from '../core/config.js';
import { changes, count, range, share } from './change-settings.js';
import { sourcesSetting } from './speech-sources.js';

/** A setting whose default depends on what the network hears; the defaults themselves are in `byInput`. */
const orByInput = <T extends z.ZodType>(schema: T, name: keyof typeof byInput, text: string) => {
  const [bands, vectors] = byInput[name];
  return schema
    .nullable()
    .default(null)
    .describe(`${text}; null = ${bands} on log-mel bands, ${vectors} on other frames`);
};

/** Log-mel bands, and frames of any other extractor: an encoder has done most of the work already. */
export const byInput = {
  hours: [3, 0.7],
  voices: [120, 40],
  channels: [224, 256],
  layers: [5, 1],
  kernel: [5, 3],
  dropout: [0.15, 0.2],
  inputDropout: [0, 0.2],
  epochs: [8, 6],
  crop: [320, 160],
  learningRate: [3e-3, 2e-3],
  rounds: [4, 2],
  roundEpochs: [4, 3],
  synthetic: [0.15, 0.2],
  mixtureScale: [0.2, 0],
  networkWeight: [0.4, 1],
  agreed: [false, true],
} as const;

export const bootstrapConfig = section({
  language: z.string().default('').describe('eSpeak NG voice that reads the text; empty = text.language'),
  sources: sourcesSetting,
  speech: section({
    hours: orByInput(z.number().positive().max(1000), 'hours', 'hours of synthetic speech'),
    voices: orByInput(
      z.number().int().min(1).max(10_000),
      'voices',
      'different voices; each speaks about the same time',
    ),
    stock: share(0.4).describe(
      "share of the voices that are eSpeak's own variants; the others are drawn: formants, pitch, tone, source",
    ),
    formants: range(0.86, 1.24, 0.2, 5).describe('vocal-tract factor of drawn voices, from a large man to a child'),
    rate: range(125, 195, 20, 1000).describe('words per minute'),
    shuffled: share(0.3).describe(
      'share of the sentences whose words are spoken in random order: sounds meet new neighbours',
    ),
    background: z
      .boolean()
      .default(true)
      .describe(
        'what the vad stage rejects in the recordings is heard under the speech and in its pauses; false = clean ' +
          'speech without pauses, as where nothing is rejected',
      ),
    chunk: z
      .tuple([z.number().int().min(1).max(1000), z.number().int().min(1).max(1000)])
      .default([3, 8])
      .describe('words that are read in one breath, between two places for a pause'),
    pauses: share(0.7).describe('probability of a pause at such a place, and at both ends'),
    pauseSeconds: range(0.1, 0.8, 0, 10).describe('s, length of a pause'),
  }).describe('what is synthesised, from the unpaired text alone'),
  augment: changes({
    equaliser: 9,
    reverberation: [0.05, 0.3],
    noise: [5, 35],
    warp: [0.84, 1.19],
    speed: 0.25,
    masks: 2,
  }).describe('fresh changes of every synthetic utterance in every epoch, on log-mel bands alone'),
  network: section({
    channels: orByInput(z.number().int().min(1).max(4096), 'channels', 'width'),
    layers: orByInput(
      z.number().int().min(1).max(32),
      'layers',
      'convolutions; the first halves the frame rate where frames are 10 ms apart',
    ),
    kernel: orByInput(z.number().int().min(1).max(64), 'kernel', 'frames under one window'),
    dropout: orByInput(z.number().min(0).max(0.9), 'dropout', 'after every layer'),
    inputDropout: orByInput(
      z.number().min(0).max(0.9),
      'inputDropout',
      'share of the columns that a crop is heard without',
    ),
  }),
  train: section({
    epochs: orByInput(
      z.number().int().min(1).max(1000),
      'epochs',
      'passes over the synthetic speech; more make synthetic accuracy better, not real',
    ),
    batch: count(16, 10_000).describe('crops in a step'),
    crop: orByInput(z.number().int().min(16).max(10_000).multipleOf(2), 'crop', 'frames of a crop'),
    learningRate: orByInput(
      z.number().positive().max(10),
      'learningRate',
      'peak of one cycle: up for 30 % of the steps, down to nothing',
    ),
    weightDecay: z
      .number()
      .nonnegative()
      .max(100)
      .default(0.01)
      .describe('share of every weight that a step of learning rate 1 takes away (AdamW)'),
    labelSmoothing: share(0.05).describe('share of a label that goes to all phones alike'),
  }),
  decode: section({
    priorWeight: z
      .number()
      .nonnegative()
      .max(100)
      .default(0.8)
      .describe(
        'share of the log mean posterior of the real speech that is taken ' +
          'away: what the network always says counts less',
      ),
    acousticScale: z
      .number()
      .positive()
      .max(100)
      .default(0.7)
      .describe('factor on what remains, against the language model'),
    insertion: z
      .number()
      .min(-100)
      .max(100)
      .nullable()
      .default(null)
      .describe(
        'added for every phone; null = in every round so that as many phones ' +
          'are heard as learn.bootstrap.length expects',
      ),
    minRows: count(2, 100).describe('least rows (20 ms) of a phone'),
    order: z.number().int().min(2).max(6).default(3).describe('order of the phone language model; more gave nothing'),
    beam: z
      .number()
      .positive()
      .max(1000)
      .default(10)
      .describe('natural-log distance to the best hypothesis beyond which others are dropped'),
  }).describe('how labels of the real speech are found'),
  length: section({
    from: z
      .enum(['auto', 'text', 'source'])
      .default('auto')
      .describe(
        'how many phones a second the recordings hold: text = as if utterances were as long ' +
          "as the text's sentences; source = with the insertion score that is right on " +
          'held-out synthetic speech; auto = docs/bootstrap.md',
      ),
    utterances: count(200, 100_000).describe(
      'utterances on which insertion scores are fitted; 25 cost ten points of PER',
    ),
    warnBeyond: z
      .number()
      .positive()
      .max(100)
      .default(0.2)
      .describe('estimates that differ by more than this share are a warning'),
  }).describe('how many phones there should be'),
  adapt: section({
    rounds: orByInput(
      z.number().int().nonnegative().max(100),
      'rounds',
      'label the real speech by network and Gaussians, train the network of synthetic speech on these labels, again',
    ),
    epochs: orByInput(z.number().int().min(1).max(1000), 'roundEpochs', 'passes over the real speech in a round'),
    learningRate: z.number().positive().max(10).default(2e-3).describe("peak of a round's cycle"),
    synthetic: orByInput(
      z.number().min(0).max(1),
      'synthetic',
      'share of synthetic speech in a batch: labels there are certain, but of another voice',
    ),
    augment: changes({
      equaliser: 3,
      reverberation: [0.05, 0.1],
      noise: [20, 45],
      warp: [0.96, 1.04],
      speed: 0.1,
      masks: 2,
    }).describe('changes of the real speech, on log-mel bands: few, since it is what the network will hear'),
    components: z.number().int().min(1).max(64).default(32).describe('Gaussians of a phone, a power of two'),
    mixtureScale: orByInput(
      z.number().nonnegative().max(100),
      'mixtureScale',
      "factor on the Gaussians' log densities when they judge together with the network",
    ),
    networkWeight: orByInput(
      z.number().nonnegative().max(100),
      'networkWeight',
      "factor on the network's scores beside them: the Gaussians learn no noise in the labels, and count more",
    ),
    agreed: orByInput(
      z.boolean(),
      'agreed',
      "a round learns only from rows on which the judges' label and the one matched to the text are the same",
    ),
    matching: section({
      steps: z
        .number()
        .int()
        .nonnegative()
        .max(1e6)
        .default(100)
        .describe(
          "steps in which each round's labels are matched to the text before the next " +
            'learns from them; 0 = they stay as they are',
        ),
      utterances: count(4000, 1e6).describe('utterances that the matching learns from'),
      batch: count(400, 10_000).describe('utterances in a step: their phone pairs must be enough to have frequencies'),
      lags: z.number().int().min(1).max(12).default(6).describe('distances 1…n of the phone pairs that are compared'),
      labelWeight: z
        .number()
        .nonnegative()
        .max(1000)
        .default(0.1)
        .describe('weight of the labels beside the pairs: holds the solution in its place; .03 drifts'),
      learningRate: z.number().positive().max(10).default(5e-4).describe('Adam step size of these steps'),
      deletion: share(0.15).describe("share of the text's phones left out at random, as recognition leaves phones out"),
      duplication: share(0.05).describe("share of the text's phones doubled"),
      hidden: count(256, 8192).describe('width of the two hidden layers of the network from segments to phones'),
      epochs: count(4, 1000).describe('passes over the labels before the text counts'),
      labelRate: z.number().positive().max(10).default(1e-3).describe('Adam step size of these passes'),
    }).describe('correcting labels by the text: phone pairs are made as frequent as in the text'),
  }).describe('moving over to the real speech'),
});
export type BootstrapConfig = z.infer<typeof bootstrapConfig>;
