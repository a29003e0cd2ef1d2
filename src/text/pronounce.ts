// Words to phones by eSpeak NG, a lexicon or letters: one pronouncer serves the unpaired text and, in scoring,
// the references, so that both speak the same phones.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { chosenWay, definer, noSettings, registerBuiltIn, type Plugin } from '../core/plugins.js';
import { loadEspeak, UnspokenError } from '../espeak/espeak.js';
import type { TextConfig } from './config.js';
import { createSentencePronouncer } from './connected-speech.js';
import { phonesOfIpa, stripMarks } from './ipa.js';
import { learnPronunciations, usualConfidence } from './learned.js';
import { readLexicon } from './lexicon.js';
import { phoneGroupsOf, wordsOf } from './normalise.js';
import { silenceSymbol } from './phone-text.js';
import type { Pronunciation, WordPronouncer } from './pronunciation.js';
import { namedLetterTest, otherScriptTest } from './scripts.js';

/**
 * @param data the folder that a lexicon's path is relative to
 * @throws AsrError 'dependency', 'config' or 'input' when eSpeak, its voice or the lexicon cannot be used
 */
export async function createWordPronouncer(config: TextConfig, data: string): Promise<WordPronouncer> {
  if (config.unit === 'phones') return (phone) => ({ phones: [phone], foreign: false });
  const { way, settings } = chosenWay<PronouncerPlugin>('pronouncer', config.pronunciation, config.plugin);
  return way.create(settings, { language: config.language, data, text: config });
}

/** A pronouncer, built in or of others. */
export interface PronouncerPlugin<S extends z.ZodObject = z.ZodObject> extends Plugin<'pronouncer', S> {
  /** @param place text.language, the folder that relative paths of the settings start in, the stage's other settings */
  create(
    settings: z.infer<S>,
    place: { readonly language: string; readonly data: string; readonly text: TextConfig },
  ): WordPronouncer | Promise<WordPronouncer>;
}

export const definePronouncer: <S extends z.ZodObject>(
  pronouncer: Omit<PronouncerPlugin<S>, 'kind'>,
) => PronouncerPlugin<S> = definer('pronouncer');

registerBuiltIn([
  definePronouncer({
    name: 'espeak',
    version: 1,
    summary: 'the eSpeak NG voice of text.language',
    config: noSettings,
    create: (_, { text }) => fromEspeak(text),
  }),
  definePronouncer({
    name: 'lexicon',
    version: 1,
    summary: 'the file text.lexicon',
    config: noSettings,
    create: async (_, { text, data }) => fromLexicon(await wordList(text, data)),
  }),
  definePronouncer({
    name: 'learned',
    version: 1,
    summary: 'that file, and what its words teach of the letters',
    config: noSettings,
    create: (_, { text, data }) => fromList(text, data),
  }),
  definePronouncer({
    name: 'letters',
    version: 1,
    summary: 'each letter is a phone',
    config: noSettings,
    create: () => spell,
  }),
]);

/**
 * Each word is asked for alone (0.1 to 0.3 ms); how neighbours change each other's
 * sounds is left to connected-speech.ts.
 */
async function fromEspeak(config: TextConfig): Promise<WordPronouncer> {
  if (config.language === '')
    throw new AsrError(
      'config',
      'text.language is empty, but eSpeak NG needs a voice',
      'For instance --set text.language=es, or text.pronunciation=lexicon or letters.',
    );
  const espeak = await loadEspeak();
  // An unknown voice should fail before the text is read.
  espeak.phonemise('a', config.language);
  const otherScript = otherScriptTest(config.language);
  const isNamed = namedLetterTest((text) => espeak.phonemise(text, config.language));
  return (word) => {
    if (otherScript(word)) return { missing: 'otherScript' };
    let ipa: string;
    try {
      if (isNamed(word)) return { missing: 'unknownLetter' };
      ipa = espeak.phonemise(word, config.language);
    } catch (error) {
      if (error instanceof UnspokenError) return { missing: 'espeakHangs' };
      throw error;
    }
    const { phones, foreign } = phonesOfIpa(ipa, config);
    return phones.length === 0 ? { missing: 'noPronunciation' } : { phones, foreign };
  };
}

