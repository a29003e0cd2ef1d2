// The chosen pass as what the run recognises with: its model, front end and decoder in the stage's folder, and what
// they hear in the whole corpus: phones, and words where the text has words, from one search.
import { cp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '../core/durable.js';
import { decodeConfig, type DecodeConfig } from '../decode/config.js';
import { decoderFolder, decoderSettings, gatherParts, saveDecoder } from '../decode/decoder-files.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { networkPruning, wordPruning } from '../decode/method.js';
import { withWordShares } from '../decode/unknown-words.js';
import { emissionFiles, emissionKind, emissionSymbols } from '../learn/emission.js';
import { textPath } from '../text/folder.js';
import type { SelftrainConfig, SelftrainCtcConfig } from './config.js';
import type { SelftrainIo } from './config.js';
import { openBands } from './ctc-pass.js';
import type { SelftrainCorpus } from './corpus.js';
import { frontEndFile, passFolder } from './output.js';
import { recogniseAll } from './recognise-all.js';

/** How a pass' own transcripts are made, which the next pass learns from: phones alone. */
export async function passDecoding(folder: string, ctc: SelftrainCtcConfig): Promise<DecodeConfig> {
  const { lmWeight, insertion, beam } = ctc;
  return (await emissionKind(folder)) === 'ctc'
    ? decodeConfig.parse({ method: 'beam', lmWeight, wordScore: insertion, beam })
    : decodeConfig.parse({ method: 'greedy' });
}

/**
 * How the run recognises with a pass that is chosen: words, where the text has them,
 * and phones with them in one search.
 */
export async function systemDecoding(
  { inputs, config }: Pick<SelftrainIo, 'inputs' | 'config'>,
  pass: string,
): Promise<DecodeConfig> {
  const text = inputs['text'];
  if (!config.words || !existsSync(textPath(text, 'wordLm'))) return passDecoding(pass, config.ctc);
  const ofDecode = await decoderSettings(join(inputs['decode'], decoderFolder));
  return wordDecoding(ofDecode, (await emissionKind(pass)) === 'ctc', config, text);
}

/**
 * What a pass hears in the whole corpus by these settings, and its decoder, into `out`.
 * @param name of its pieces.
 * @param pass holds its model
 */
export async function recogniseWith(
  io: SelftrainIo,
  { name, pass, decoding }: { readonly name: string; readonly pass: string; readonly decoding: DecodeConfig },
  out: string,
): Promise<void> {
  const parts = await gatherParts(decoding, await emissionSymbols(pass), io.inputs.text, io.data, (id, reason) =>
    io.skip(id, reason),
  );
  const decoder = join(out, decoderFolder);
  await saveDecoder(decoder, decoding, parts);
  await recogniseAll(io, { name, folder: pass, decoder, words: decoding.method === 'words' }, out);
}

/** @param name of the chosen pass */
export async function writeSystem(io: SelftrainIo, corpus: SelftrainCorpus, name: string): Promise<void> {
  const { out } = io;
  const pass = passFolder(out, name);
  for (const file of await emissionFiles(pass)) await cp(join(pass, file), join(out, file));
  const bands = (await emissionKind(pass)) === 'ctc' ? await openBands(out) : undefined;
  await writeFileDurably(join(out, frontEndFile), `${JSON.stringify(bands?.grid ?? corpus.grid)}\n`);
  await bands?.frames.close();
  const decoding = await systemDecoding(io, pass);
  if ((await decoderSettings(join(pass, decoderFolder))).method !== decoding.method) {
    await recogniseWith(io, { name: 'final', pass, decoding }, out);
    return;
  }
  // It has recognised everything in this way already.
  for (const part of [decoderFolder, ...Object.values(hypothesisFiles)])
    if (existsSync(join(pass, part))) await cp(join(pass, part), join(out, part), { recursive: true });
}

/** @param decoding settings of decode, which name lexicon and language models */
async function wordDecoding(
  decoding: DecodeConfig,
  ctc: boolean,
  { ctc: network, hmm }: SelftrainConfig,
  text: string,
): Promise<DecodeConfig> {
  const weights = ctc
    ? { lmWeight: network.wordLmWeight, wordScore: network.wordScore, blankWeight: network.blankWeight }
    : { lmWeight: hmm.lmWeight, wordScore: 0 };
  const pruned = ctc ? networkPruning : wordPruning;
  return withWordShares({ ...decoding, method: 'words', ...pruned, ...weights }, text);
}
