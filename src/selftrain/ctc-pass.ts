// The pass after the HMMs: a convolutional network on log-mel frames, trained with CTC on what was recognised, with speech
// that is changed anew in every epoch; and what it hears, by the decoder of the decode stage.
import { join } from 'node:path';
import { initialParameters, networkShape, rowEnds } from '../bootstrap/network.js';
import { createNetworkRunner } from '../bootstrap/posteriors.js';
import { fitToSpeech } from '../bootstrap/listener.js';
import { labelledFramesSource } from '../bootstrap/sources.js';
import { trainNetwork } from '../bootstrap/train.js';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import { sampleRate } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { runStage } from '../core/stage-run.js';
import type { Compute, StageIo } from '../core/stage.js';
import { blankSymbol } from '../decode/acoustics.js';
import { decodeConfig } from '../decode/config.js';
import { createDecoder, type Span } from '../decode/decoder.js';
import { featuresConfig } from '../features/config.js';
import { featuresInfoSchema, type FeaturesInfo } from '../features/folder.js';
import { featuresStage } from '../features/stage.js';
import { silenceSymbol } from '../text/phone-text.js';
import type { FoundPhones } from '../triphone/search.js';
import type { SelftrainConfig, SelftrainCtcConfig } from './config.js';
import { readLabels, type SelftrainCorpus } from './corpus.js';
import { rowCodes, ctcTargets } from './ctc-labels.js';
import { loadCtc, saveCtc } from './ctc-model.js';
import type { Recogniser } from './recognise.js';

/** Below the stage's folder, for what can be made again. */
export const workFolder = 'work';
const bandsOf = (out: string): string => join(out, workFolder, 'bands');

/** Log-mel frames of the corpus, in the stage's folder. */
export interface Bands {
  readonly grid: FeaturesInfo;
  readonly frames: ShardReader;
}

export async function openBands(out: string): Promise<Bands> {
  return {
    grid: await readJson(join(bandsOf(out), 'features.json'), featuresInfoSchema),
    frames: await ShardReader.open(join(bandsOf(out), 'frames')),
  };
}

/** Frames of a phone at least: with less it could fall between two rows. */
const leastFrames = 3;

/** @param labels hypotheses.jsonl to learn from. @throws AsrError 'model' where there is nothing to learn from */
export async function trainCtc(
  io: StageIo<SelftrainConfig>,
  corpus: SelftrainCorpus,
  labels: string,
  folder: string,
): Promise<void> {
  const { ctc } = io.config;
  await runStage(featuresStage, {
    ...io,
    log: io.log.child('bands'),
    config: featuresConfig.parse({ kind: 'logmel', melBands: ctc.bands, normalise: 'none', storage: 'float16' }),
    out: bandsOf(io.out),
  });
  const { grid, frames } = await openBands(io.out);
  try {
    const utterances = corpus.utterances.filter(({ id, split }) => split === 'train' && frames.has(id));
    const recognised = await readLabels(
      { utterances, index: corpus.index, grid, view: { base: frames } },
      labels,
      leastFrames,
    );
    const codes = new Map([...recognised.labels].map(([id, own]) => [id, rowCodes(own)]));
    if (codes.size === 0)
      throw new AsrError(
        'model',
        `selftrain: ${labels} holds nothing to learn from`,
        'Set selftrain.method=none, or look at what decode wrote.',
      );
    const source = labelledFramesSource(frames, codes, grid.hop / sampleRate);
    const shape = networkShape(ctc.bands, corpus.phones.length + 2, ctc.network);
    const rng = io.rng.fork('ctc');
    const start = Object.fromEntries(
      Object.entries(initialParameters(shape, rng.fork('weights'))).map(([name, { init }]) => [name, init]),
    );
    const parameters = await trainNetwork({
      name: 'ctc',
      shape,
      start,
      parts: [{ source, crops: ctc.train.batch, augment: ctc.augment }],
      epochs: ctc.train.epochs,
      learningRate: ctc.train.learningRate,
      findTargets: ctcTargets(shape.classes, ctc.train.crop >> 1),
      config: { train: { ...ctc.train, labelSmoothing: 0 }, network: ctc.network },
      rng: rng.fork('training'),
      compute: io.compute,
      log: io.log,
      folder: join(io.out, workFolder, 'ctc'),
      ...(io.signal ? { signal: io.signal } : {}),
    });
    await saveCtc(
      folder,
      await fitToSpeech(shape, parameters, frames, [...codes.keys()], ctc.train.crop, rng.fork('moments'), io.compute),
    );
  } finally {
    await frames.close();
  }
}

/** Reads log-mel frames instead of those of a view. @param folder of the pass */
export async function createCtcRecogniser(
  folder: string,
  { phones, lm }: SelftrainCorpus,
  { lmWeight, insertion, beam }: SelftrainCtcConfig,
  compute: Compute,
): Promise<Recogniser> {
  const runner = createNetworkRunner(await loadCtc(folder), compute);
  const config = decodeConfig.parse({ method: 'beam', lmWeight, wordScore: insertion, beam });
  const decoder = createDecoder({ phones: [...phones, silenceSymbol, blankSymbol], silence: silenceSymbol }, config, {
    phoneLm: lm,
  });
  const index = new Map(phones.map((phone, i) => [phone, i]));
  return {
    recognise: async (frames, rows) => {
      const { logProbs, rows: found } = await runner.run(frames, rows);
      const decoded = decoder.decode({ logProbs, rows: found, ends: rowEnds(rows) });
      return withoutGaps(decoded.phones, rows, index);
    },
    dispose: () => runner.dispose(),
  };
}

/** Longer gaps are silence. */
const longestGap = 20;

/** CTC says when a phone is there, not how long it lasts: each lasts half-way to its neighbours, unless they are far. */
export function withoutGaps(spans: readonly Span[], rows: number, index: ReadonlyMap<string, number>): FoundPhones {
  const phones: number[] = [];
  const ends: number[] = [];
  const add = (phone: number, end: number): void => {
    phones.push(phone);
    ends.push(end);
  };
  let before = 0;
  for (const { text, startFrame, endFrame } of spans) {
    const gap = startFrame - before;
    if (gap > longestGap) add(index.size, startFrame);
    else if (ends.length > 0) ends[ends.length - 1] = before + (gap >> 1);
    add(index.get(text)!, endFrame);
    before = endFrame;
  }
  if (ends.length > 0 && rows - before > longestGap) add(index.size, rows);
  else if (ends.length > 0) ends[ends.length - 1] = rows;
  return { phones: Int32Array.from(phones), ends: Int32Array.from(ends), score: 0 };
}
