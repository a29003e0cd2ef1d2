// The record of each manifest, joined by id. Samples and frames are integers.
import { z } from 'zod';
import { framesSchema, samplesSchema } from './time.js';

const id = z.string().min(1);
const count = z.number().int().nonnegative();

/** `train` utterances are learned from; `test` utterances are only decoded and scored. */
export const splitSchema = z.enum(['train', 'test']);
export type Split = z.infer<typeof splitSchema>;

/**
 * audio/recordings.jsonl: one decoded sound file, or a part of one from `offset` on. `samples` and `offset` count 16
 * kHz samples, the rest describes the source.
 */
export const recordingSchema = z.object({
  id,
  path: z.string(),
  speaker: z.string(),
  split: splitSchema,
  samples: samplesSchema,
  sourceRate: count,
  sourceChannels: count,
  offset: samplesSchema.exactOptional(),
});
export type Recording = z.infer<typeof recordingSchema>;

/** Half-open speech region [start, end) in samples of the recording. */
export const regionSchema = z.tuple([samplesSchema, samplesSchema]);
export type Region = z.infer<typeof regionSchema>;

/** vad/utterances.jsonl: the speech of (a part of) a recording; its sound is the regions one after the other. */
export const utteranceSchema = z.object({
  id,
  recording: id,
  speaker: z.string(),
  split: splitSchema,
  regions: z.array(regionSchema).min(1),
  samples: samplesSchema,
});
export type Utterance = z.infer<typeof utteranceSchema>;

/** segments/boundaries.jsonl: `ends[i]` is the first frame after segment i; the last end is the frame count. */
export const boundariesSchema = z.object({ id, ends: z.array(framesSchema) });
export type Boundaries = z.infer<typeof boundariesSchema>;

/** clusters/units.jsonl: one unit (cluster) number a segment. */
export const unitsSchema = z.object({ id, units: z.array(count) });
export type Units = z.infer<typeof unitsSchema>;

/** A phone with its place in the original recording, in samples. */
const confidence = z.number().min(0).max(1);
export const timedPhoneSchema = z.object({
  phone: z.string().min(1),
  start: samplesSchema,
  end: samplesSchema,
  confidence: confidence.optional(),
});
export type TimedPhone = z.infer<typeof timedPhoneSchema>;

/**
 * A word in the same way; one that the lexicon does not have is spelt, or `<unk>` where nothing is known of spelling.
 */
export const timedWordSchema = z.object({
  word: z.string().min(1),
  start: samplesSchema,
  end: samplesSchema,
  confidence: confidence.optional(),
  spelt: z.boolean().optional(),
});
export type TimedWord = z.infer<typeof timedWordSchema>;

/**
 * decode/hypotheses.jsonl; `words` where words are decoded, `nbest` (natural-log scores, best
 * first) where several were asked for.
 */
export const hypothesisSchema = z.object({
  id,
  recording: id,
  split: splitSchema,
  phones: z.array(timedPhoneSchema),
  words: z.array(timedWordSchema).optional(),
  nbest: z
    .array(z.object({ score: z.number(), phones: z.array(z.string()), words: z.array(z.string()).optional() }))
    .exactOptional(),
});
export type Hypothesis = z.infer<typeof hypothesisSchema>;

/** text/phones.json: the phone set in index order (silence included), with counts in the text. */
export const phoneSetSchema = z.object({
  phones: z.array(z.object({ phone: z.string().min(1), count })),
  /** The silence symbol, which is never scored. */
  silence: z.string(),
});
export type PhoneSet = z.infer<typeof phoneSetSchema>;
