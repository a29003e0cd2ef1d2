// What is known of words that no list has: how words sound (an n-gram model of the phones of a word) and how they are
// written (joint n-grams), both learned from the words of the lexicon; and how often such words come.
import { existsSync } from 'node:fs';
import { readLines } from '../core/jsonl.js';
import { estimateSpelling } from '../lm/joint-model.js';
import { estimateNgram } from '../lm/kneser-ney.js';
import type { NgramModel } from '../lm/ngram.js';
import { textPath } from '../text/folder.js';
import type { DecodeConfig } from './config.js';
import type { DecodingLexicon } from './lexicon.js';

/** Phones of a word that the next one is told by: a syllable or two. */
const soundOrder = 4;

/** @param symbols by column of the lexicon's phones */
export function unknownWordModels(
  { words, entries }: DecodingLexicon,
  symbols: readonly string[],
): { filler: NgramModel; spelling: NgramModel | undefined } {
  const spoken = entries.map(({ word, phones }) => ({
    word: words[word]!,
    phones: phones.map((column) => symbols[column]!),
  }));
  return {
    filler: estimateNgram(
      spoken.map(({ phones }) => phones),
      { order: soundOrder },
    ),
    spelling: estimateSpelling(spoken),
  };
}

/**
 * The share of words that stand once in a text: how likely the next word is one that
 * the text does not have (Good, 1953).
 * @param path lines of words. @returns undefined where there is no such file, or nothing in it
 */
export async function unseenShare(path: string): Promise<number | undefined> {
  if (!existsSync(path)) return undefined;
  const counts = new Map<string, number>();
  let all = 0;
  for await (const line of readLines(path))
    for (const word of line.split(' ')) {
      if (word === '') continue;
      all++;
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  let once = 0;
  for (const count of counts.values()) if (count === 1) once++;
  return all === 0 ? undefined : Math.max(once, 1) / all;
}

/**
 * The settings with the share of the text's words that stand once, where they name none.
 * @param text folder of the text stage
 */
export async function withUnknownShare(config: DecodeConfig, text: string): Promise<DecodeConfig> {
  if (config.method !== 'words' || config.unknownShare !== null) return config;
  return { ...config, unknownShare: (await unseenShare(textPath(text, 'words'))) ?? null };
}
