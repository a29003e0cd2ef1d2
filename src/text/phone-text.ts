// Sentences of words to sentences of phones: which words keep a pronunciation, and where silence goes.
// Pure functions over what normalise.ts and pronounce.ts give.
import type { TextConfig } from './config.js';
import type { SentencePronouncer } from './connected-speech.js';
import { hasLongNumber } from './normalise.js';
import type { Unspoken, WordPronouncer } from './pronunciation.js';

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

/** A line of text as it is written, and its tokens by word. */
export interface SpokenLine {
  /** In the file, from 1. */
  readonly number?: number;
  readonly text: string;
  readonly tokens: readonly (readonly string[])[];
}

type VocabularyRules = Pick<TextConfig, 'unit' | 'minWordCount' | 'minPhoneCount' | 'minPhoneShare'>;

/** @param counts how often each token stands in the text */
export function pronounceVocabulary(
  counts: ReadonlyMap<string, number>,
  pronounce: WordPronouncer,
  rules: VocabularyRules,
): SpokenVocabulary {
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
  const rarePhones = rareOf(phoneCounts, rules);
  for (const [word, spoken] of phones) {
    if (!spoken.some((phone) => rarePhones.has(phone))) continue;
    phones.delete(word);
    missing.set(word, 'rarePhone');
  }
  return { phones, missing, foreign, rarePhones };
}

/** Rules by which no phone is rare: what is rare among connected words is not known before they are spoken. */
export const keepRare = (rules: VocabularyRules): VocabularyRules => ({ ...rules, minPhoneCount: 0, minPhoneShare: 0 });

/** The vocabulary with the phones that are rare once its words stand beside each other. @param lines the whole text */
export async function connectedVocabulary(
  lines: AsyncIterable<SpokenLine | { problem: string }>,
  vocabulary: SpokenVocabulary,
  inSentence: SentencePronouncer,
  rules: VocabularyRules & Pick<TextConfig, 'missing'>,
): Promise<SpokenVocabulary> {
  const counts = new Map<string, number>();
  for await (const line of lines) {
    const spoken = 'problem' in line ? 'noWords' : speakSentence(line, vocabulary, rules.missing, inSentence);
    if (typeof spoken === 'string') continue;
    for (const phone of spoken.phones.flat()) counts.set(phone, (counts.get(phone) ?? 0) + 1);
  }
  return { ...vocabulary, rarePhones: rareOf(counts, rules) };
}

/** The phones that are too rare to be learned, with their counts. */
export function rareOf(
  counts: ReadonlyMap<string, number>,
  rules: Pick<VocabularyRules, 'minPhoneCount' | 'minPhoneShare'>,
): Map<string, number> {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const least = Math.max(rules.minPhoneCount, rules.minPhoneShare * all);
  return new Map([...counts].filter(([, count]) => count < least));
}

function unlearnable(word: string, count: number, rules: VocabularyRules): { missing: MissingReason } | undefined {
  if (rules.unit === 'phones') return undefined;
  if (hasLongNumber(word)) return { missing: 'longNumber' };
  return count < rules.minWordCount ? { missing: 'rareWord' } : undefined;
}

export interface SpokenSentence {
  /** What was kept of the sentence's tokens. */
  readonly tokens: readonly string[];
  /** By spoken word; with connected speech not always as many as there are tokens. */
  readonly phones: readonly (readonly string[])[];
}

/**
 * The phones of each word of a sentence, or why the sentence is left out.
 * @param inSentence speaks words as they sound beside each other, where that is wanted
 */
export function speakSentence(
  line: SpokenLine,
  vocabulary: SpokenVocabulary,
  onMissing: TextConfig['missing'],
  inSentence?: SentencePronouncer,
): SpokenSentence | MissingReason {
  const tokens: string[] = [];
  const phones: (readonly string[])[] = [];
  for (const group of line.tokens) {
    const spoken: string[] = [];
    for (const token of group) {
      const own = vocabulary.phones.get(token);
      if (own) {
        spoken.push(...own);
        tokens.push(token);
      } else if (onMissing === 'dropSentence') return vocabulary.missing.get(token) ?? 'noPronunciation';
    }
    if (spoken.length > 0) phones.push(spoken);
  }
  if (!inSentence || tokens.length === 0) return { tokens, phones };
  const whole = tokens.length === line.tokens.flat().length;
  const together = inSentence(whole ? line.text : tokens.join(' '));
  if (together === 'espeakHangs') return together;
  return withoutRare({ tokens, phones: together ?? phones }, vocabulary, onMissing);
}

/** A word that has a rare phone only beside its neighbours goes like one that has it anywhere. */
function withoutRare(
  { tokens, phones }: SpokenSentence,
  { rarePhones }: SpokenVocabulary,
  onMissing: TextConfig['missing'],
): SpokenSentence | MissingReason {
  const sound = phones.map((word) => !word.some((phone) => rarePhones.has(phone)));
  if (sound.every(Boolean)) return { tokens, phones };
  return onMissing === 'dropSentence' || tokens.length !== phones.length
    ? 'rarePhone'
    : { tokens: tokens.filter((_, i) => sound[i]), phones: phones.filter((_, i) => sound[i]) };
}

/**
 * Joins words to one line of phones: a silence between two words with the given probability, one draw a boundary,
 * and at both ends with `surround`.
 * @param draw uniform numbers in [0, 1)
 */
export function insertSilence(
  words: readonly (readonly string[])[],
  draw: () => number,
  rules: Pick<TextConfig, 'silenceProbability' | 'surround'>,
): string[] {
  const line: string[] = rules.surround ? [silenceSymbol] : [];
  words.forEach((word, index) => {
    if (index > 0 && draw() < rules.silenceProbability) line.push(silenceSymbol);
    line.push(...word);
  });
  if (rules.surround) line.push(silenceSymbol);
  return line;
}
