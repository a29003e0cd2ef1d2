// Settings of n-gram matching; the defaults are the constants that worked on one hour of synthetic Spanish.
import { z } from 'zod';
import { section } from '../core/config.js';

const rate = z.number().min(0).max(1);

export const matchingConfig = section({
  lags: z
    .number()
    .int()
    .min(1)
    .max(12)
    .default(6)
    .describe('skipgram distances 1…n that are compared; 5 to 6 beat 4, and 4 beats 2'),
  positions: z
    .number()
    .int()
    .min(0)
    .max(20)
    .default(6)
    .describe('places from each end of an utterance whose unigrams are compared'),
  positionWeight: z.number().min(0).max(1000).default(0.3).describe('weight of those unigrams beside the skipgrams'),
  restarts: z
    .number()
    .int()
    .min(1)
    .max(256)
    .default(6)
    .describe('random starts trained in one batch; the lowest loss wins'),
  steps: z.number().int().min(1).max(1e6).default(700).describe('optimiser steps of every restart'),
  learningRate: z.number().positive().max(10).default(0.05).describe('Adam step size before it decays'),
  decayShare: rate.default(0.4).describe('last share of the steps over which the step size falls to nothing'),
  deletion: rate
    .default(0.05)
    .describe("share of the text's phones left out at random, as the segmenter leaves phones out"),
  duplication: z
    .union([z.literal('auto'), rate])
    .default('auto')
    .describe(
      "share of the text's phones doubled; auto: segments per utterance " +
        'over phones per sentence, minus 1, plus deletion',
    ),
  noisePasses: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(4)
    .describe('times the text is read with fresh noise; more make smoother statistics'),
});
export type MatchingConfig = z.infer<typeof matchingConfig>;
