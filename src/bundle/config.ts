// What the bundle stage can be told: only what people should read about the model.
import { z } from 'zod';

export const bundleConfig = z.object({
  title: z.string().default('').describe('name of the model in its card; empty = name of the phonemizer language'),
  licence: z.string().default('').describe('licence of the model as its card states it; mind the licence of the corpus'),
});
export type BundleConfig = z.infer<typeof bundleConfig>;
