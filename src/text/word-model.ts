// The word language model of a text: lines of words in; a model that knows of the words that stand once only where
// such words come, out.
import { held } from '../core/disposal.js';
import type { Log } from '../core/log.js';
import { estimateLm } from '../lm/estimate.js';
import { sentencesOf, writeEstimated } from '../lm/lm-text.js';
import { unknownSymbol } from '../lm/ngram.js';
import type { TextConfig } from './config.js';

/**
 * The word LM of the sentences that were kept, for word decoding. Words that stand in them once are <unk> to it: so it
 * learns where words come that the text does not have, which are such words as well.
 */
export async function writeWordModel(words: string, path: string, config: TextConfig, log: Log): Promise<void> {
  const counts = await wordCounts(words);
  const once = new Set([...counts].flatMap(([word, count]) => (count === 1 ? [word] : [])));
  // Where none comes twice there would be nothing but unknown words.
  if (once.size === counts.size) once.clear();
  await using lm = held(await estimateLm(withUnknown(sentencesOf(words), once), config.wordLm));
  if (lm.prune.some((value, n) => value > (config.wordLm.prune[Math.min(n, config.wordLm.prune.length - 1)] ?? 0)))
    log.info(`the word language model is pruned by ${lm.prune.join(', ')}: text.wordLm.mostNgrams`);
  await writeEstimated(lm, path);
}

/** How often each word stands in sentences. @param path one sentence a line */
export async function wordCounts(path: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const sentence of sentencesOf(path))
    for (const word of sentence) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

async function* withUnknown(
  sentences: AsyncIterable<string[]>,
  unknown: ReadonlySet<string>,
): AsyncGenerator<string[]> {
  for await (const sentence of sentences) yield sentence.map((word) => (unknown.has(word) ? unknownSymbol : word));
}
