// The word language model of a text: lines of words in; a model that knows of the words that stand once only where
// such words come, out.
import { held } from '../core/disposal.js';
import { estimateLm } from '../lm/estimate.js';
import { sentencesOf, writeEstimated } from '../lm/lm-text.js';
import { unknownSymbol } from '../lm/ngram.js';
import type { TextConfig } from './config.js';

/**
 * The word LM of the sentences that were kept, for word decoding. Words that stand in them once are <unk> to it: so it
 * learns where words come that the text does not have, which are such words as well.
 */
export async function writeWordModel(words: string, path: string, config: TextConfig): Promise<void> {
  const once = new Set<string>();
  const known = new Set<string>();
  for await (const sentence of sentencesOf(words))
    for (const word of sentence) {
      if (known.has(word)) once.delete(word);
      else once.add(word);
      known.add(word);
    }
  // Where none comes twice there would be nothing but unknown words.
  if (once.size === known.size) once.clear();
  await using lm = held(await estimateLm(withUnknown(sentencesOf(words), once), config.wordLm));
  await writeEstimated(lm, path);
}

async function* withUnknown(
  sentences: AsyncIterable<string[]>,
  unknown: ReadonlySet<string>,
): AsyncGenerator<string[]> {
  for await (const sentence of sentences) yield sentence.map((word) => (unknown.has(word) ? unknownSymbol : word));
}