/** The list first, then what it teaches. */
async function fromList(config: TextConfig, data: string): Promise<WordPronouncer> {
  const lexicon = await wordList(config, data);
  const listed = fromLexicon(lexicon);
  const guess = learnPronunciations(lexicon, lexiconPath(config, data));
  return (word) => {
    const known = listed(word);
    if (!('missing' in known)) return known;
    const learned = guess(word);
    return learned && learned.probability >= (config.confidence ?? usualConfidence)
      ? { phones: learned.phones, foreign: false }
      : known;
  };
}

/**
 * The recipe's own words, with the marks that it keeps.
 * @throws AsrError as lexiconPath and readLexicon
 */
export async function wordList(config: TextConfig, data: string): Promise<Map<string, readonly string[]>> {
  const lexicon = await readLexicon(lexiconPath(config, data), config.language);
  const marks = { stress: config.stripStress ?? false, tone: config.stripTone };
  if (!marks.stress && !marks.tone) return lexicon;
  return new Map([...lexicon].map(([word, phones]) => [word, phones.map((phone) => stripMarks(phone, marks))]));
}

/** @throws AsrError 'config' when no lexicon is named, 'input' when it is not there */
export function lexiconPath(config: TextConfig, data: string): string {
  if (config.lexicon === '')
    throw new AsrError(
      'config',
      `text.pronunciation is "${config.pronunciation}", but text.lexicon names no file`,
      'For instance --set text.lexicon=lexicon.tsv',
    );
  const path = resolve(data, config.lexicon);
  if (!existsSync(path))
    throw new AsrError(
      'input',
      `${path}: no such lexicon`,
      'Check text.lexicon; its path is relative to the data folder.',
    );
  return path;
}

function fromLexicon(lexicon: ReadonlyMap<string, readonly string[]>): WordPronouncer {
  return (word) => {
    const phones = lexicon.get(word) ?? lexicon.get(word.replace(/^'+|'+$/gu, ''));
    return phones === undefined ? { missing: 'noPronunciation' } : { phones, foreign: false };
  };
}

/** Every letter with its marks is a phone; a digit has no letters to be spelled with. */
function spell(word: string): Pronunciation {
  const phones = word.match(/\p{L}\p{M}*/gu) ?? [];
  return phones.length === 0 || /\p{N}/u.test(word) ? { missing: 'noPronunciation' } : { phones, foreign: false };
}

/**
 * For references: a sentence to its phones by the rules of the text stage, but without its choices of what to
 * learn from. Rare phones and long numbers stay, since leaving them out would flatter the score.
 * @param known how a word is said, where that does not follow from the settings
 * @returns a function that gives undefined for a sentence with a word that has no pronunciation
 * @throws AsrError as `createWordPronouncer`
 */
export async function createPronouncer(
  config: TextConfig,
  data: string,
  known?: WordPronouncer,
): Promise<(sentence: string) => string[] | undefined> {
  const pronounce = known ?? (await createWordPronouncer(config, data));
  const inSentence = await createSentencePronouncer(config);
  const asked = new Map<string, Pronunciation>();
  return (sentence) => {
    const alone: string[] = [];
    const tokens = tokensOf(sentence, config).flat();
    for (const token of tokens) {
      let spoken = asked.get(token);
      if (!spoken) asked.set(token, (spoken = pronounce(token)));
      if ('missing' in spoken) return undefined;
      alone.push(...spoken.phones);
    }
    const together = inSentence?.(sentence);
    return together === 'espeakHangs' ? undefined : (together?.flat() ?? alone);
  };
}

/** The tokens of a line, grouped by spoken word: `[['hola'], ['mundo']]`, or phones by word when the text is phones. */
export function tokensOf(line: string, config: TextConfig): string[][] {
  return config.unit === 'phones'
    ? phoneGroupsOf(line, silenceSymbol)
    : wordsOf(line, config.language).map((word) => [word]);
}
