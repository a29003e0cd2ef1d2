// features.json: what later stages and a bundle need to know of the frames.
import { z } from 'zod';
import { sampleRate } from '../core/records.js';
import { featuresConfig } from './config.js';

/** How to read the frames, and how to make the same for another file. hop and window are samples at `sampleRate`. */
export const featuresInfoSchema = z.object({
  kind: z.string(),
  dim: z.number().int().positive(),
  hop: z.number().int().positive(),
  window: z.number().int().positive(),
  sampleRate: z.literal(sampleRate),
  /** [dim] standard deviations that normalisation took out; absent where it took out none. */
  deviations: z.array(z.number()).optional(),
  /** Of an encoder: its family, block and the value that was taken. */
  about: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(),
  config: featuresConfig,
});
export type FeaturesInfo = z.infer<typeof featuresInfoSchema>;
