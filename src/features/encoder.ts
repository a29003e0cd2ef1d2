// A published encoder as a front end: 16 kHz samples in, the hidden states of one transformer block out. The ONNX file
// is ended at that block, so that what stands above costs nothing.
import { open, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { insideFolder } from '../core/inside-folder.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { sampleRate } from '../core/records.js';
import type { Compute } from '../core/stage.js';
import { endAt, readOnnxFile } from '../engine/index.js';
import type { FeaturesConfig } from './config.js';
import { activationBytes, cutPieces, makeBatches, type UtterancePiece } from './encoder-batches.js';
import { chooseValue } from './encoder-blocks.js';
import { defaultBlock, findEncoder, gridOf, type EncoderFiles } from './encoder-files.js';
import type { FrameBatch, LaneOptions, SoundBatch } from './encoder-lane.js';
import { openPool, type EncoderPool } from './encoder-pool.js';
import type { FeatureExtractor } from './extractor.js';
import { frameCount, refuseBrokenSound, type FrameGrid, type Frames } from './frame-grid.js';

/** Waveforms in one batch, however short. */
const mostTogether = 64;

export interface PreparedEncoder {
  readonly files: EncoderFiles;
  /** The ONNX file, ended at `output`. */
  readonly model: Buffer;
  readonly output: string;
  /** undefined where outputNode was given. */
  readonly layer: number | undefined;
  /** Files of weights that the model still needs, beside the ONNX file. */
  readonly dataFiles: readonly string[];
}

/**
 * Finds the model and ends it at the block that the config asks for.
 * @param folder where a relative path starts
 * @throws AsrError 'model' when files are missing, damaged, or do not tell which value is meant
 */
export async function prepareEncoder(config: FeaturesConfig, folder: string): Promise<PreparedEncoder> {
  const files = await findEncoder(config.model === '' ? '' : resolve(folder, config.model));
  const bytes = await readFile(files.onnx);
  const whole = readOnnxFile(bytes, files.onnx);
  for (const name of whole.dataFiles) await insideFolder(dirname(files.onnx), name, { source: files.onnx });
  const layer =
    config.layer ?? files.recommended ?? (files.blocks === undefined ? undefined : defaultBlock(files.blocks));
  if (layer === undefined && config.outputNode === '')
    throw new AsrError(
      'model',
      `${files.onnx}: config.json does not say how many blocks it has (num_hidden_layers)`,
      'Set features.layer or features.outputNode.',
    );
  const output = chooseValue(whole, { layer: layer ?? 0, outputNode: config.outputNode }, files.onnx);
  const model = endAt(bytes, output, files.onnx);
  const { dataFiles } = readOnnxFile(model, files.onnx);
  for (const name of dataFiles) await refuseUnfetched(join(dirname(files.onnx), name));
  return {
    files,
    model,
    output,
    layer: config.outputNode === '' ? layer : undefined,
    dataFiles,
  };
}

/** What is not there at all is named by the runtime. */
async function refuseUnfetched(path: string): Promise<void> {
  const file = await open(path).catch(() => undefined);
  if (!file) return;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    refuseLfsPointer(buffer.subarray(0, bytesRead), path);
  } finally {
    await file.close();
  }
}

/** @throws AsrError as prepareEncoder, and 'model' when the model does not give the frames that its config promises */
export async function createEncoder(
  config: FeaturesConfig,
  compute: Compute,
  folder: string,
): Promise<FeatureExtractor> {
  const { files, model, output, layer } = await prepareEncoder(config, folder);
  const { sessions } = config.extraction;
  const threads =
    compute.threads === 0 && sessions > 1
      ? Math.max(1, Math.floor(availableParallelism() / sessions))
      : compute.threads;
  const lane: LaneOptions = {
    model,
    folder: dirname(files.onnx),
    name: files.onnx,
    output,
    compute: { ...compute, threads },
  };
  const pool = await openPool(lane, sessions);
  try {
    const grid = gridOf(files);
    const dim = await tryOut(pool, grid, files.onnx);
    return encoderOver(
      pool,
      { config, files, grid, dim },
      { family: files.family, output, ...(layer === undefined ? {} : { layer }) },
    );
  } catch (error) {
    await pool.dispose();
    throw error;
  }
}

/** Ten frames of silence: says the dimension, and whether config.json belongs to the file. */
async function tryOut(pool: EncoderPool, { hop, window }: FrameGrid, where: string): Promise<number> {
  const width = window + 9 * hop;
  const { rows, dim } = await pool.run({ values: new Float32Array(width), lengths: [width], width });
  if (rows !== 10)
    throw new AsrError(
      'model',
      `${where}: gives ${rows} frames for ${width} samples, expected 10 by conv_kernel and conv_stride of config.json`,
      'Does config.json belong to this file? It must hold its own conv_kernel and conv_stride.',
    );
  return dim;
}

interface Setup {
  readonly config: FeaturesConfig;
  readonly files: EncoderFiles;
  readonly grid: FrameGrid;
  readonly dim: number;
}

function encoderOver(
  pool: EncoderPool,
  { config, files, grid, dim }: Setup,
  about: Readonly<Record<string, string | number>>,
): FeatureExtractor {
  const { hop, window } = grid;
  const { memoryMiB, chunkSeconds, contextSeconds } = config.extraction;
  const inFrames = (seconds: number): number => Math.round((seconds * sampleRate) / hop);
  const pieceOptions = { hop, window, chunk: Math.max(1, inFrames(chunkSeconds)), context: inFrames(contextSeconds) };
  const sizes = { ...files, hop, firstStride: files.strides[0] as number };
  const batchOptions = {
    budget: memoryMiB * 2 ** 20,
    cost: (samples: number) => activationBytes(samples, sizes),
    most: pool.inputs.single ? 1 : mostTogether,
    padded: pool.inputs.mask !== undefined && !files.hearsPadding,
  };
  const levelled = config.normaliseSound ?? files.normaliseSound ?? !files.normalisesOverTime;

  const extractMany = async (sounds: readonly Float32Array[]): Promise<(Frames | Error)[]> => {
    const results = sounds.map((samples) => prepared(samples, grid, dim, levelled));
    const pieces = results.flatMap((result, i) =>
      result instanceof Error ? [] : cutPieces(i, result.sound.length, pieceOptions),
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
    dim,
    about,
    extractMany,
    extract: async (samples) => {
      const [frames] = await extractMany([samples]);
      if (!frames || frames instanceof Error) throw frames ?? new AsrError('internal', 'no frames');
      return frames;
    },
    dispose: () => pool.dispose(),
  };
}

interface Prepared {
  readonly sound: Float32Array;
  /** [rows, dim], to be filled. */
  readonly data: Float32Array;
}

function prepared(samples: Float32Array, { hop, window }: FrameGrid, dim: number, levelled: boolean): Prepared | Error {
  try {
    refuseBrokenSound(samples);
  } catch (error) {
    return error as Error;
  }
  return {
    sound: levelled ? level(samples) : samples,
    data: new Float32Array(frameCount(samples.length, window, hop) * dim),
  };
}

/** Mean 0 and variance 1, as Wav2Vec2FeatureExtractor of Hugging Face does: (x - mean) / sqrt(variance + 1e-7). */
export function level(samples: Float32Array): Float32Array {
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
