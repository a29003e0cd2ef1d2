// Settings of sentence translation without parallel data: vectors of n-grams, the table that they suggest, the decoder,
// and rounds of back-translation (Lample et al., EMNLP 2018; Artetxe et al., EMNLP 2018).
import { z } from 'zod';
import { translationConfig } from './config.js';

const weight = z.number().min(-100).max(100);

export const decoderConfig = z.object({
  beam: z.number().int().min(1).max(1000).default(20).describe('translations kept of each number of words covered'),
  jumps: z
    .number()
    .int()
    .min(0)
    .max(20)
    .default(4)
    .describe('words that the next phrase may begin away from the end of the last; 0 = in order'),
  options: z.number().int().min(1).max(1000).default(10).describe('translations of a phrase that are tried'),
  phrases: z
    .array(weight)
    .length(4)
    .default([0.2, 0.2, 0.2, 0.2])
    .describe('weights of log P(target phrase | source phrase), of its inverse, and of both by words'),
  lm: weight.default(0.5).describe("weight of the n-gram model's log probability"),
  word: weight.default(1).describe('added for each word: more = longer translations'),
  phrase: weight.default(-0.2).describe('added for each phrase: less = longer phrases'),
  jump: weight.default(0.3).describe('taken off for each word jumped over'),
});
export type DecoderConfig = z.infer<typeof decoderConfig>;

export const sentenceConfig = z.object({
  phrases: z
    .array(z.number().int().min(0).max(200_000))
    .min(1)
    .max(3)
    .default([10_000, 8000, 4000])
    .describe('most frequent n-grams of each length, from 1, that get a vector and an entry in the first table'),
  leastCount: z.number().int().min(1).max(1000).default(3).describe('rarer n-grams get no vector'),
  dim: z.number().int().min(2).max(1000).default(100).describe('dimensions of the vectors'),
  window: z.number().int().min(1).max(50).default(5).describe('words to each side that make a vector'),
  contexts: z
    .number()
    .int()
    .min(10)
    .max(50_000)
    .default(4000)
    .describe('most frequent words that count as surroundings'),
  alike: z
    .boolean()
    .default(true)
    .describe(
      'words written alike in both texts (names, loans) are the first dictionary where there are enough of them; ' +
        'false = none are known, as between two scripts',
    ),
  options: z.number().int().min(1).max(200).default(20).describe('translations of a phrase that a table keeps'),
  sharpness: z.number().min(0.1).max(1000).default(15).describe('of the first table: CSLS times this, then softmax'),
  map: translationConfig
    .prefault({ dictionary: 4000, refinements: 10, starts: 0 })
    .describe('how the two clouds of words are laid on each other; starts = adversarial games, too: minutes each'),
  lmOrder: z.number().int().min(1).max(6).default(3).describe('words of the longest n-grams in both language models'),
  rounds: z
    .number()
    .int()
    .min(0)
    .max(20)
    .default(3)
    .describe('rounds of back-translation: each makes both tables anew from sentences translated by the other one'),
  sentences: z
    .number()
    .int()
    .min(1)
    .max(1e6)
    .default(6000)
    .describe('sentences of each side that a round translates; other ones in each round'),
  longest: z.number().int().min(1).max(7).default(4).describe('words of the longest phrase in tables of rounds'),
  decoder: decoderConfig.prefault({}),
});
export type SentenceConfig = z.infer<typeof sentenceConfig>;
