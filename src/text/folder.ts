// The text stage's folder: the names of its files, the schemas of those that hold numbers, and how later stages read
// them. The stage writes by the same names.
import { join } from 'node:path';
import { z } from 'zod';
import { readFields, readJson } from '../core/jsonl.js';
import { readLines } from '../core/lines.js';
import { phoneSetSchema, type PhoneSet } from '../core/records.js';
import type { Rng } from '../core/rng.js';

const fileNames = {
  phones: 'phones.json',
  sentences: 'sentences.txt',
  words: 'words.txt',
  stats: 'stats.json',
  lexicon: 'lexicon.tsv',
  phoneLm: 'lm.arpa',
  wordLm: 'word-lm.bin',
} as const;

export type TextFile = keyof typeof fileNames;

/** Paths of the files of a text folder; those of words exist where text.unit is words. */
export const textPath = (folder: string, file: TextFile): string => join(folder, fileNames[file]);

const count = z.number().nonnegative();

/** stats.json. Fields that a folder made elsewhere may lack are optional. */
export const textStatsSchema = z.object({
  sentences: count,
  phones: count,
  phonesPerSentence: count,
  words: count.nullish(),
  distinctWords: count.default(0),
  silences: count.default(0),
  droppedSentences: count.default(0),
  /** Sentences that were left out, by reason. */
  dropped: z.record(z.string(), count).default({}),
  /** Lines of the text that eSpeak NG does not come back from: the first hundred. */
  hanging: z.array(count).default([]),
  foreignWords: count.default(0),
  /** Phones that were too rare to be kept, with their counts. */
  rarePhones: z.record(z.string(), count).default({}),
  /** Of every tenth sentence under a model of the others; null where the text is too short to hold some out. */
  heldOutPerplexity: z.number().nullish(),
});
export type TextStats = z.infer<typeof textStatsSchema>;

/**
 * The statistics, or the fields that are named: a folder made elsewhere need not hold the others.
 * @throws AsrError 'input' when it is missing or damaged, as all that follow
 */
export const readTextStats = <K extends keyof TextStats = keyof TextStats>(
  folder: string,
  ...fields: K[]
): Promise<Pick<TextStats, K>> => readFields(textPath(folder, 'stats'), textStatsSchema, fields);

export const readPhoneSet = (folder: string): Promise<PhoneSet> => readJson(textPath(folder, 'phones'), phoneSetSchema);

/**
 * Sentences as phones or as words, blank lines left out. Where the text holds more than `phones` in all, each has the
 * same chance, so that they hold about so many.
 */
export async function* readSentences(
  folder: string,
  file: 'sentences' | 'words',
  bound?: { readonly phones: number; readonly rng: Rng },
): AsyncGenerator<{ line: string; number: number }> {
  const share = bound ? bound.phones / (await readTextStats(folder, 'phones')).phones : 1;
  const draws = share < 1 ? bound?.rng.fork('fit sentences') : undefined;
  let number = 0;
  for await (const line of readLines(textPath(folder, file))) {
    number++;
    if (line.trim() !== '' && (!draws || draws.uniform() < share)) yield { line, number };
  }
}
