// Sentences of words to sentences of phones: which words keep a pronunciation, and where silence goes.
// Pure functions over what normalise.ts and pronounce.ts give.
import type { TextConfig } from './config.js';
import { hasLongNumber } from './normalise.js';
import type { Unspoken, WordPronouncer } from './pronounce.js';

export const silenceSymbol = '<SIL>';

/** Why a word, and with it its sentence, is left out. */
export type MissingReason = Unspoken | 'rareWord' | 'longNumber' | 'rarePhone';

export interface SpokenVocabulary {
  readonly phones: ReadonlyMap<string, readonly string[]>;
  readonly missing: ReadonlyMap<string, MissingReason>;
  /** Words that eSpeak read, in part, by another language's rules. */
  readonly foreign: readonly string[];
  /** Phones left out as too rare, with their counts in the text. */
  readonly rarePhones: ReadonlyMap<string, number>;
}

type VocabularyRules = Pick<TextConfig, 'unit' | 'minWordCount' | 'minPhoneCount' | 'minPhoneShare'>;

/** @param counts how often each token stands in the text */
export function pronounceVocabulary(counts: ReadonlyMap<string, number>, pronounce: WordPronouncer, rules: VocabularyRules): SpokenVocabulary {
  const phones = new Map<string, readonly string[]>();
  const missing = new Map<string, MissingReason>();
  const foreign: string[] = [];
  const phoneCounts = new Map<string, number>();
  for (const [word, count] of counts) {
    const spoken = unlearnable(word, count, rules) ?? pronounce(word);
    if ('missing' in spoken) {
      missing.set(word, spoken.missing);
      continue;
    }
    phones.set(word, spoken.phones);
    if (spoken.foreign) foreign.push(word);
    for (const phone of spoken.phones) phoneCounts.set(phone, (phoneCounts.get(phone) ?? 0) + count);
  }
  const all = [...phoneCounts.values()].reduce((sum, count) => sum + count, 0);
  const least = Math.max(rules.minPhoneCount, rules.minPhoneShare * all);
  const rarePhones = new Map([...phoneCounts].filter(([, count]) => count < least));
  for (const [word, spoken] of phones) {
    if (!spoken.some((phone) => rarePhones.has(phone))) continue;
    phones.delete(word);
    missing.set(word, 'rarePhone');
  }
  return { phones, missing, foreign, rarePhones };
}

function unlearnable(word: string, count: number, rules: VocabularyRules): { missing: MissingReason } | undefined {
  if (rules.unit === 'phones') return undefined;
  if (hasLongNumber(word)) return { missing: 'longNumber' };
  return count < rules.minWordCount ? { missing: 'rareWord' } : undefined;
}

/** The phones of each word of a sentence, or why the sentence is left out. */
export function speakSentence(tokens: readonly (readonly string[])[], vocabulary: SpokenVocabulary, onMissing: TextConfig['missing']): string[][] | MissingReason {
  const words: string[][] = [];
  for (const group of tokens) {
    const spoken: string[] = [];
    for (const token of group) {
      const phones = vocabulary.phones.get(token);
      if (phones) spoken.push(...phones);
      else if (onMissing === 'dropSentence') return vocabulary.missing.get(token) ?? 'noPronunciation';
    }
    if (spoken.length > 0) words.push(spoken);
  }
  return words;
}

/**
 * Joins words to one line of phones: a silence between two words with the given probability, one draw a boundary,
 * and at both ends with `surround`.
 * @param draw uniform numbers in [0, 1)
 */
export function insertSilence(words: readonly (readonly string[])[], draw: () => number, rules: Pick<TextConfig, 'silenceProbability' | 'surround'>): string[] {
  const line: string[] = rules.surround ? [silenceSymbol] : [];
  words.forEach((word, index) => {
    if (index > 0 && draw() < rules.silenceProbability) line.push(silenceSymbol);
    line.push(...word);
  });
  if (rules.surround) line.push(silenceSymbol);
  return line;
}
