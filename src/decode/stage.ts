// Stage decode: the learnt model, its segments and the text's language models in; phones and words with times out, as
// records (hypotheses.jsonl) and as Kaldi text (hyp.txt of phones, hyp-words.txt where words are decoded), and the
// decoder's own files. Every utterance gets a line, if need be an empty one.
import { join } from 'node:path';
import { z } from 'zod';
import { held } from '../core/disposal.js';
import { writeFileDurably } from '../core/durable.js';
import { AsrError, itemProblem } from '../core/errors.js';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import { repeatSkipped } from '../core/pieces.js';
import { startProgress } from '../core/progress.js';
import { hypothesisSchema, type Hypothesis } from '../core/records.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { stretchSchema, type Stretch } from '../core/stretches.js';
import type { FrameGrid } from '../core/frame-grid.js';
import { sampleRate } from '../core/time.js';
import { readFeaturesInfo } from '../features/folder.js';
import { loadEmission, type EmissionModel } from '../learn/emission.js';
import { verdictOf, verdictFile, type Facts } from '../learn/verdict.js';
import { decodeStageConfig, type DecodeStageConfig } from './config.js';
import { createDecoder, type Decoder } from './decoder.js';
import { decoderFolder, externalParts, gatherParts, loadDecoder, saveDecoder } from './decoder-files.js';
import { measureFacts } from './facts.js';
import { hypothesisFiles, writeHypothesisTexts } from './hypothesis-texts.js';
import { decodeItems, divideForDecoding, type DecodeItem } from './inputs.js';
import { withMethod } from './method.js';
import { tunedConfig } from './tuning-sample.js';
import { withWordShares } from './unknown-words.js';
import { decodeUtterance, type DecodedUtterance } from './utterance.js';

/** Half a minute's work, or less. */
const utterancesInPiece = 250;
const foundFile = 'found.jsonl';
const foundSchema = hypothesisSchema.extend({ samples: z.number(), failed: z.boolean().optional() });

export const decodeStage = defineStage({
  name: 'decode',
  version: 12,
  reads: ['learn', 'segments', 'clusters', 'vad', 'features', 'text'],
  config: decodeStageConfig,
  external: externalParts,
  async run(io) {
    const folders = io.inputs;
    await using model = held(await loadEmission(folders.learn, io.compute));
    const open = await withMethod(io.config, folders);
    const parts = await gatherParts(open, model, folders.text, io.data, (id, reason) => io.skip(id, reason));
    const config = await withWordShares(open, folders.text);
    const decoding = createDecoder(model, await tunedConfig(config, model, parts, io), parts).config;
    await saveDecoder(join(io.out, decoderFolder), decoding, parts);
    const size = Math.min(io.shardItems, utterancesInPiece);
    const stretches = await divideForDecoding(folders, model.needsFrames, size);
    const pieces = await io.pieces(stretches.map(({ name, ...input }) => ({ name, input: input satisfies Stretch })));
    await using writer = await JsonlWriter.create(join(io.out, hypothesisFiles.records));
    const counts = { phones: 0, words: 0, empty: 0, failed: 0, samples: 0 };
    for (const piece of pieces) {
      await repeatSkipped(piece, io.skip);
      for await (const { failed, samples, ...hypothesis } of readJsonl(join(piece, foundFile), foundSchema)) {
        await writer.write(hypothesis satisfies Hypothesis);
        counts.phones += hypothesis.phones.length;
        counts.words += hypothesis.words?.length ?? 0;
        counts.empty += hypothesis.phones.length > 0 ? 0 : 1;
        counts.failed += failed ? 1 : 0;
        counts.samples += samples;
      }
    }
    if (counts.failed === writer.count)
      throw new AsrError(
        'input',
        `decode: none of ${writer.count} utterances could be decoded`,
        'The reasons are in the warnings above.',
      );
    await writer.flush();
    await writeVerdict(io, await measureFacts(model, decoding, folders, join(io.out, hypothesisFiles.records)));
    await writer.close();
    const byWords = decoding.method === 'words';
    await writeHypothesisTexts(io.out, byWords);
    return {
      utterances: writer.count,
      phones: counts.phones,
      ...(byWords ? { words: counts.words } : {}),
      'empty hypotheses': counts.empty,
      'phones per second': counts.phones / (counts.samples / sampleRate),
    };
  },
  async piece(io, input) {
    const { first, end, bytes } = stretchSchema.parse(input);
    const folders = io.inputs;
    const grid = await readFeaturesInfo(folders.features);
    await using model = held(await loadEmission(folders.learn, io.compute));
    const decoder = await loadDecoder(join(io.stageOut, decoderFolder), model);
    await using writer = await JsonlWriter.create(join(io.out, foundFile));
    const progress = startProgress(io.log, 'decode', end - first, 'utterances');
    try {
      for await (const item of decodeItems(folders, model.needsFrames, undefined, bytes)) {
        io.signal?.throwIfAborted();
        const { id, recording, split, samples } = item.utterance;
        const decoded = await decodeOrSkip(io, model, decoder, item, grid);
        await writer.write({
          ...{ id, recording, split, samples },
          ...(decoded ?? { phones: [], failed: true }),
        } satisfies z.infer<typeof foundSchema>);
        progress.update(writer.count);
      }
    } finally {
      progress.finish();
    }
    await writer.close();
  },
});

type Io = StageIo<DecodeStageConfig>;

/** Beside the transcripts, for the model's card and everybody who asks what came of the run. */
async function writeVerdict(io: Io, facts: Facts): Promise<void> {
  const verdict = verdictOf(facts);
  await writeFileDurably(join(io.out, verdictFile), `${JSON.stringify(verdict, null, 1)}\n`);
  io.log[verdict.verdict === 'converged' ? 'info' : 'warn'](`${verdict.verdict}: ${verdict.reason}`);
}

/**
 * Phones and words of one utterance; undefined, and told by name, when it has none to
 * decode or the model cannot take it.
 */
async function decodeOrSkip(
  io: Pick<Io, 'skip'>,
  model: EmissionModel,
  decoder: Decoder,
  item: DecodeItem,
  grid: FrameGrid,
): Promise<DecodedUtterance | undefined> {
  const { utterance } = item;
  if (!item.input) {
    await io.skip(utterance.id, `${item.problem}; its hypothesis is empty`);
    return undefined;
  }
  try {
    return decodeUtterance(await model.emit(item.input), decoder, utterance.regions, grid);
  } catch (thrown) {
    const error = itemProblem(thrown);
    await io.skip(utterance.id, `${error.message}; its hypothesis is empty`);
    return undefined;
  }
}
