// Pronunciations learned from a list: words with their phones in, phones of words that the list lacks out, each with
// how sure that is; and how often such guesses were right for words that were kept back.
import { AsrError } from '../core/errors.js';
import { createReader, estimateSpelling, type Reader } from '../lm/joint-model.js';
import { lettersOf } from '../lm/joint-alignment.js';

export type Lexicon = ReadonlyMap<string, readonly string[]>;

export interface LearnedPronunciation {
  readonly phones: readonly string[];
  /** Of these phones for these letters, 0 to 1. */
  readonly probability: number;
}

/** How sure a guess has to be where nobody says. */
export const usualConfidence = 0.5;

/** Words that are needed before anything can be learned of their letters. */
const fewest = 50;

/** @throws AsrError 'input' for a list that is too short */
export function learnPronunciations(
  lexicon: Lexicon,
  where: string,
): (word: string) => LearnedPronunciation | undefined {
  const reader = readerOf(lexicon);
  if (lexicon.size < fewest || !reader)
    throw new AsrError(
      'input',
      `${where}: ${lexicon.size} words are too few to learn from; ${fewest} at least`,
      'Add words, or set text.pronunciation=lexicon.',
    );
  return (word) => pronounced(reader, word);
}

function readerOf(lexicon: Lexicon): Reader | undefined {
  const lm = estimateSpelling([...lexicon].map(([word, phones]) => ({ word, phones })));
  return lm && createReader(lm);
}

function pronounced(reader: Reader, word: string): LearnedPronunciation | undefined {
  if (/\p{N}/u.test(word)) return undefined;
  const found = reader.read(lettersOf(word));
  if (!found || found.text === '') return undefined;
  return { phones: found.text.split(' '), probability: found.probability };
}

export interface HeldOutAccuracy {
  /** Words that were kept back. */
  readonly words: number;
  /** Share of them that came out right, to the last phone. */
  readonly right: number;
  /** Of those that were at least as sure as was asked for: their share, and the share of them that was right. */
  readonly sure: number;
  readonly rightWhenSure: number;
}

const mostHeldOut = 500;

/** Every tenth word of the list is kept back, at most 500. */
export function heldOutAccuracy(lexicon: Lexicon, confidence: number): HeldOutAccuracy | undefined {
  const entries = [...lexicon];
  const step = Math.max(10, Math.ceil(entries.length / mostHeldOut));
  const held = entries.filter((_, i) => i % step === 0);
  const reader = readerOf(new Map(entries.filter((_, i) => i % step !== 0)));
  if (!reader || held.length < 5) return undefined;
  let right = 0;
  let sure = 0;
  let both = 0;
  for (const [word, phones] of held) {
    const guess = pronounced(reader, word);
    const isRight = guess?.phones.join(' ') === phones.join(' ');
    const isSure = guess !== undefined && guess.probability >= confidence;
    right += Number(isRight);
    sure += Number(isSure);
    both += Number(isRight && isSure);
  }
  return {
    words: held.length,
    right: right / held.length,
    sure: sure / held.length,
    rightWhenSure: sure === 0 ? 0 : both / sure,
  };
}
