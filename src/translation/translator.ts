// Many sentences in, their translations out in the same order, by as many threads as are asked for; who translates
// what changes nothing in the result.
import { Turns } from '../core/event-loop.js';
import { WorkerPool } from '../core/worker-pool.js';
import { readLm } from '../lm/lm-file.js';
import { createDecoder, type DecoderSettings } from './decoder.js';
import { readPhraseTable } from './phrase-table.js';
import type { DecoderConfig } from './sentence-config.js';

export interface TranslatorFiles {
  /** A phrase table, and the language model of what it translates into. */
  readonly table: string;
  readonly lm: string;
  readonly settings: DecoderSettings;
}

export const decoderSettings = (config: DecoderConfig, longest: number): DecoderSettings => ({
  weights: { phrases: config.phrases, lm: config.lm, word: config.word, phrase: config.phrase, jump: config.jump },
  beam: config.beam,
  jumps: config.jumps,
  options: config.options,
  longest,
});

/** @throws AsrError 'model' or 'input' for files that are damaged, 'io' where they are missing */
export async function openDecoder({ table, lm, settings }: TranslatorFiles) {
  return createDecoder(await readPhraseTable(table), await readLm(lm), settings);
}

const jobSentences = 50;
/** Only compiled files can be a thread's. */
const threadsCanStart = import.meta.url.endsWith('.js');

export async function translateSentences(
  files: TranslatorFiles,
  sentences: readonly (readonly string[])[],
  { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal | undefined },
): Promise<string[][]> {
  const size = Math.min(threads, Math.ceil(sentences.length / jobSentences));
  if (size <= 1 || !threadsCanStart) {
    const decode = await openDecoder(files);
    const turns = new Turns(signal);
    const out: string[][] = [];
    for (const sentence of sentences) {
      if (turns.due) await turns.give();
      out.push(decode(sentence));
    }
    return out;
  }
  await using pool = await WorkerPool.open<undefined, readonly (readonly string[])[], never, string[][]>({
    script: new URL('./translator-worker.js', import.meta.url),
    data: files,
    size,
    name: 'translation',
    hint: 'Perhaps memory ran out: try --set compute.threads=1.',
  });
  const out: string[][] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < sentences.length) {
      const first = next;
      next += jobSentences;
      const made = await pool.run(sentences.slice(first, first + jobSentences), { signal });
      made.forEach((sentence, i) => {
        out[first + i] = sentence;
      });
    }
  };
  await Promise.all(Array.from({ length: size }, work));
  return out;
}
