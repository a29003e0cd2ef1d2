// A published checkpoint as a front end (features.kind encoder): its graph is made here, cut off at the block in use.
// In a model folder the same graph lies ready.
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { hashJson } from '../core/fingerprint.js';
import type { Compute } from '../core/stage.js';
import { mapped, openPublished, openWritten, outputName, writeEncoder, type EncoderFacts } from '../encoders/index.js';
import { existingModelPath } from '../hub/index.js';
import type { FeaturesConfig } from './config.js';
import { openPool } from './encoder-pool.js';
import { encoderOver, tryOut } from './encoder-run.js';
import type { FeatureExtractor } from './extractor.js';
import { heardOnce } from './heard-once.js';

interface Opened {
  readonly facts: EncoderFacts;
  readonly layers: readonly number[];
  readonly model: Uint8Array;
  /** Where the model's files of numbers lie. */
  readonly folder: string;
  /** For errors. */
  readonly where: string;
  /** Changes with the weights; of a model folder there is none. */
  readonly print?: string;
}

/** @throws AsrError 'config' when features.model names nothing, else as openPublished */
async function open(config: FeaturesConfig, data: string, several?: readonly number[]): Promise<Opened> {
  const path = modelPath(config, data);
  const written = await openWritten(path);
  if (written) return { ...written, where: path };
  const wanted = wantedOf(config);
  const encoder = await openPublished(path, { ...wanted, layers: several ?? wanted.layers });
  const { size, mtimeMs } = await stat(encoder.where);
  return { ...encoder, ...mapped(encoder), print: `${encoder.where} ${size} ${mtimeMs}` };
}

/** The blocks that this run and others beside it take one of each. */
const blocksBeside = ({ layer, layers }: FeaturesConfig, { heard }: Compute): readonly number[] | undefined =>
  layers.length === 0 && layer !== null && heard?.layers.includes(layer) ? heard.layers : undefined;

function modelPath({ kind, model }: FeaturesConfig, data: string): string {
  if (model === '')
    throw new AsrError(
      'config',
      `features.kind is ${kind}, but features.model names no model`,
      'Name the folder of a checkpoint (config.json, preprocessor_config.json and model.safetensors), or a model ' +
        'that `asr fetch` fetched; `asr fetch --list` names some.',
    );
  return existingModelPath(model, data);
}

const wantedOf = ({ layer, layers, layerWeights, precision }: FeaturesConfig): Parameters<typeof openPublished>[1] => ({
  layers: layers.length > 0 ? layers : layer === null ? undefined : [layer],
  weights: layerWeights.length > 0 ? layerWeights : undefined,
  precision,
});

/**
 * @param data where a relative `config.model` starts
 * @throws AsrError 'model' when files are missing, damaged, contradict each other or hold numbers that are none
 */
export async function createPublishedEncoder(
  config: FeaturesConfig,
  compute: Compute,
  data: string,
): Promise<FeatureExtractor> {
  const beside = blocksBeside(config, compute);
  const { facts, layers, model, folder, where, print } = await open(config, data, beside);
  const several = print === undefined ? undefined : beside;
  const { hop } = facts.grid;
  const { sessions } = config.extraction;
  const threads =
    compute.threads === 0 && sessions > 1
      ? Math.max(1, Math.floor(availableParallelism() / sessions))
      : compute.threads;
  const lane = { model, folder, name: where, output: outputName, compute: { ...compute, threads } };
  const pool = await openPool(lane, sessions);
  try {
    const { dim } = await tryOut(pool, facts.grid, where, ['its own grid', 'Fetch the model again.']);
    const encoder = encoderOver(pool, {
      config,
      grid: facts.grid,
      dim,
      sizes: { ...facts, hop },
      padded: facts.padded,
      mostFrames: facts.mostFrames,
      normaliseSound: config.normaliseSound ?? facts.normaliseSound,
      about: {
        family: facts.family,
        ...(layers.length === 1 || several
          ? { layer: config.layer ?? (layers[0] as number) }
          : { layers: layers.join(' ') }),
      },
    });
    if (!several) return encoder;
    const { precision, normaliseSound, extraction } = config;
    return heardOnce(encoder, {
      folder: (compute.heard as NonNullable<Compute['heard']>).folder,
      encoder: hashJson({ print, layers, precision, normaliseSound, extraction }),
      layers,
      layer: config.layer as number,
    });
  } catch (error) {
    await pool.dispose();
    throw error;
  }
}

/** Into a model folder. @returns files that it wrote into `out`/`name`, and the config that finds them there */
export async function bundlePublished(
  config: FeaturesConfig,
  data: string,
  out: string,
  name: string,
): Promise<{ files: string[]; config: FeaturesConfig }> {
  const path = modelPath(config, data);
  if (existsSync(join(path, 'encoder.json'))) {
    throw new AsrError('model', `${path}: is a part of a model already`, 'Name the checkpoint it was made from.');
  }
  const files = await writeEncoder(await openPublished(path, wantedOf(config)), join(out, name));
  return { files: files.map((file) => `${name}/${file}`), config: { ...config, model: name } };
}
