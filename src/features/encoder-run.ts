// An encoder at work on utterances: levels the sound, cuts long ones, puts those of like length together, and collects
// the frames. Who made the graph, and of what, is not its business.
import { AsrError } from '../core/errors.js';
import type { FeaturesConfig } from './config.js';
import { activationBytes, cutPieces, makeBatches, type EncoderSizes, type UtterancePiece } from './encoder-batches.js';
import type { FrameBatch, SoundBatch } from './encoder-lane.js';
import type { EncoderPool } from './encoder-pool.js';
import type { FeatureExtractor } from './extractor.js';
import { frameCount, type FrameGrid } from '../core/frame-grid.js';
import { sampleRate, type Samples } from '../core/time.js';
import { extractOne, refuseBrokenSound, type FrameRows } from './frames.js';

/** Waveforms in one batch, however short. */
const mostTogether = 64;

/** Ten frames of silence: says the dimension, and whether the model gives the frames that it promises. */
export async function tryOut(
  pool: EncoderPool,
  { hop, window }: FrameGrid,
  where: string,
  [promise, advice]: readonly [string, string],
): Promise<FrameBatch> {
  const width = window + 9 * hop;
  const found = await pool.run({ values: new Float32Array(width), lengths: [width], width });
  if (found.rows !== 10)
    throw new AsrError(
      'model',
      `${where}: gives ${found.rows} frames for ${width} samples, expected 10 by ${promise}`,
      advice,
    );
  return found;
}

export interface EncoderSetup {
  readonly config: FeaturesConfig;
  readonly grid: FrameGrid;
  readonly dim: number;
  /** For the memory that a waveform takes. */
  readonly sizes: EncoderSizes;
  /** Padding in a batch changes nothing. */
  readonly padded: boolean;
  /** Frames that the model can take at a time; longer utterances are cut, whatever the settings say. */
  readonly mostFrames?: number | undefined;
  /** Each utterance gets mean 0 and variance 1 first. */
  readonly normaliseSound: boolean;
  /** For features.json. */
  readonly about: Readonly<Record<string, string | number>>;
}

export function encoderOver(pool: EncoderPool, setup: EncoderSetup): FeatureExtractor {
  const { config, grid, dim, sizes, padded, normaliseSound, about, mostFrames = Infinity } = setup;
  const { hop, window, start = 0 } = grid;
  const { memoryMiB, chunkSeconds, contextSeconds } = config.extraction;
  const inFrames = (seconds: number): number => Math.round((seconds * sampleRate) / hop);
  const context = Math.min(inFrames(contextSeconds), Math.floor(mostFrames / 4));
  const chunk = Math.max(1, Math.min(inFrames(chunkSeconds), mostFrames - 2 * context));
  const pieceOptions = { hop, window, chunk, context };
  const batchOptions = {
    budget: memoryMiB * 2 ** 20,
    cost: (samples: number) => activationBytes(samples, sizes),
    most: pool.inputs.single ? 1 : mostTogether,
    padded: pool.inputs.mask !== undefined && padded,
  };

  const extractMany = async (sounds: readonly Float32Array[]): Promise<(FrameRows | Error)[]> => {
    const results = sounds.map((samples) => prepared(samples, grid, dim, normaliseSound));
    const pieces = results.flatMap((result, i) =>
      result instanceof Error ? [] : cutPieces(i, result.sound.length as Samples, pieceOptions),
    );
    await Promise.all(
      makeBatches(pieces, batchOptions).map(async (batch) => {
        const found = await pool.run(
          sideBySide(
            batch,
            results.map((result) => (result instanceof Error ? undefined : result.sound)),
          ),
        );
        batch.forEach((piece, b) => {
          keep(found, b, piece, results[piece.sound] as Prepared);
        });
      }),
    );
    return results.map((result) =>
      result instanceof Error ? result : { data: result.data, rows: result.data.length / dim },
    );
  };
  return {
    hop,
    window,
    start,
    dim,
    about,
    extractMany,
    extract: extractOne(extractMany),
    dispose: () => pool.dispose(),
  };
}

interface Prepared {
  readonly sound: Float32Array;
  /** [rows, dim], to be filled. */
  readonly data: Float32Array;
}

function prepared(
  samples: Float32Array,
  { hop, window }: FrameGrid,
  dim: number,
  normaliseSound: boolean,
): Prepared | Error {
  try {
    refuseBrokenSound(samples);
  } catch (error) {
    return error as Error;
  }
  return {
    sound: normaliseSound ? zeroMeanUnitVariance(samples) : samples,
    data: new Float32Array(frameCount(samples.length as Samples, { window, hop }) * dim),
  };
}

/** Mean 0 and variance 1, as Wav2Vec2FeatureExtractor of Hugging Face does: (x - mean) / sqrt(variance + 1e-7). */
export function zeroMeanUnitVariance(samples: Float32Array): Float32Array {
  let sum = 0;
  let squares = 0;
  for (const value of samples) sum += value;
  const mean = sum / Math.max(1, samples.length);
  for (const value of samples) squares += (value - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / Math.max(1, samples.length) + 1e-7);
  return samples.map((value) => (value - mean) * scale);
}

function sideBySide(batch: readonly UtterancePiece[], sounds: readonly (Float32Array | undefined)[]): SoundBatch {
  const lengths = batch.map(({ start, end }) => end - start);
  const width = Math.max(...lengths);
  const values = new Float32Array(batch.length * width);
  batch.forEach(({ sound, start, end }, b) => {
    values.set((sounds[sound] as Float32Array).subarray(start, end), b * width);
  });
  return { values, lengths, width };
}

function keep({ data, rows, dim }: FrameBatch, b: number, piece: UtterancePiece, { data: into }: Prepared): void {
  if (piece.skip + piece.rows > rows)
    throw new AsrError(
      'model',
      `the encoder gave ${rows} frames where ${piece.skip + piece.rows} were expected`,
      'Does config.json belong to this file?',
    );
  const from = (b * rows + piece.skip) * dim;
  into.set(data.subarray(from, from + piece.rows * dim), piece.at * dim);
}
