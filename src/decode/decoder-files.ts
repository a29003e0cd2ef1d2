// The decoder as files: chosen settings, language models in binary form and the list of words, in one folder that a
// stage makes, the bundle copies and both the stage and `asr transcribe` load.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { readShapedNpy, writeNpy } from '../core/npy.js';
import type { Symbols } from '../learn/emission.js';
import type { NgramModel } from '../lm/ngram.js';
import { readLm, writeLm } from '../lm/lm-file.js';
import { textPath } from '../text/folder.js';
import { decodeConfig, type DecodeConfig, type DecodeStageConfig } from './config.js';
import { createDecoder, phoneColumns, type Decoder, type DecoderParts } from './decoder.js';
import { readDecodingLexicon } from './lexicon.js';
import { readWordList, wordListOf, writeWordList } from './lexicon-file.js';
import { unknownWordModels } from './unknown-words.js';
import { lengthClasses } from './word-lengths.js';

/** Folder inside the decode stage's and the model's. */
export const decoderFolder = 'decoder';
const files = {
  settings: 'decoder.json',
  phoneLm: 'phone-lm.bin',
  wordLm: 'word-lm.bin',
  words: 'words.bin',
  filler: 'filler-lm.bin',
  fillerLengths: 'filler-lengths.npy',
  spelling: 'spelling-lm.bin',
} as const;
/** Of models from before words were kept in `words.bin`. */
const oldLexicon = 'lexicon.tsv';

/** Which parts each method works with; tuning needs a phone LM besides. */
function partsOf({ method }: Pick<DecodeConfig, 'method'>): { phoneLm: boolean; words: boolean } {
  return { phoneLm: method === 'beam', words: method === 'words' };
}

/** Files outside the run that the settings name, for the stage's fingerprint. */
export function externalParts(config: DecodeStageConfig, data: string): string[] {
  const { method } = config;
  const { phoneLm, words } = method === 'auto' ? { phoneLm: true, words: true } : partsOf({ method });
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
    ? await readLm(fileOf('decode.phoneLm', config.phoneLm, data, textPath(text, 'phoneLm')))
    : undefined;
  if (!wanted.words) return { phoneLm };
  const wordLm = await readLm(fileOf('decode.wordLm', config.wordLm, data, textPath(text, 'wordLm')));
  const lexicon = await readDecodingLexicon(
    fileOf('decode.lexicon', config.lexicon, data, textPath(text, 'lexicon')),
    phoneColumns(symbols),
    skip,
  );
  const unknown = config.filler ? unknownWordModels(lexicon, symbols.phones) : {};
  return { phoneLm, wordLm, lexicon: wordListOf(lexicon, wordLm, config.rareShare), ...unknown };
}

function fileOf(key: string, named: string, data: string, otherwise: string): string {
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
  { phoneLm, wordLm, lexicon, filler, fillerLengths, spelling }: DecoderParts,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, files.settings), `${JSON.stringify(config, null, 2)}\n`);
  if (phoneLm && partsOf(config).phoneLm) await writeLm(join(folder, files.phoneLm), phoneLm);
  if (!partsOf(config).words) return;
  if (wordLm) await writeLm(join(folder, files.wordLm), wordLm);
  if (lexicon) await writeWordList(join(folder, files.words), lexicon);
  if (filler) await writeLm(join(folder, files.filler), filler);
  if (fillerLengths)
    await writeNpy(join(folder, files.fillerLengths), Float32Array.from(fillerLengths), [lengthClasses]);
  if (spelling) await writeLm(join(folder, files.spelling), spelling);
}

/** Names of a decoder's files inside its folder, for those who copy it. */
export async function decoderFiles(folder: string): Promise<string[]> {
  const { phoneLm, words } = partsOf(await decoderSettings(folder));
  const own = [
    files.settings,
    ...(phoneLm ? [files.phoneLm] : []),
    ...(words ? [files.wordLm, files.words, oldLexicon, files.filler, files.fillerLengths, files.spelling] : []),
  ];
  return own.filter((name) => name === files.settings || existsSync(join(folder, name)));
}

/** The settings a decoder was made with, tuned weights included. */
export function decoderSettings(folder: string): Promise<DecodeConfig> {
  return readJson(join(folder, files.settings), decodeConfig);
}

/** @throws AsrError 'input' or 'io' for missing or damaged files */
export async function loadDecoder(folder: string, symbols: Symbols): Promise<Decoder> {
  const config = await decoderSettings(folder);
  const { phoneLm, words } = partsOf(config);
  const optional = async (name: string): Promise<NgramModel | undefined> =>
    existsSync(join(folder, name)) ? readLm(join(folder, name)) : undefined;
  if (!words)
    return createDecoder(symbols, config, { phoneLm: phoneLm ? await readLm(join(folder, files.phoneLm)) : undefined });
  const wordLm = await readLm(join(folder, files.wordLm));
  if (existsSync(join(folder, oldLexicon)))
    return createDecoder(symbols, config, await oldParts(folder, symbols, wordLm));
  return createDecoder(symbols, config, {
    wordLm,
    lexicon: await readWordList(join(folder, files.words), symbols.phones.length, wordLm.symbols.length),
    ...(config.filler
      ? {
          filler: await optional(files.filler),
          fillerLengths: await readLengths(join(folder, files.fillerLengths)),
          spelling: await optional(files.spelling),
        }
      : {}),
  });
}

/** @returns undefined where none are kept: an older model's filler has lengths of its own */
async function readLengths(path: string): Promise<Float64Array | undefined> {
  return existsSync(path) ? Float64Array.from(await readShapedNpy(path, [lengthClasses])) : undefined;
}

/** Of a model from before words were kept in `words.bin`; it knows no words outside its lexicon. */
async function oldParts(folder: string, symbols: Symbols, wordLm: NgramModel): Promise<DecoderParts> {
  const damaged = async (id: string, reason: string): Promise<void> => {
    throw new AsrError(
      'input',
      `${folder}: ${id}: ${reason}`,
      'The files of this model do not belong together; make it again.',
    );
  };
  const lexicon = await readDecodingLexicon(join(folder, oldLexicon), phoneColumns(symbols), damaged);
  return { wordLm, lexicon: wordListOf(lexicon, wordLm) };
}
