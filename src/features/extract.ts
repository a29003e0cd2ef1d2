// A stretch of utterances in, their frames in shards out, in manifest order: in windows of some minutes
// of speech, so that an encoder can put utterances of like length together. Windows depend on the
// stretch alone, and with them the bytes.
import { itemProblem } from '../core/errors.js';
import type { NpyType } from '../core/npy.js';
import { startProgress } from '../core/progress.js';
import { ShardWriter } from '../core/shard-writer.js';
import type { Stretch } from '../core/stretches.js';
import type { PieceIo } from '../core/stage.js';
import type { FeaturesConfig } from './config.js';
import { createExtractor } from './extractor.js';
import type { FrameGrid } from '../core/frame-grid.js';
import { sampleRate } from '../core/time.js';
import { brokenFrame, largestFloat16, type FrameRows } from './frames.js';
import type { FrameMaker } from './frame-source.js';
import { openPrecomputed } from './precomputed.js';
import { utteranceSounds, type UtteranceSound } from './utterance-sound.js';

type Io = PieceIo<FeaturesConfig, 'audio' | 'vad'>;

/** @throws AsrError as createExtractor and openPrecomputed */
export async function openMaker(io: Io): Promise<FrameMaker> {
  if (io.config.kind === 'precomputed' || io.config.kind === 'supervised-stand-in')
    return openPrecomputed(io.config, io.data, io.inputs.vad);
  const extractor = await createExtractor(io.config, io.compute, io.data);
  const { dim, hop, window, start, about } = extractor;
  if (about)
    io.log.debug(
      `${dim} dimensions every ${(hop / sampleRate) * 1000} ms: ${Object.entries(about)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    );
  return {
    dim,
    hop,
    window,
    start,
    needsSound: true,
    ...(about ? { about } : {}),
    make: async (sounds) => {
      const samples = sounds.map((sound) => sound.samples);
      if (extractor.extractMany) return extractor.extractMany(samples);
      return Promise.all(samples.map((one) => extractor.extract(one).catch((error: unknown) => error as Error)));
    },
    dispose: () => extractor.dispose(),
  };
}

const windowSamples = 300 * sampleRate;
const windowUtterances = 256;

/** Frames of a stretch of utterances into `folder`. */
export async function extractRange(
  io: Io,
  maker: FrameMaker,
  { first, end, bytes }: Stretch,
  folder: string,
  type: NpyType,
): Promise<void> {
  const { audio, vad } = io.inputs;
  await using writer = await ShardWriter.create(folder, { columns: maker.dim, type });
  const progress = startProgress(io.log, 'features', end - first, 'utterances');
  const largest = type === 'float16' ? largestFloat16 : Infinity;
  const started = performance.now();
  let utterances = 0;
  let samples = 0;
  try {
    for await (const window of windowsOf(
      utteranceSounds(maker.needsSound ? audio : undefined, vad, bytes, (id, reason) => io.skip(id, reason)),
    )) {
      io.signal?.throwIfAborted();
      const results = await maker.make(window);
      for (const [i, sound] of window.entries()) {
        const data = await usable(results[i] as FrameRows | Error, maker, largest, sound, (id, reason) =>
          io.skip(id, reason),
        );
        samples += sound.utterance.samples;
        if (data) await writer.append(sound.utterance.id, data);
      }
      utterances += window.length;
      const seconds = (performance.now() - started) / 1000;
      progress.update(
        utterances,
        `${Math.round(writer.rows / seconds)} frames/s, ` +
          `${((seconds * sampleRate) / Math.max(1, samples)).toPrecision(2)} of real time`,
      );
    }
  } finally {
    progress.finish();
  }
  await writer.close();
}

async function* windowsOf(sounds: AsyncIterable<UtteranceSound>): AsyncGenerator<UtteranceSound[]> {
  let window: UtteranceSound[] = [];
  let samples = 0;
  for await (const sound of sounds) {
    window.push(sound);
    samples += sound.utterance.samples;
    if (samples < windowSamples && window.length < windowUtterances) continue;
    yield window;
    window = [];
    samples = 0;
  }
  if (window.length > 0) yield window;
}

async function usable(
  result: FrameRows | Error,
  { window, dim }: FrameGrid & { readonly dim: number },
  largest: number,
  { utterance, samples }: UtteranceSound,
  leaveOut: (id: string, reason: string) => Promise<void>,
): Promise<Float32Array | undefined> {
  if (result instanceof Error) {
    const error = itemProblem(result);
    await leaveOut(utterance.id, error.message);
    return undefined;
  }
  const broken = brokenFrame(result.data, dim, largest);
  if (broken !== undefined) {
    await leaveOut(utterance.id, `its frames cannot be used: ${broken}`);
    return undefined;
  }
  if (result.rows > 0) return result.data;
  await leaveOut(utterance.id, `${samples.length} samples are less than one frame of ${window}`);
  return undefined;
}
