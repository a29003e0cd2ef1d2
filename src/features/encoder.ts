// A published encoder as a front end: 16 kHz samples in, the hidden states of one transformer block out. The ONNX file
// is ended at that block, so that what stands above costs nothing.
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { buildOn } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import { insideFolder } from '../core/inside-folder.js';
import { readModelFile, refuseUnfetched } from '../core/lfs-pointer.js';
import type { Compute } from '../core/stage.js';
import { endAt, readOnnxFile } from '../engine/index.js';
import { existingModelPath } from '../hub/index.js';
import type { FeaturesConfig } from './config.js';
import { chooseValue } from './encoder-blocks.js';
import { defaultBlock, findEncoder, gridOf, ownFamily, ownState, type EncoderFiles } from './encoder-files.js';
import type { LaneOptions } from './encoder-lane.js';
import { openPool } from './encoder-pool.js';
import { encoderOver, tryOut } from './encoder-run.js';
import type { FeatureExtractor } from './extractor.js';

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
  const files = await findEncoder(config.model === '' ? '' : existingModelPath(config.model, folder));
  const bytes = await readModelFile(files.onnx);
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
  const own = ownState(layer ?? 0);
  const output =
    config.outputNode === '' && files.family === ownFamily && whole.outputs.includes(own)
      ? own
      : chooseValue(whole, { layer: layer ?? 0, outputNode: config.outputNode }, files.onnx);
  const model = endAt(bytes, output, files.onnx);
  const { dataFiles } = readOnnxFile(model, files.onnx);
  // What is not there at all is named by the runtime.
  for (const name of dataFiles) await refuseUnfetched(join(dirname(files.onnx), name));
  return {
    files,
    model,
    output,
    layer: config.outputNode === '' ? layer : undefined,
    dataFiles,
  };
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
  return buildOn(await openPool(lane, sessions), async (pool) => {
    const grid = gridOf(files);
    const { dim } = await tryOut(pool, grid, files.onnx, [
      'conv_kernel and conv_stride of config.json',
      'Does config.json belong to this file? It must hold its own conv_kernel and conv_stride.',
    ]);
    return encoderOver(pool, {
      config,
      grid,
      dim,
      sizes: { ...files, hop: grid.hop, firstStride: files.strides[0] as number },
      padded: !files.hearsPadding,
      normaliseSound: config.normaliseSound ?? files.normaliseSound ?? !files.normalisesOverTime,
      about: { family: files.family, output, ...(layer === undefined ? {} : { layer }) },
    });
  });
}
