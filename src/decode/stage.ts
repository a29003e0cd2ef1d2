// Stage decode: the learnt model and the segments of every utterance in; phones with times out, as records
// (hypotheses.jsonl) and as Kaldi text (hyp.txt: id and phones). Every utterance gets a line, if need be an empty one.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AsrError, isFatal, toAsrError } from '../core/errors.js';
import { JsonlWriter, readJson, readJsonl } from '../core/jsonl.js';
import { startProgress } from '../core/progress.js';
import { hypothesisSchema, sampleRate, type Hypothesis, type TimedPhone } from '../core/records.js';
import { defineStage, type StageIo } from '../core/stage.js';
import type { FrameGrid } from '../features/extractor.js';
import { featuresInfoSchema } from '../features/info.js';
import { countUtterances } from '../features/utterance-sound.js';
import { loadEmission, type EmissionModel } from '../learn/emission.js';
import { decodeConfig, type DecodeConfig } from './config.js';
import { decodeItems, type DecodeItem, type InputFolders } from './inputs.js';
import { decodeUtterance } from './utterance.js';

export const decodeStage = defineStage({
  name: 'decode',
  version: 1,
  reads: ['learn', 'segments', 'clusters', 'vad', 'features'],
  config: decodeConfig,
  async run(io) {
    const folders = io.inputs as unknown as InputFolders & { learn: string };
    const grid = await readJson(join(folders.features, 'features.json'), featuresInfoSchema);
    const model = await loadEmission(folders.learn, io.compute);
    const path = join(io.out, 'hypotheses.jsonl');
    const writer = await JsonlWriter.create(path);
    const progress = startProgress(io.log, 'decode', await countUtterances(folders.vad), 'utterances');
    const counts = { phones: 0, empty: 0, failed: 0, samples: 0 };
    try {
      for await (const item of decodeItems(folders, model.needsFrames)) {
        io.signal?.throwIfAborted();
        const { id, recording, split, samples } = item.utterance;
        const phones = await decodeOrSkip(io, model, item, grid);
        await writer.write({ id, recording, split, phones: phones ?? [] } satisfies Hypothesis);
        counts.phones += phones?.length ?? 0;
        counts.empty += phones?.length ? 0 : 1;
        counts.failed += phones ? 0 : 1;
        counts.samples += samples;
        progress.update(writer.count);
      }
    } finally {
      progress.finish();
      await writer.close();
      await model.dispose();
    }
    if (counts.failed === writer.count) throw new AsrError('input', `decode: none of ${writer.count} utterances could be decoded`, 'The reasons are in the warnings above.');
    await pipeline(kaldiLines(path), createWriteStream(join(io.out, 'hyp.txt')));
    return { utterances: writer.count, phones: counts.phones, 'empty hypotheses': counts.empty, 'phones per second': counts.phones / (counts.samples / sampleRate) };
  },
});

type Io = StageIo<DecodeConfig>;

/** Phones of one utterance; undefined, and told by name, when it has none to decode or the model cannot take it. */
async function decodeOrSkip(io: Io, model: EmissionModel, { utterance, input }: DecodeItem, grid: FrameGrid): Promise<TimedPhone[] | undefined> {
  if (!input) {
    await io.skip(utterance.id, 'an earlier stage left it out (see its skipped.jsonl); its hypothesis is empty');
    return undefined;
  }
  try {
    return decodeUtterance(await model.emit(input), model, utterance.regions, grid, io.config);
  } catch (thrown) {
    const error = toAsrError(thrown);
    if (isFatal(error)) throw error;
    await io.skip(utterance.id, `${error.message}; its hypothesis is empty`);
    return undefined;
  }
}

/** Kaldi text: the id and its phones, an id alone where nothing was heard. */
async function* kaldiLines(hypotheses: string): AsyncGenerator<string> {
  for await (const { id, phones } of readJsonl(hypotheses, hypothesisSchema)) yield `${[id, ...phones.map(({ phone }) => phone)].join(' ')}\n`;
}
