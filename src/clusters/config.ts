// Everything that can be set in the clusters stage: how many units the segments are sorted into.
import { z } from 'zod';
import { usualFitRows } from '../numeric/fit-sample.js';

const positive = (fallback: number, text: string, most: number) =>
  z.number().int().positive().max(most).default(fallback).describe(text);

export const clustersConfig = z.object({
  folder: z
    .string()
    .default('')
    .describe(
      'folder of cluster ids of frames (NAME.src or NAME.km with NAME.tsv, as fairseq leaves them; relative to the ' +
        'data folder), which then name the segments; empty = k-means of our own',
    ),
  count: positive(
    128,
    'units; more make purer units that are harder to match to phones (256 and 512 were worse on one hour)',
    10_000,
  ),
  restarts: positive(3, 'starts of k-means, the best is kept', 100),
  iterations: positive(30, 'most passes of k-means; fewer when it stops improving', 1000),
  fitSegments: positive(
    usualFitRows,
    'k-means is fitted on about so many segments, of random training utterances where there are more (22 hours of ' +
      'speech): the time does not grow with a large corpus, and means of 8000 segments a unit are as good',
    1e8,
  ),
  sampleRows: positive(20_000, 'segments held in memory to seed k-means; bounds memory, not what k-means sees', 1e6),
});
export type ClustersConfig = z.infer<typeof clustersConfig>;
