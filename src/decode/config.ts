// Settings of the decode stage: how phone log-probabilities become phones.
import { z } from 'zod';

export const decodeConfig = z.object({
  method: z.enum(['greedy']).default('greedy').describe('greedy = best phone of each segment, equal neighbours merged, silence dropped'),
  minSegments: z.number().int().min(1).default(1).describe('rows of the emission (segments); an utterance with fewer gets an empty hypothesis: clicks and breaths, where a corpus has them'),
});
export type DecodeConfig = z.infer<typeof decodeConfig>;
