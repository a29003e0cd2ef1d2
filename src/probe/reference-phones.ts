// References of a probe as phones: given as phones, or as words that a text stage's own pronunciations turn into them.
import { dirname } from 'node:path';
import { loadTranscripts } from '../transcripts/references.js';
import { createPronouncer } from '../text/pronounce.js';
import { readTextConfig } from '../text/stage.js';

/**
 * @param path Kaldi text, `id|text`, trn or JSONL (transcripts/references.jsonl of a run)
 * @param text folder of a text stage, where the references are words; those with a word
 * that it cannot pronounce are left out
 */
export async function referencePhones(path: string, text?: string): Promise<Map<string, string[]>> {
  const given = await loadTranscripts(path, { tokens: 'phones' });
  const spoken =
    text === undefined
      ? (line: string): string[] => line.split(/\s+/).filter((phone) => phone !== '')
      : await createPronouncer(await readTextConfig(text), dirname(path));
  const phones = new Map<string, string[]>();
  for (const [id, line] of given) {
    const own = spoken(line);
    if (own) phones.set(id, own);
  }
  return phones;
}
