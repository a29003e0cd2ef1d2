// Stage decode: the learnt model, its segments and the text's language models in; phones and words with times out, as
// records (hypotheses.jsonl) and as Kaldi text (hyp.txt of phones, hyp-words.txt where words are decoded), and the
// decoder's own files. Every utterance gets a line, if need be an empty one.
import { join } from 'node:path';
import { writeFileDurably } from '../core/durable.js';
import { AsrError, itemProblem } from '../core/errors.js';
import { JsonlWriter, readJson } from '../core/jsonl.js';
import { startProgress } from '../core/progress.js';
import { sampleRate, type Hypothesis } from '../core/records.js';
import { defineStage, type StageIo } from '../core/stage.js';
import type { FrameGrid } from '../features/extractor.js';
import { featuresInfoSchema } from '../features/folder.js';
import { countUtterances } from '../features/utterance-sound.js';
import { loadEmission, type EmissionModel } from '../learn/emission.js';
import { judgeFacts, verdictFile, type Facts } from '../learn/verdict.js';
import { decodeConfig, type DecodeConfig } from './config.js';
import { createDecoder, type Decoder } from './decoder.js';
import { decoderFolder, externalParts, gatherParts, saveDecoder } from './decoder-files.js';
import { measureFacts } from './facts.js';
import { hypothesisFiles, writeHypothesisTexts } from './hypothesis-texts.js';
import { decodeItems, type DecodeItem, type InputFolders } from './inputs.js';
import { tunedConfig } from './tuning-sample.js';
import { withUnknownShare } from './unknown-words.js';
import { decodeUtterance, type DecodedUtterance } from './utterance.js';

export const decodeStage = defineStage({
  name: 'decode',
  version: 7,
  reads: ['learn', 'segments', 'clusters', 'vad', 'features', 'text'],
  config: decodeConfig,
  external: externalParts,
  async run(io) {
    const folders = io.inputs as unknown as InputFolders & { learn: string; text: string };
    const grid = await readJson(join(folders.features, 'features.json'), featuresInfoSchema);
    const model = await loadEmission(folders.learn, io.compute);
    const parts = await gatherParts(io.config, model, folders.text, io.data, (id, reason) => io.skip(id, reason));
    const config = await withUnknownShare(io.config, folders.text);
    const decoder = createDecoder(model, await tunedConfig(config, model, parts, folders, io.out, io.log), parts);
    await saveDecoder(join(io.out, decoderFolder), decoder.config, parts);
    const writer = await JsonlWriter.create(join(io.out, hypothesisFiles.records));
    const progress = startProgress(io.log, 'decode', await countUtterances(folders.vad), 'utterances');
    const counts = { phones: 0, words: 0, empty: 0, failed: 0, samples: 0 };
    try {
      for await (const item of decodeItems(folders, model.needsFrames)) {
        io.signal?.throwIfAborted();
        const { id, recording, split, samples } = item.utterance;
        const decoded = await decodeOrSkip(io, model, decoder, item, grid);
        await writer.write({ id, recording, split, ...(decoded ?? { phones: [] }) } satisfies Hypothesis);
        counts.phones += decoded?.phones.length ?? 0;
        counts.words += decoded?.words?.length ?? 0;
        counts.empty += decoded?.phones.length ? 0 : 1;
        counts.failed += decoded ? 0 : 1;
        counts.samples += samples;
        progress.update(writer.count);
      }
      if (counts.failed === writer.count)
        throw new AsrError(
          'input',
          `decode: none of ${writer.count} utterances could be decoded`,
          'The reasons are in the warnings above.',
        );
      await writer.flush();
      await writeVerdict(io, await measureFacts(model, decoder.config, folders, join(io.out, hypothesisFiles.records)));
    } finally {
      progress.finish();
      await writer.close();
      await model.dispose();
    }
    const byWords = io.config.method === 'words';
    await writeHypothesisTexts(io.out, byWords);
    return {
      utterances: writer.count,
      phones: counts.phones,
      ...(byWords ? { words: counts.words } : {}),
      'empty hypotheses': counts.empty,
      'phones per second': counts.phones / (counts.samples / sampleRate),
    };
  },
});

type Io = StageIo<DecodeConfig>;

/** Beside the transcripts, for the model's card and everybody who asks what came of the run. */
async function writeVerdict(io: Io, facts: Facts): Promise<void> {
  const verdict = judgeFacts(facts);
  await writeFileDurably(join(io.out, verdictFile), `${JSON.stringify(verdict, null, 1)}\n`);
  io.log[verdict.verdict === 'converged' ? 'info' : 'warn'](`${verdict.verdict}: ${verdict.reason}`);
}

/** Phones and words of one utterance; undefined, and told by name, when it has none to decode or the model cannot take it. */
async function decodeOrSkip(
  io: Io,
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
