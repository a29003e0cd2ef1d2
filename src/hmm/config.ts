// Settings of the phone HMM; the defaults are the constants that worked on one hour of synthetic Spanish.
import { z } from 'zod';
import { section } from '../core/config.js';

export const hmmConfig = section({
  labels: z
    .enum(['best', 'soft'])
    .default('best')
    .describe(
      'what a segment tells the first Gaussians: its best phone (steadier over rounds: .16 against ' +
        '.20 PER), or all phones by their probability',
    ),
  states: z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(3)
    .describe('states of a phone, left to right; also its shortest length in frames'),
  passes: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('passes of soft EM after the start from labels; more drift away'),
  order: z
    .number()
    .int()
    .min(2)
    .max(6)
    .default(4)
    .describe('order of the phone n-gram model that corrects the labels in training: 4 finds what 2 and 3 do not'),
  acousticScale: z
    .number()
    .positive()
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'exponent of the acoustic likelihood against the phone n-gram model: frames are not independent; null = 0.1 ' +
        'for mfcc, and for other frames so much that the sound of a phone weighs as much as it does there, however ' +
        'many columns there are, however they go together, and however long a frame is',
    ),
  judgedScale: z
    .number()
    .positive()
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'five times acousticScale, at most 1, where it is null; acousticScale for the transcripts that the ' +
        'label-free metric sees: a language model that writes them is no judge of them; with the bigram alone and ' +
        'this scale, the metric ranks HMMs as their errors do',
    ),
  beam: z
    .number()
    .min(0)
    .max(0.01)
    .default(1e-3)
    .describe(
      "share of a frame's probability below which a phone is not followed further; 0 follows all; ten times less " +
        'takes twice as long and changes nothing that could be measured',
    ),
  varianceFloor: z
    .number()
    .positive()
    .max(10)
    .default(0.05)
    .describe('least variance of a state in each dimension; the features have variance 1'),
});
export type HmmConfig = z.infer<typeof hmmConfig>;
