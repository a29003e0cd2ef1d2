// Whole sentences to phones by eSpeak NG, word by word as they sound beside each other: Spanish d is ð after a vowel
// and n is ŋ before k, across words too. Text, references and sound agree better than with words spoken alone.
import { loadEspeak, UnspokenError } from '../espeak/espeak.js';
import type { TextConfig } from './config.js';
import { phonesOfIpa } from './ipa.js';
import { speakable } from './normalise.js';

/**
 * The phones of a sentence by spoken word: mostly one for each written word, but eSpeak also joins words (English "of
 * the") and divides some; undefined when nothing is spoken, a word where eSpeak does not come back.
 * @param line the sentence as it is written, whose punctuation parts what does not touch
 */
export type SentencePronouncer = (line: string) => string[][] | 'espeakHangs' | undefined;

/** Stands between clauses in eSpeak's output. */
const clauseMark = '|';

/**
 * @returns undefined where words are spoken alone: with a lexicon, letters, phones or `context: word`
 * @throws AsrError 'dependency' or 'config' when eSpeak or its voice cannot be used
 */
export async function createSentencePronouncer(config: TextConfig): Promise<SentencePronouncer | undefined> {
  if (config.context !== 'sentence' || config.unit !== 'words' || config.pronunciation !== 'espeak') return undefined;
  const espeak = await loadEspeak();
  return (line) => {
    let ipa: string;
    try {
      ipa = espeak.phonemise(speakable(line), config.language);
    } catch (error) {
      if (error instanceof UnspokenError) return 'espeakHangs';
      throw error;
    }
    const words = ipa.split(/\s+/u).filter((ipa) => ipa !== '' && ipa !== clauseMark);
    const phones = words.map((ipa) => phonesOfIpa(ipa, config).phones).filter((spoken) => spoken.length > 0);
    return phones.length > 0 ? phones : undefined;
  };
}
