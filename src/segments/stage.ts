// Stage segments: frames in, phone-sized segments out. Fitted on training utterances, applied to all.
// Writes boundaries.jsonl, pooled/ (and unpooled/ with its own boundaries), segmenter.json with its arrays.
import { held } from '../core/disposal.js';
import { AsrError, itemProblem } from '../core/errors.js';
import { startProgress } from '../core/progress.js';
import { ShardReader } from '../core/shards.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { sampleRate } from '../core/time.js';
import { openFrames, readFeaturesFields } from '../features/folder.js';
import { readTextStats, textPath } from '../text/folder.js';
import { readUtterances } from '../vad/folder.js';
import { segmentsConfig, type SegmentsConfig } from './config.js';
import { fitLeastSquares, fitRuns, type FitInput } from './fit.js';
import { createSegments } from './folder.js';
import { saveSegmenterModel, type SegmenterModel } from './model.js';
import { loadSegmenter, type Segmented } from './segmenter.js';

export const segmentsStage = defineStage({
  name: 'segments',
  version: 3,
  reads: ['features', 'vad', 'text'],
  config: segmentsConfig,
  run: async (io) => {
    const features = await readFeaturesFields(io.inputs.features, 'dim', 'hop', 'kind', 'deviations');
    await using frames = await openFrames(io.inputs.features);
    const ids = await usableIds(io, frames);
    const framesPerSecond = sampleRate / features.hop;
    const input: FitInput = {
      frames,
      ids: ids.train,
      dim: features.dim,
      rng: io.rng,
      compute: io.compute,
      log: io.log,
      signal: io.signal,
    };
    const phoneRate =
      io.config.method === 'dp' ? await wantedPhoneRate(io, frames, ids.train, framesPerSecond) : undefined;
    const model: SegmenterModel =
      phoneRate === undefined
        ? await fitRuns(input, io.config)
        : await fitLeastSquares(input, io.config, (io.config.rateRatio * phoneRate) / framesPerSecond, features);
    await saveSegmenterModel(io.out, model);
    const done = await segmentAll(io, frames, ids.all);
    const rate = (done.segments / done.frames) * framesPerSecond;
    io.log.info(
      `${rate.toFixed(1)} segments per second` +
        (phoneRate === undefined ? '' : `, text: ${phoneRate.toFixed(1)} phones per second`),
    );
    return {
      utterances: done.utterances,
      segments: done.segments,
      segmentsPerSecond: rate,
      ...(phoneRate === undefined ? {} : { phonesPerSecond: phoneRate }),
    };
  },
});

type Io = StageIo<SegmentsConfig, 'features' | 'vad' | 'text'>;

/** Utterances that have frames, in manifest order; those without any were left out by the features stage. */
async function usableIds(io: Io, frames: ShardReader): Promise<{ all: string[]; train: string[] }> {
  const all: string[] = [];
  const train: string[] = [];
  for await (const { id, split } of readUtterances(io.inputs.vad)) {
    if (!frames.has(id)) continue;
    if (frames.rowsOf(id) === 0) {
      await io.skip(id, 'shorter than one frame');
      continue;
    }
    all.push(id);
    if (split === 'train') train.push(id);
  }
  if (train.length === 0)
    throw new AsrError(
      'input',
      'stage segments: no training utterance has frames',
      'Check that the corpus has utterances of split "train" with speech in them.',
    );
  return { all, train };
}

/** Phones per second of training speech, as set or as the text says. */
async function wantedPhoneRate(
  io: Io,
  frames: ShardReader,
  train: readonly string[],
  framesPerSecond: number,
): Promise<number> {
  if (io.config.phoneRate > 0) return io.config.phoneRate;
  const { text } = io.inputs;
  const { sentences, phones } = await readTextStats(text, 'sentences', 'phones');
  if (!(sentences > 0 && phones > 0))
    throw new AsrError(
      'input',
      `${textPath(text, 'stats')}: the text has ${sentences} sentences and ${phones} phones`,
      'Give text, or set segments.phoneRate (phones per second of speech).',
    );
  const seconds = train.reduce((sum, id) => sum + frames.rowsOf(id), 0) / framesPerSecond;
  const rate = ((phones / sentences) * train.length) / seconds;
  if (rate < 5 || rate > 25) {
    io.log.warn(
      `the text suggests ${rate.toFixed(1)} phones per second of speech; people say 8 to 18: sentences of the text ` +
        `seem to be ${rate < 5 ? 'shorter' : 'longer'} than the utterances, set segments.phoneRate`,
    );
  }
  return rate;
}

/** Applies the saved model, read back from disk: what a bundle will do with the same files. */
async function segmentAll(
  io: Io,
  frames: ShardReader,
  ids: readonly string[],
): Promise<{ utterances: number; segments: number; frames: number }> {
  await using segmenter = held(await loadSegmenter(io.out, io.compute));
  const output = await openOutput(io.out, segmenter.columns, io.config.method === 'runs');
  const progress = startProgress(io.log, 'segmenting', ids.length, 'utterances');
  const done = { utterances: 0, segments: 0, frames: 0 };
  try {
    for (const id of ids) {
      io.signal?.throwIfAborted();
      try {
        const { data, rows } = await frames.read(id);
        const segmented = await segmenter.segment(data, rows);
        await output.write(id, segmented);
        done.utterances++;
        done.segments += segmented.segments;
        done.frames += rows;
      } catch (thrown) {
        await io.skip(id, itemProblem(thrown).message);
      }
      progress.update(done.utterances);
    }
  } finally {
    progress.finish();
    await output.close();
  }
  return done;
}

interface Output {
  write(id: string, segmented: Segmented): Promise<void>;
  close(): Promise<void>;
}

async function openOutput(folder: string, columns: number, withUnpooled: boolean): Promise<Output> {
  const pooled = await createSegments(folder, 'pooled', columns);
  const unpooled = withUnpooled ? await createSegments(folder, 'unpooled', columns) : undefined;
  return {
    write: async (id, segmented) => {
      await pooled.boundaries.write({ id, ends: [...segmented.ends] });
      await pooled.vectors.append(id, segmented.pooled);
      if (!unpooled || !segmented.unpooled) return;
      await unpooled.boundaries.write({ id, ends: [...segmented.unpooled.ends] });
      await unpooled.vectors.append(id, segmented.unpooled.data);
    },
    close: async () => {
      for (const writer of [pooled.boundaries, pooled.vectors, unpooled?.boundaries, unpooled?.vectors])
        await writer?.close();
    },
  };
}
