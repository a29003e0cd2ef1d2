// Settings of the decode stage: how log-probabilities become phones or words. The search's options have the names
// that they have in the field (flashlight, Kaldi, wav2vec-U's generation script).
import { z } from 'zod';
import { section } from '../core/config.js';
import { searchShape } from '../search/config.js';

const numbers = (values: number[], least: number): z.ZodDefault<z.ZodArray<z.ZodNumber>> =>
  z.array(z.number().min(least).max(1000)).min(1).max(50).default(values);

const decodingMethods = ['greedy', 'beam', 'words'] as const;
const methodsDescribed =
  'greedy = best phone of each segment, equal neighbours merged, silence dropped; beam = phones under the ' +
  'phone language model; words = words of the lexicon under the word language model';

export const decodeConfig = z.object({
  method: z.enum(decodingMethods).default('beam').describe(methodsDescribed),
  minSegments: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe(
      'rows of the emission (segments); an utterance with fewer gets an empty ' +
        'hypothesis: clicks and breaths, where a corpus has them',
    ),
  ...searchShape,
  phoneLm: z
    .string()
    .default('')
    .describe("path of a phone language model (ARPA or binary), relative to the data folder; empty = the text stage's"),
  wordLm: z
    .string()
    .default('')
    .describe("path of a word language model (ARPA or binary), relative to the data folder; empty = the text stage's"),
  lexicon: z
    .string()
    .default('')
    .describe(
      "path of a lexicon of lines `word p h o n e s`, relative to the data folder; empty = the text stage's words",
    ),
  tune: section({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        'choose lmWeight, wordScore and silenceWeight without labels before decoding: least ln(perplexity) x ' +
          'distance to the greedy transcript',
      ),
    utterances: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .nullable()
      .default(null)
      .describe(
        'utterances decoded for every choice, spread evenly over the corpus; null = 40, or 150 where the model was ' +
          'fitted to a number of phones a second, which the word score then follows',
      ),
    lmWeight: numbers([0.5, 1, 2, 3, 4], 0).describe('values to try'),
    wordScore: numbers([-1, 0, 1, 2, 3], -1000).describe('values to try'),
    wordScoreOfWords: numbers([-6, -4, -2, 0, 2], -1000).describe(
      "values of wordScore to try for the method words: the one whose words are nearest in length to the text's",
    ),
    silenceWeight: numbers([0], -1000).describe('values to try'),
    minPerplexity: z
      .number()
      .min(1)
      .max(1e6)
      .nullable()
      .default(null)
      .describe(
        'perplexities below count as this one; null = 1.1 x that of held-out text: transcripts with errors that ' +
          "are as predictable as text are the language model's work",
      ),
    minDistance: z
      .number()
      .min(0)
      .max(1)
      .default(0.15)
      .describe(
        'distances to the greedy transcript below count as this one: greedy transcripts learned ' +
          'without labels are wrong in about as many phones, so being nearer is no merit; with ' +
          "the reference's 0 nothing but greedy could win",
      ),
  }).describe("tuning without labels, as in wav2vec-U's unsupervised_tuning"),
});
export type DecodeConfig = z.infer<typeof decodeConfig>;

/** Of the stage, which may leave the method open. */
export const decodeStageConfig = decodeConfig.extend({
  method: z
    .enum(['auto', ...decodingMethods])
    .default('auto')
    .describe(
      "auto = words where the text has words and the model is a bootstrap's network that hears an encoder, which " +
        `selftrain leaves as it is; else beam; ${methodsDescribed}`,
    ),
});
export type DecodeStageConfig = z.infer<typeof decodeStageConfig>;
