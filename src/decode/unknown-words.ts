// What is known of words that no list has: how words sound (an n-gram model of the phones of a word) and how they are
// written (joint n-grams), both learned from the words of the lexicon; and how often such words come.
import { existsSync } from 'node:fs';
import { estimateSpelling } from '../lm/joint-model.js';
import { estimateNgram } from '../lm/kneser-ney.js';
import type { NgramModel } from '../lm/ngram.js';
import { textPath } from '../text/folder.js';
import { wordCounts } from '../text/word-model.js';
import type { DecodeConfig } from './config.js';
import type { DecodingLexicon } from './lexicon.js';
import { lengthScores } from './word-lengths.js';

/** Phones of a word that the next one is told by: a syllable or two. */
const soundOrder = 4;

/** @param symbols by column of the lexicon's phones */
export function unknownWordModels(
  { words, entries }: DecodingLexicon,
  symbols: readonly string[],
): { filler: NgramModel; fillerLengths: Float64Array; spelling: NgramModel | undefined } {
  const spoken = entries.map(({ word, phones }) => ({
    word: words[word]!,
    phones: phones.map((column) => symbols[column]!),
  }));
  const filler = estimateNgram(
    spoken.map(({ phones }) => phones),
    { order: soundOrder },
  );
  return {
    filler,
    fillerLengths: lengthScores(
      filler,
      spoken.map(({ phones }) => phones.length),
    ),
    spelling: estimateSpelling(spoken),
  };
}

/** What a text lets expect of the next word. */
export interface WordShares {
  /** It is one that the text does not have. */
  readonly unseen: number;
  /** It is one that stands in the text once. */
  readonly rare: number;
}

/**
 * As many as words stand in the text once, and twice those that stand in it twice (Good, 1953, "The population
 * frequencies of species and the estimation of population parameters").
 * @param path lines of words. @returns undefined where there is no such file, or nothing in it
 */
export async function wordShares(path: string): Promise<WordShares | undefined> {
  if (!existsSync(path)) return undefined;
  let all = 0;
  let once = 0;
  let twice = 0;
  for (const count of (await wordCounts(path)).values()) {
    all += count;
    if (count === 1) once++;
    if (count === 2) twice++;
  }
  return all === 0 ? undefined : { unseen: Math.max(once, 1) / all, rare: Math.max(2 * twice, 1) / all };
}

/**
 * The settings with what the text lets expect of words, where they say nothing of it.
 * @param text folder of the text stage
 */
export async function withWordShares(config: DecodeConfig, text: string): Promise<DecodeConfig> {
  const { method, unknownShare, rareShare } = config;
  if (method !== 'words' || (unknownShare !== null && rareShare !== null)) return config;
  const shares = await wordShares(textPath(text, 'words'));
  return {
    ...config,
    unknownShare: unknownShare ?? shares?.unseen ?? null,
    rareShare: rareShare ?? shares?.rare ?? null,
  };
}
