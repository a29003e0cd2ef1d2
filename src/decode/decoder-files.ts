// The decoder as files: chosen settings, language models in binary form and the lexicon, in one folder that the
// decode stage makes, the bundle copies and both the stage and `asr transcribe` load.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import type { Symbols } from '../learn/emission.js';
import { lexiconLine } from '../text/lexicon.js';
import { readLm, writeLm } from '../lm/lm-file.js';
import { TextWriter } from '../core/text-writer.js';
import { decodeConfig, type DecodeConfig } from './config.js';
import { createDecoder, phoneColumns, type Decoder, type DecoderParts } from './decoder.js';
import { readDecodingLexicon } from './lexicon.js';

/** Folder inside the decode stage's and the model's. */
export const decoderFolder = 'decoder';
const files = {
  settings: 'decoder.json',
  phoneLm: 'phone-lm.bin',
  wordLm: 'word-lm.bin',
  lexicon: 'lexicon.tsv',
} as const;

/** Which parts each method works with; tuning needs a phone LM besides. */
function partsOf({ method, filler }: DecodeConfig): { phoneLm: boolean; words: boolean } {
  return { phoneLm: method === 'beam' || (method === 'words' && filler), words: method === 'words' };
}

/** Files outside the run that the settings name, for the stage's fingerprint. */
export function externalParts(config: DecodeConfig, data: string): string[] {
  const { phoneLm, words } = partsOf(config);
  return [phoneLm || config.tune.enabled ? config.phoneLm : '', words ? config.wordLm : '', words ? config.lexicon : '']
    .filter((path) => path !== '')
    .map((path) => resolve(data, path));
}

/**
 * @param text folder of the text stage, whose models serve where the settings name none
 * @param skip told of every line of the lexicon that is left out
 * @throws AsrError 'config' when a part is not there, 'input' when it is malformed
 */
export async function gatherParts(
  config: DecodeConfig,
  symbols: Symbols,
  text: string,
  data: string,
  skip: (id: string, reason: string) => Promise<void>,
): Promise<DecoderParts> {
  const wanted = { ...partsOf(config), ...(config.method === 'words' && config.tune.enabled ? { phoneLm: true } : {}) };
  const phoneLm = wanted.phoneLm
    ? await readLm(place('decode.phoneLm', config.phoneLm, data, join(text, 'lm.arpa')))
    : undefined;
  if (!wanted.words) return { phoneLm };
  return {
    phoneLm,
    wordLm: await readLm(place('decode.wordLm', config.wordLm, data, join(text, 'word-lm.bin'))),
    lexicon: await readDecodingLexicon(
      place('decode.lexicon', config.lexicon, data, join(text, 'lexicon.tsv')),
      phoneColumns(symbols),
      skip,
    ),
  };
}

function place(key: string, named: string, data: string, otherwise: string): string {
  const path = named === '' ? otherwise : resolve(data, named);
  if (existsSync(path)) return path;
  throw new AsrError(
    'config',
    `${path}: no such file (${key})`,
    named === ''
      ? `The text stage makes it from a text of words (text.unit=words); or set ${key}.`
      : `Check ${key}; its path is relative to the data folder.`,
  );
}

/** Writes what `loadDecoder` needs. */
export async function saveDecoder(
  folder: string,
  config: DecodeConfig,
  symbols: Symbols,
  { phoneLm, wordLm, lexicon }: DecoderParts,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, files.settings), `${JSON.stringify(config, null, 2)}\n`);
  if (phoneLm && partsOf(config).phoneLm) await writeLm(join(folder, files.phoneLm), phoneLm);
  if (wordLm) await writeLm(join(folder, files.wordLm), wordLm);
  if (!lexicon) return;
  const writer = await TextWriter.create(join(folder, files.lexicon));
  for (const { word, phones } of lexicon.entries)
    await writer.write(
      lexiconLine(
        lexicon.words[word] as string,
        phones.map((column) => symbols.phones[column] as string),
      ),
    );
  await writer.close();
}

/** Names of a decoder's files inside its folder, for those who copy it. */
export async function decoderFiles(folder: string): Promise<string[]> {
  const { phoneLm, words } = partsOf(await decoderSettings(folder));
  return [files.settings, ...(phoneLm ? [files.phoneLm] : []), ...(words ? [files.wordLm, files.lexicon] : [])];
}

/** The settings a decoder was made with, tuned weights included. */
export function decoderSettings(folder: string): Promise<DecodeConfig> {
  return readJson(join(folder, files.settings), decodeConfig);
}

/** @throws AsrError 'input' or 'io' for missing or damaged files */
export async function loadDecoder(folder: string, symbols: Symbols): Promise<Decoder> {
  const config = await decoderSettings(folder);
  const { phoneLm, words } = partsOf(config);
  const damaged = async (id: string, reason: string): Promise<void> => {
    throw new AsrError(
      'input',
      `${folder}: ${id}: ${reason}`,
      'The files of this model do not belong together; make it again.',
    );
  };
  return createDecoder(symbols, config, {
    phoneLm: phoneLm ? await readLm(join(folder, files.phoneLm)) : undefined,
    wordLm: words ? await readLm(join(folder, files.wordLm)) : undefined,
    lexicon: words ? await readDecodingLexicon(join(folder, files.lexicon), phoneColumns(symbols), damaged) : undefined,
  });
}
