// The chosen pass as what the run recognises with: its model, front end and decoder in the stage's folder, and what they
// hear in the whole corpus: phones, and words where the text has words, from one search.
import { cp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '../core/durable.js';
import type { StageIo } from '../core/stage.js';
import { decodeConfig, type DecodeConfig } from '../decode/config.js';
import { decoderFolder, decoderSettings, gatherParts, saveDecoder } from '../decode/decoder-files.js';
import { withUnknownShare } from '../decode/unknown-words.js';
import { emissionFiles, emissionKind, emissionSymbols } from '../learn/emission.js';
import type { SelftrainConfig, SelftrainCtcConfig } from './config.js';
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

/** @param name of the chosen pass */
export async function writeSystem(io: StageIo<SelftrainConfig>, corpus: SelftrainCorpus, name: string): Promise<void> {
  const { out, inputs, config } = io;
  const pass = passFolder(out, name);
  const ctc = (await emissionKind(pass)) === 'ctc';
  for (const file of await emissionFiles(pass)) await cp(join(pass, file), join(out, file));
  const bands = ctc ? await openBands(out) : undefined;
  await writeFileDurably(join(out, frontEndFile), `${JSON.stringify(bands?.grid ?? corpus.grid)}\n`);
  await bands?.frames.close();
  const text = inputs['text']!;
  const words = config.words && existsSync(join(text, 'word-lm.bin'));
  const decoding = words
    ? await wordDecoding(await decoderSettings(join(inputs['decode']!, decoderFolder)), ctc, config, text)
    : await passDecoding(pass, config.ctc);
  const parts = await gatherParts(decoding, await emissionSymbols(pass), text, io.data, (id, reason) =>
    io.skip(id, reason),
  );
  await saveDecoder(join(out, decoderFolder), decoding, parts);
  await recogniseAll(io, corpus, { name: 'final', folder: pass, decoder: join(out, decoderFolder), words }, out);
}

/** A quarter of the time of decode's own, which is for models less sure of themselves. */
const pruning = { beam: 200, beamThreshold: 15 } as const;

/** @param decoding settings of decode, which name lexicon and language models */
async function wordDecoding(
  decoding: DecodeConfig,
  ctc: boolean,
  { ctc: network, hmm }: SelftrainConfig,
  text: string,
): Promise<DecodeConfig> {
  const weights = ctc
    ? { lmWeight: network.wordLmWeight, wordScore: network.wordScore }
    : { lmWeight: hmm.lmWeight, wordScore: 0 };
  return withUnknownShare({ ...decoding, method: 'words', ...pruning, ...weights }, text);
}
