// Everything that can be set in the segments stage: how frames are joined to phone-sized pieces, and what
// vector stands for a piece.
import { z } from 'zod';
import { section } from '../core/config.js';
import { usualFitRows } from '../numeric/fit-sample.js';

const positive = (fallback: number, text: string, most: number) =>
  z.number().int().positive().max(most).default(fallback).describe(text);
const factor = (fallback: number, text: string) => z.number().nonnegative().max(1000).default(fallback).describe(text);

export const segmentsConfig = z.object({
  method: z
    .enum(['dp', 'runs'])
    .default('dp')
    .describe(
      'dp = least squares with a rate target (best for MFCC); runs = runs of one frame ' +
        'cluster, as in wav2vec-U (for encoder features)',
    ),
  rateRatio: z
    .number()
    .positive()
    .max(10)
    .default(1.1)
    .describe(
      'dp: segments per phone of the text; a little above 1 because a missed boundary costs more than one too many ' +
        '(0.9 was better on real read speech)',
    ),
  phoneRate: factor(
    0,
    'dp: phones per second of speech; 0 = from the text, which supposes that a sentence ' +
      'of text is as long as an utterance on average',
  ),
  minFrames: positive(2, 'dp: shortest segment in frames; phones under 20 ms are not heard as such', 1000),
  maxFrames: positive(30, 'dp: longest segment in frames; bounds the work and cuts long silences', 1000),
  coefficients: z
    .number()
    .int()
    .positive()
    .max(4096)
    .nullable()
    .default(null)
    .describe(
      'dp: first columns of the features that the segmentation looks at; null = 13 of mfcc and ' +
        'logmel (13 = MFCC without deltas, which blur boundaries), all of other kinds, whose columns ' +
        'have no order or are principal components already',
    ),
  fitFrames: positive(
    120_000,
    'dp: about so many frames of random training utterances are used to find the penalty (10 ms frames: 20 minutes)',
    1e7,
  ),
  vectors: section({
    columns: z
      .number()
      .int()
      .nonnegative()
      .max(65_536)
      .default(0)
      .describe("dp: first columns of the features that enter a segment's vector; 0 = all"),
    duration: factor(0.5, 'dp: weight of the natural log of the duration in frames'),
    edges: factor(0.5, 'dp: weight of the first and the last frame beside the mean of the middle half'),
  }),
  runs: section({
    clusters: positive(128, 'runs: frame clusters, as in the reference', 10_000),
    iterations: positive(50, 'runs: most passes of k-means, as in the reference', 1000),
    restarts: positive(3, 'runs: starts of k-means, the best is kept, as in the reference', 100),
    fitFrames: positive(
      usualFitRows,
      'runs: clusters and components are fitted on about so many frames, of random training utterances where there ' +
        'are more (5.6 hours of 20 ms frames): the time does not grow with a large corpus; the reference takes all',
      1e8,
    ),
    sampleRows: positive(20_000, 'runs: frames held in memory to seed k-means', 1e6),
    pca: positive(512, 'runs: principal components of the frames, at most their dimension, as in the reference', 4096),
    pool: z
      .enum(['pairs', 'none'])
      .default('pairs')
      .describe(
        'runs: pairs = neighbouring runs averaged for learning, as in the reference, unpooled vectors are kept beside',
      ),
  }),
});
export type SegmentsConfig = z.infer<typeof segmentsConfig>;
