// What a search over a network is told. The options have the names that they have in the field (flashlight, Kaldi,
// wav2vec-U's generation script); the decode stage's settings hold them among others.
import { z } from 'zod';

export const searchShape = {
  beam: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .default(null)
    .describe(
      "hypotheses kept at each row; null = 60 for phones (200 change the demo's PER by " +
        '.0007), 600 for words (200 cost 3 points of WER)',
    ),
  beamThreshold: z
    .number()
    .positive()
    .max(1e6)
    .default(50)
    .describe('natural-log distance to the best hypothesis beyond which others are dropped; the reference takes 50'),
  columnThreshold: z
    .number()
    .positive()
    .max(1e6)
    .nullable()
    .default(null)
    .describe(
      "natural-log distance to a row's best symbol beyond which no phone begins with it: saves most of the time " +
        'where a network is sure of itself; null = all are tried',
    ),
  lmWeight: z
    .number()
    .nonnegative()
    .max(1000)
    .default(2)
    .describe(
      'factor on the natural-log probabilities of the language model; the reference takes 2; tuning replaces it',
    ),
  wordScore: z
    .number()
    .min(-1000)
    .max(1000)
    .default(0)
    .describe('added for every word (method words) or phone (method beam); positive values lengthen transcripts'),
  silenceWeight: z
    .number()
    .min(-1000)
    .max(1000)
    .default(0)
    .describe('added to the log-probability of silence in every row, where the model has silence'),
  blankWeight: z
    .number()
    .min(-1e6)
    .max(1e6)
    .default(0)
    .describe('added to the log-probability of the blank of a CTC model, or what it is set to'),
  blankMode: z
    .enum(['add', 'set'])
    .default('add')
    .describe('whether blankWeight is added, or replaces the log-probability where it is not 0'),
  silenceIsBlank: z
    .boolean()
    .default(false)
    .describe(
      'silence works as the blank of CTC: it may stand between any two phones, and equal phones need it between them',
    ),
  acousticScale: z
    .number()
    .positive()
    .max(1000)
    .default(1)
    .describe("factor on the natural-log scores of the acoustic model, on top of an HMM's own"),
  insertionWeight: z
    .number()
    .min(-1000)
    .max(1000)
    .nullable()
    .default(null)
    .describe(
      'log-probability of a row that belongs to no phone and is swallowed by the one before; null = no such rows',
    ),
  filler: z
    .boolean()
    .default(true)
    .describe(
      'method words: words outside the lexicon come out as strings of phones under a model of how words sound, ' +
        'spelt by a model of how they are written',
    ),
  unkWeight: z
    .number()
    .min(-1e6)
    .max(1000)
    .nullable()
    .default(null)
    .describe(
      'added for every word outside the lexicon; nearer to 0, unknown words swallow ' +
        'known ones; null = as likely as unknownShare says',
    ),
  unknownShare: z
    .number()
    .positive()
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'share of words outside the lexicon among those that are said; null = the share of words ' +
        'that stand once in the text (Good and Turing)',
    ),
  rareShare: z
    .number()
    .positive()
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'share of words that the lexicon has and the word language model has not among those that are said; null = of ' +
        'words that stand once in the text, as Good and Turing expect them again',
    ),
  nbest: z.number().int().min(1).max(1000).default(1).describe('transcripts kept for every utterance, best first'),
  confidenceScale: z
    .number()
    .positive()
    .max(100)
    .default(1)
    .describe('factor on scores when they become posterior probabilities; smaller values spread confidence wider'),
};

export type SearchConfig = z.infer<z.ZodObject<typeof searchShape>>;
