// What the bundle stage can be told: only what people should read about the model.
import { z } from 'zod';
import { rightsSchema } from './rights.js';

export const bundleConfig = z.object({
  title: z.string().default('').describe('name of the model in its card; empty = name of the phonemizer language'),
  licence: z
    .string()
    .default('')
    .describe('licence of the model as its card states it; mind the licence of the corpus'),
  language: z
    .string()
    .default('')
    .describe('language, dialect and script in words, for the card; empty = the phonemizer language'),
  trainingData: z
    .string()
    .default('')
    .describe('what it was learned from, in words: who speaks, where, about what, and whether they agreed; Markdown'),
  limits: z.string().default('').describe('what is known not to work, beside what holds for every model; Markdown'),
  intendedUse: z.string().max(10_000).default('').describe('what it is made for, for the card; Markdown'),
  unintendedUse: z
    .string()
    .max(10_000)
    .default('')
    .describe('what it must not be used for, beside what holds for every model; Markdown'),
  rights: rightsSchema.optional().describe("the recipe's `rights`, which the program fills in; write it there"),
  perWithDevelopmentSet: z
    .number()
    .nonnegative()
    .max(100)
    .nullable()
    .default(null)
    .describe(
      'PER (a fraction) that you measured after choosing settings on labelled utterances; null = never measured',
    ),
});
export type BundleConfig = z.infer<typeof bundleConfig>;
