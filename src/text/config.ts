// Configuration of the text stage: where the unpaired text is, how its words become phones, and the phone LM.
import { z } from 'zod';
import { section } from '../core/config.js';
import { byPlugin, pluginSetting } from '../core/plugins.js';

export const textConfig = z.object({
  file: z
    .string()
    .min(1)
    .default('text.txt')
    .describe('path of the text, relative to the data folder: one sentence a line, UTF-8'),
  lines: z
    .enum(['sentences', 'paragraphs'])
    .optional()
    .describe(
      'what a line is: sentences = one sentence, also where nothing is said; paragraphs = several, which are ' +
        'parted by the rules of `language` (Intl.Segmenter)',
    ),
  unit: z
    .enum(['words', 'phones'])
    .default('words')
    .describe('what a line holds: words, or phones separated by spaces, with | between words where they are known'),
  pronunciation: z
    .enum(['espeak', 'lexicon', 'learned', 'letters', byPlugin])
    .default('espeak')
    .describe(
      'how a word becomes phones: the eSpeak NG voice of `language`, the file `lexicon`, learned = that file and, ' +
        'for words that it lacks, what its words teach of the letters, or each letter is a phone; or the name of a ' +
        'pronouncer that a module of `use` registers',
    ),
  plugin: pluginSetting,
  language: z.string().default('').describe('eSpeak NG voice, for instance es or de; needed with pronunciation espeak'),
  lexicon: z
    .string()
    .default('')
    .describe(
      'path of a file of lines `word<TAB>p h o n e s`, relative to the data folder; ' +
        'needed with pronunciation lexicon and learned',
    ),
  confidence: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'learned: a guess that is less sure is none, 0.5 where nothing is said; ' +
        'the text stage says how often guesses are right',
    ),
  context: z
    .enum(['sentence', 'word'])
    .default('sentence')
    .describe(
      "what eSpeak NG is asked for: sentence = whole lines, so that neighbours change each other's sounds as in " +
        'speech (Spanish d to ð); word = each word alone, once, for texts of millions of lines',
    ),
  splitCompound: z
    .boolean()
    .default(true)
    .describe(
      'eSpeak diphthongs and affricates become their parts (aɪ to a ɪ, ts to t s): segments of sound are nearer to ' +
        'parts; a lexicon is kept as it is written',
    ),
  stripLength: z
    .boolean()
    .default(false)
    .describe('eSpeak length marks are removed (aː to a), for languages where length distinguishes no words'),
  stripTone: z.boolean().default(false).describe('marks and numbers of tones are removed, in a lexicon too'),
  stripStress: z
    .boolean()
    .optional()
    .describe(
      "a lexicon's marks of stress are removed (ˈa to a, AH0 to AH); not where nothing is said. eSpeak's " +
        'and those of IPA without blanks always are',
    ),
  minWordCount: z
    .number()
    .int()
    .positive()
    .max(1e6)
    .default(1)
    .describe('words seen less often have no pronunciation; the reference takes 2, small texts need every sentence'),
  minPhoneShare: z
    .number()
    .min(0)
    .max(0.1)
    .default(0.0002)
    .describe(
      'share of all phones below which a phone is dropped, together with the words that have it: ' +
        'nothing can be learned from a handful of tokens',
    ),
  minPhoneCount: z
    .number()
    .int()
    .nonnegative()
    .max(1e9)
    .default(0)
    .describe('the same as a count of tokens; the larger of the two limits holds'),
  missing: z
    .enum(['dropSentence', 'dropWord'])
    .default('dropSentence')
    .describe('what goes when a word has no pronunciation; the reference drops the sentence'),
  maxOtherScript: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('share of words in another script than the language from which the text is refused'),
  maxSentences: z
    .number()
    .int()
    .nonnegative()
    .max(1e9)
    .default(0)
    .describe('a random choice of so many lines; 0 = all'),
  silenceProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('probability of a silence between two words; the reference takes 0.25 for wav2vec-U, 0.5 for 2.0'),
  surround: z.boolean().default(true).describe('a silence at both ends of every sentence'),
  lm: section({
    order: z
      .number()
      .int()
      .min(1)
      .max(6)
      .default(4)
      .describe('order of the phone n-gram LM, which model selection uses'),
  }).describe('phone language model, modified Kneser-Ney'),
  wordLm: section({
    order: z.number().int().min(1).max(6).default(3).describe('order of the word n-gram LM, which word decoding uses'),
    prune: z
      .array(z.number().int().nonnegative().max(1e6))
      .default([0])
      .describe(
        'n-grams with so many occurrences or fewer are left out, by length from 1 ' +
          "(KenLM's --prune); [0, 0, 1] for large texts",
      ),
    mostNgrams: z
      .number()
      .int()
      .positive()
      .max(1e9)
      .default(30_000_000)
      .describe(
        'n-grams of two words and more, some 36 bytes each wherever the model is used; where a text has more, prune ' +
          'is raised until they are so few',
      ),
  }).describe('word language model, modified Kneser-Ney; made from a text of words'),
});
export type TextConfig = z.infer<typeof textConfig>;
