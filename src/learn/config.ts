// Everything that can be set in the learn stage: which method, how many runs of it, and each method's own settings.
import { z } from 'zod';
import { ganConfig } from '../gan/config.js';
import { matchingConfig } from '../matching/config.js';

export const learnConfig = z.object({
  method: z.enum(['matching', 'gan']).default('matching').describe('matching = n-gram statistics of units and text made equal (seconds); gan = adversarial training of a generator as in wav2vec-U (hours)'),
  seeds: z.number().int().min(1).default(1).describe('independent trainings; one of matching already holds matching.restarts random starts'),
  choice: z.enum(['metric', 'paper']).default('metric').describe('across runs: metric = lowest perplexity over squared vocabulary use; paper = the three steps of wav2vec-U, section 3.3'),
  matching: matchingConfig,
  gan: ganConfig.prefault({}),
});
export type LearnConfig = z.infer<typeof learnConfig>;
