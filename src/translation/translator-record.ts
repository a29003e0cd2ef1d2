// translator.json beside the tables and models of a finished run: how they are searched.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { decoderConfig } from './sentence-config.js';
import { decoderSettings, type TranslatorFiles } from './translator.js';

export const translatorFile = 'translator.json';

export const translatorRecord = z.object({
  version: z.literal(1),
  longest: z.number().int().min(1).max(7),
  decoder: decoderConfig,
});

/**
 * What translates, from a run of sentence-translation or the folder `corpus` in it.
 * @param back from the target's language into the source's
 * @throws AsrError 'model' where it holds no translation
 */
export async function openTranslator(run: string, back = false): Promise<TranslatorFiles> {
  const folder = [run, join(run, 'corpus')].find((place) => existsSync(join(place, translatorFile)));
  if (folder === undefined)
    throw new AsrError(
      'model',
      `${run}: no ${translatorFile} in it`,
      'Give the folder of a finished run: asr run sentence-translation --run FOLDER',
    );
  const { longest, decoder } = await readJson(join(folder, translatorFile), translatorRecord);
  return {
    table: join(folder, back ? 'backward.tsv' : 'forward.tsv'),
    lm: join(folder, back ? 'source.bin' : 'target.bin'),
    settings: decoderSettings(decoder, longest),
  };
}
