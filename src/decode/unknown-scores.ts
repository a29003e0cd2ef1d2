// How likely words are that the word language model does not know, in the lexicon and outside of it: settings and model
// in, what a search adds for such a word out.
import { unknownId, type NgramModel } from '../lm/ngram.js';
import type { DecodeConfig } from './config.js';

/** Where nothing is known of the text that words come from. */
const usualUnknownShare = 0.05;

/**
 * What is added for a word outside the lexicon. A model that saw `<unk>` knows where such words come, and how often:
 * the text's words that stand once are as many as the unknown ones to come. With another, one without context is as
 * likely as the share says.
 */
export function unknownScoreOf(
  { unkWeight, unknownShare, lmWeight }: Pick<DecodeConfig, 'unkWeight' | 'unknownShare' | 'lmWeight'>,
  lm: NgramModel,
): number {
  if (unkWeight !== null) return unkWeight;
  if (lm.expectsUnknown) return 0;
  const own = Math.LN10 * lm.score(lm.emptyState, unknownId);
  return lmWeight * (Math.log(unknownShare ?? usualUnknownShare) - own);
}

/**
 * What is added for a word of the lexicon that the LM does not know, which is <unk> to it: such words share
 * `rareShare`, where the text says it, instead of having all of <unk> each.
 */
export function rareScoreOf(
  { rareShare, unknownShare, lmWeight }: Pick<DecodeConfig, 'rareShare' | 'unknownShare' | 'lmWeight'>,
  lm: NgramModel,
  ids: Int32Array,
): number {
  const rare = ids.reduce((count, id) => count + Number(id === unknownId), 0);
  if (rareShare === null || rare === 0) return 0;
  const own =
    unknownShare !== null && lm.expectsUnknown
      ? Math.log(unknownShare)
      : Math.LN10 * lm.score(lm.emptyState, unknownId);
  return lmWeight * (Math.log(rareShare / rare) - own);
}
