// Settings of translation without parallel data after Conneau et al. (ICLR 2018). The paper's are hidden
// 2048, batch 32, learningRate 0.1, 5 discriminator steps and 150,000 steps in all; ours fit some
// thousand words on one core in seconds.
import { z } from 'zod';

const share = z.number().min(0).max(1);

export const translationConfig = z.object({
  similarityStart: z
    .boolean()
    .default(true)
    .describe(
      'first try the map that sorted similarities of words suggest (Artetxe et ' +
        'al., ACL 2018): a second without any training',
    ),
  starts: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(4)
    .describe('adversarial trainings from other rotations; the criterion keeps one: some always fail'),
  enough: share
    .default(0.87)
    .describe(
      'criterion from which on no further start is tried: a rotation without noise reaches 1, a ' +
        'wrong one .7 to .83 in 20 dimensions or more',
    ),
  epochs: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe('of each start; after each the criterion is measured and the best map is kept'),
  epochSteps: z.number().int().min(1).max(1e7).default(300).describe('updates of the map in an epoch'),
  batch: z.number().int().min(2).max(10_000).default(64).describe('words of each side in an update'),
  frequent: z
    .number()
    .int()
    .min(2)
    .max(1e6)
    .default(20_000)
    .describe('most frequent words of each side that the discriminator sees; rare ones have poor vectors'),
  hidden: z
    .number()
    .int()
    .min(1)
    .max(16_384)
    .default(128)
    .describe("units in each of the discriminator's two hidden layers"),
  discriminatorSteps: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe('updates of the discriminator for each of the map'),
  learningRate: z.number().positive().max(100).default(0.5).describe('step size of plain gradient descent, for both'),
  decay: share
    .default(0.95)
    .describe('the step size is multiplied by this after every epoch, and halved when the criterion falls'),
  smoothing: z.number().min(0).max(0.5).default(0.1).describe('a word of the source counts as one by 1 - this much'),
  dropout: z.number().min(0).lt(1).default(0.1).describe("share of the discriminator's input values that are dropped"),
  beta: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe('pull of the map towards rotations: W becomes (1 + beta) W - beta W Wt W'),
  refinements: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(30)
    .describe(
      'at most so many rounds of dictionary and Procrustes after adversarial training; the ' +
        'first ones gain little, then all falls into place',
    ),
  dictionary: z
    .number()
    .int()
    .min(1)
    .max(1e6)
    .default(10_000)
    .describe('most frequent words of each side from which dictionaries for refinement and criterion are made'),
  neighbours: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('neighbours whose mean similarity CSLS takes off, so that hubs attract less'),
});
export type TranslationConfig = z.infer<typeof translationConfig>;
