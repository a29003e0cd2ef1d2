// What model.json of a model folder holds: settings of the pure functions from sound to phones, where the model comes
// from, what it was measured on, checksums of its files.
import { z } from 'zod';
import { sampleRate } from '../core/time.js';
import { sourceFactsSchema } from '../bootstrap/source-facts.js';
import { decodeConfig } from '../decode/config.js';
import { featuresConfig } from '../features/config.js';
import { mostPhones } from '../learn/emission-model.js';
import { verdictNames } from '../learn/verdict.js';
import { textConfig } from '../text/config.js';
import { vadConfig } from '../vad/config.js';

/** Raised when an older program could not use the folder any more. */
export const modelSchemaVersion = 1;

/** Told to people; nothing is made of that size. */
const count = z.number().nonnegative().max(1e12);
/** Errors may outnumber phones. */
const rate = z.number().nonnegative().max(1e6);

export const modelSchema = z.object({
  schema: z.literal(modelSchemaVersion),
  program: z.string(),
  title: z.string(),
  licence: z.string(),
  sampleRate: z.literal(sampleRate),
  phones: z.array(z.string().min(1)).max(mostPhones),
  silence: z.string(),
  /** What kind of model hears the phones, and which pass made it; absent in models from before there was a choice. */
  model: z.object({ kind: z.string(), pass: z.string() }).optional(),
  /** Settings of the pure functions that turn sound into phones. */
  vad: vadConfig,
  features: featuresConfig,
  decode: decodeConfig,
  /** How the text of the run was read, for texts that are aligned; absent in models from before it was kept. */
  text: textConfig
    .pick({
      ...{ unit: true, pronunciation: true, language: true },
      ...{ context: true, splitCompound: true, stripLength: true, stripTone: true, stripStress: true },
    })
    .optional(),
  provenance: z.object({
    /** Key of each stage that the model was made from. */
    stages: z.record(z.string(), z.string()),
    seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    metric: z.number().min(-1e12).max(1e12).nullable(),
    trainSeconds: count,
    /** True where a synthesiser's speech was learned from as well. */
    syntheticSpeech: z.boolean().optional(),
    /** The sources of labelled speech, where the recipe lists them. */
    sources: z.array(sourceFactsSchema).max(8).optional(),
    textSentences: count,
    /** How many people were listened to, as far as the corpus tells. */
    speakers: count.optional(),
  }),
  /** Whether learning arrived anywhere, as far as that can be told without labels. */
  verdict: z.object({ verdict: z.enum(verdictNames), reason: z.string() }).optional(),
  /** What it was measured on, where there were references; rates are fractions. Nothing was chosen by them. */
  measured: z
    .object({
      per: rate,
      utterances: count,
      split: z.enum(['test', 'all']),
      randomSentence: rate,
      /** Of all words; of those that the text has; the share of those that it does not have. */
      words: z.object({ wer: rate, inText: rate.optional(), unknownShare: rate.optional() }).optional(),
    })
    .optional(),
  /** sha256 of every other file, by path inside the folder. */
  files: z.record(z.string(), z.string()),
  /** sha256 of this record without the seal, so that a changed setting is noticed like a changed file. */
  seal: z.string(),
});
export type ModelRecord = z.infer<typeof modelSchema>;
/** What a model's maker says of it. */
export type ModelContent = Omit<ModelRecord, 'files' | 'seal' | 'schema'>;

/** Kinds of models over frames, which need nothing that cuts them up. */
const overFrames = ['ctc', 'triphone'];
export const hearsFrames = (kind: string | undefined): boolean => kind !== undefined && overFrames.includes(kind);
