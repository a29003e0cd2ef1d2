// Settings of `asr pretrain`: the network, what is masked and predicted, how sound is changed, and the training.
import { z } from 'zod';
import { section } from '../core/config.js';

const count = (value: number, most: number) => z.number().int().min(1).max(most).default(value);
const share = (value: number) => z.number().min(0).max(1).default(value);
const range = (low: number, high: number, least: number, most: number) => {
  const bounded = z.number().min(least).max(most);
  return z.tuple([bounded, bounded]).default([low, high]);
};

export const pretrainConfig = z.object({
  corpora: z
    .array(z.string())
    .max(100)
    .default([])
    .describe(
      'folders of further runs whose audio and vad are learned from as well, of other languages or the same; ' +
        'relative to the data folder',
    ),
  balance: share(0.5).describe(
    'how corpora of unequal length share a pass: 1 = by their seconds, 0 = alike, between = seconds to this power',
  ),
  start: z
    .string()
    .default('')
    .describe(
      'folder of an earlier `asr pretrain`, whose weights the first round begins with: an encoder of other languages ' +
        'goes on with a new one; relative to the data folder',
    ),
  front: section({
    melBands: z
      .number()
      .int()
      .min(16)
      .max(128)
      .default(64)
      .describe('log-mel bands every 10 ms; more than for MFCC, since the network finds its own cepstrum'),
    priorSeconds: z
      .number()
      .nonnegative()
      .max(3600)
      .default(2)
      .describe(
        "s of the corpus's mean spectrum that each utterance's own mean and variance are mixed with: short " +
          'utterances say little about voice and microphone',
      ),
  }).describe('what the encoder hears; part of the exported graph'),
  network: section({
    channels: count(256, 4096).describe('width; 192 to 256 for hours of speech'),
    kernel: z.number().int().min(1).max(64).default(5).describe('frames of 20 ms under one convolution; odd'),
    dilations: z
      .array(z.number().int().min(1).max(1000))
      .min(1)
      .max(24)
      .default([1, 1, 2, 2, 4])
      .describe('one residual block each: distance of the frames that its convolution sees'),
  }),
  masks: section({
    frames: count(8, 1000).describe(
      'frames of 20 ms that one mask hides: a phone and its neighbours, so that looking beside it does not do',
    ),
    share: z.number().min(0).max(0.95).default(0.45).describe('share of all frames hidden'),
    open: share(0.1).describe('weight of frames that are not hidden in the loss, against 1 for hidden ones'),
  }),
  targets: section({
    segmentsPerSecond: z
      .number()
      .positive()
      .max(100)
      .default(11)
      .describe('segments that speech is cut into to be clustered; near the phone rate, 10 to 14 in most languages'),
    coefficients: count(13, 256).describe('MFCC that the cuts look at'),
    codebooks: z
      .array(z.number().int().min(2).max(2000))
      .min(1)
      .max(8)
      .default([50, 100, 200])
      .describe('clusters of segments, all predicted together: coarse ones are robust, fine ones tell more'),
    edges: z
      .number()
      .nonnegative()
      .max(1000)
      .default(0.5)
      .describe("weight of a segment's first and last frame beside the mean of its middle"),
    duration: z.number().nonnegative().max(1000).default(0.5).describe("weight of a segment's log duration"),
    run: z
      .string()
      .default('')
      .describe(
        'folder of a finished run, whose decoded phones (found without labels) are predicted ' +
          'beside the clusters; relative to the data folder',
      ),
    layer: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .describe('later rounds: block whose states are clustered, from 1; 0 = four fifths of the way up'),
    components: count(64, 4096).describe('later rounds: principal components of the states that are clustered'),
  }).describe('what is predicted'),
  rounds: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(1)
    .describe(
      'the first predicts clusters of MFCC segments, each further one clusters of what the encoder before made of ' +
        'them (the second gained nothing that as many further steps of the first did not)',
    ),
  augment: section({
    equaliser: z
      .number()
      .nonnegative()
      .max(100)
      .default(3)
      .describe('dB, largest boost or cut of a smooth random filter'),
    reverberation: range(0.05, 0.1, 0.001, 10).describe('s, decay by 60 dB; half of the utterances have an echo'),
    noise: range(15, 45, -100, 200).describe('dB, signal over coloured noise'),
    warp: range(0.88, 1.14, 0.2, 5).describe(
      'vocal-tract factor applied to the bands: pitch and formants move, the phone stays',
    ),
    speed: z.number().nonnegative().max(2).default(0.15).describe('largest natural log of the change of speed'),
    masks: z
      .number()
      .int()
      .nonnegative()
      .max(100)
      .default(1)
      .describe('bands hidden as in SpecAugment, and short stretches; the masks of the training come on top'),
  }).describe('fresh changes of every utterance in every pass; its targets stay'),
  train: section({
    steps: count(3000, 1e7).describe('steps of each round: 1,000 take about 4 minutes of one core'),
    batch: count(8, 10_000).describe('crops in a step; larger ones make too few steps'),
    crop: z.number().int().min(32).max(10_000).multipleOf(2).default(320).describe('frames of 10 ms in a crop'),
    learningRate: z
      .number()
      .positive()
      .max(10)
      .default(2e-3)
      .describe('peak; reached after `warmUp`, then down to nothing along a cosine'),
    warmUp: share(0.08).describe('share of the steps in which the learning rate rises'),
    weightDecay: z
      .number()
      .nonnegative()
      .max(100)
      .default(0.01)
      .describe('share of every weight that a step of learning rate 1 takes away (AdamW)'),
    keep: z
      .boolean()
      .default(true)
      .describe('later rounds start from the weights of the round before; false = afresh, for long trainings'),
    checkpoint: count(100, 1e6).describe('steps between checkpoints; a kill costs no more'),
  }),
});
export type PretrainConfig = z.infer<typeof pretrainConfig>;
