// One thread that translates: opens a table and a language model, then takes sentences.
import { serveJobs } from '../core/worker-thread.js';
import { openDecoder, type TranslatorFiles } from './translator.js';

await serveJobs<undefined, readonly string[][], never, string[][]>(async (data) => {
  const decode = await openDecoder(data as TranslatorFiles);
  return { about: undefined, work: async (sentences) => ({ result: sentences.map((sentence) => decode(sentence)) }) };
});
