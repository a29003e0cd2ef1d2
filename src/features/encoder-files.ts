// The folder of a published encoder in, what has to be known to run it out: the ONNX file, config.json (sizes, strides)
// and preprocessor_config.json (normalisation), as Hugging Face and Optimum write them.
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { checked } from '../core/checked.js';
import { AsrError } from '../core/errors.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { parsePythonJson } from '../core/python-json.js';
import { sampleRate } from '../core/time.js';
import { largestGrid } from '../encoders/index.js';

/**
 * Encoders that `asr pretrain` made: they list their states as outputs by number, side
 * branches that no other block passes.
 */
export const ownFamily = 'asr-pretrain';
export const ownState = (layer: number): string => `hidden_states.${layer}`;

const size = z.number().int().positive().max(65_536);
/** Samples of a layer of convolution, and layers of them. */
const width = z.number().int().positive().max(10_000);
const mostLayers = 32;

const configSchema = z.object({
  model_type: z.string().default('unknown'),
  num_hidden_layers: z.number().int().positive().max(1000).optional(),
  /** Not of Hugging Face: the block to take where nobody asks for one. */
  default_layer: z.number().int().positive().max(1000).optional(),
  hidden_size: size.default(1024),
  intermediate_size: size.default(4096),
  num_attention_heads: size.default(16),
  conv_dim: z.union([size, z.array(size).min(1).max(mostLayers)]).default(512),
  conv_kernel: z.array(width).min(1).max(mostLayers).default([10, 3, 3, 3, 3, 2, 2]),
  conv_stride: z.array(width).min(1).max(mostLayers).default([5, 2, 2, 2, 2, 2, 2]),
  feat_extract_norm: z.enum(['group', 'layer']).default('layer'),
  /** data2vec: positions come from a stack of convolutions. */
  conv_pos_kernel_size: width.optional(),
});

const preprocessorSchema = z.object({
  do_normalize: z.boolean().optional(),
  sampling_rate: z.number().positive().max(1_000_000).optional(),
});

export const encoderSchemas = [configSchema, preprocessorSchema] as const;

export interface EncoderFiles {
  /** The ONNX file. */
  readonly onnx: string;
  /** Files that say what the model is; those that are there. */
  readonly settings: readonly string[];
  readonly family: string;
  /** Transformer blocks, where the config says. */
  readonly blocks: number | undefined;
  /** The block that its maker recommends, where the config says. */
  readonly recommended: number | undefined;
  readonly hiddenSize: number;
  readonly innerSize: number;
  readonly heads: number;
  readonly channels: number;
  readonly kernels: readonly number[];
  readonly strides: readonly number[];
  /** The first layer is normalised over time (base models). */
  readonly normalisesOverTime: boolean;
  /**
   * Padding changes the frames of an utterance, in spite of the mask: statistics over time hear it, and so do stacked
   * positional convolutions (only the first of them finds zeros there).
   */
  readonly hearsPadding: boolean;
  /** undefined: preprocessor_config.json is not there or says nothing. */
  readonly normaliseSound: boolean | undefined;
}

/** Names that exporters give, best first. */
const onnxNames = [
  'model.onnx',
  'model_fp16.onnx',
  'model_quantized.onnx',
  'encoder_model.onnx',
  join('onnx', 'model.onnx'),
  join('onnx', 'model_fp16.onnx'),
  join('onnx', 'model_quantized.onnx'),
];
const configName = 'config.json';
const preprocessorName = 'preprocessor_config.json';

/** What gets a model, for the messages: with Python at hand, and without. */
export function fetchCommands(folder: string): string {
  return (
    `Make it from any wav2vec 2.0, HuBERT, WavLM or data2vec model: \`optimum-cli export onnx --model ` +
    `facebook/wav2vec2-large-lv60 --task feature-extraction ${folder}\`; ` +
    `or fetch a converted one: \`hf download Xenova/hubert-base-ls960 config.json preprocessor_config.json ` +
    `onnx/model.onnx --local-dir ${folder}\`. docs/encoders.md lists models.`
  );
}

/**
 * @param path folder or .onnx file
 * @throws AsrError 'model' when a file is missing or cannot be used; the hint holds the commands that get one
 */
export async function findEncoder(path: string): Promise<EncoderFiles> {
  if (path === '')
    throw new AsrError('config', 'features.kind is onnx, but features.model names no model', fetchCommands('ENCODER'));
  const folder = isFolder(path) ? path : dirname(path);
  const onnx = isFolder(path) ? onnxNames.map((name) => join(path, name)).find((name) => existsSync(name)) : path;
  if (onnx === undefined || !existsSync(onnx)) {
    throw new AsrError(
      'model',
      isFolder(path)
        ? `${path}: no ONNX file in this folder (looked for ${onnxNames[0]} and ${onnxNames.length - 1} other names)`
        : `${path}: no such file or folder`,
      fetchCommands(path.endsWith('.onnx') ? folder : path),
    );
  }
  // A model in `onnx/` has its settings one folder up.
  const places =
    basename(folder) === 'onnx' || basename(dirname(onnx)) === 'onnx'
      ? [dirname(onnx), dirname(dirname(onnx))]
      : [folder];
  const config = find(places, configName);
  if (config === undefined)
    throw new AsrError(
      'model',
      `${join(folder, configName)}: missing; it says how the model cuts sound into frames`,
      `Fetch it from the model's page: \`hf download MODEL ${configName} ${preprocessorName} --local-dir ${folder}\`.`,
    );
  const preprocessor = find(places, preprocessorName);
  const c = await readSettings(config, configSchema);
  const p = preprocessor === undefined ? {} : await readSettings(preprocessor, preprocessorSchema);
  if (p.sampling_rate !== undefined && p.sampling_rate !== sampleRate)
    throw new AsrError(
      'model',
      `${preprocessor ?? ''}: the model hears sound of ${p.sampling_rate} Hz, expected ${sampleRate} Hz`,
      'Take a model for 16 kHz.',
    );
  if (c.conv_kernel.length !== c.conv_stride.length)
    throw new AsrError(
      'model',
      `${config}: conv_kernel has ${c.conv_kernel.length} entries, conv_stride ${c.conv_stride.length}`,
      'Fetch the file again.',
    );
  const { hop, window } = gridOf({ kernels: c.conv_kernel, strides: c.conv_stride });
  if (hop > largestGrid || window > largestGrid)
    throw new AsrError(
      'model',
      `${config}: conv_kernel and conv_stride give frames of ${window} ` +
        `samples every ${hop}; at most ${largestGrid} can be`,
      'Fetch the file again.',
    );
  return {
    onnx: resolve(onnx),
    settings: [config, ...(preprocessor === undefined ? [] : [preprocessor])],
    family: c.model_type,
    blocks: c.num_hidden_layers,
    recommended: c.default_layer,
    hiddenSize: c.hidden_size,
    innerSize: c.intermediate_size,
    heads: c.num_attention_heads,
    channels: Array.isArray(c.conv_dim) ? Math.max(...c.conv_dim) : c.conv_dim,
    kernels: c.conv_kernel,
    strides: c.conv_stride,
    normalisesOverTime: c.feat_extract_norm === 'group',
    hearsPadding: c.feat_extract_norm === 'group' || c.conv_pos_kernel_size !== undefined,
    normaliseSound: p.do_normalize,
  };
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();
const find = (folders: readonly string[], name: string): string | undefined =>
  folders.map((folder) => join(folder, name)).find((path) => existsSync(path));

async function readSettings<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
  const text = await readFile(path, 'utf8');
  refuseLfsPointer(text, path);
  const broken = (what: string): AsrError =>
    new AsrError('model', `${path}: ${what}`, "Fetch the file again from the model's page.");
  let value: unknown;
  try {
    value = parsePythonJson(text);
  } catch {
    throw broken('not valid JSON');
  }
  return checked(schema, value, broken, 'the file');
}

/** Samples between frames and samples in a frame: what a stack of convolutions without padding sees. */
export function gridOf({ kernels, strides }: Pick<EncoderFiles, 'kernels' | 'strides'>): {
  hop: number;
  window: number;
} {
  let window = 1;
  for (let i = kernels.length - 1; i >= 0; i--) window = (window - 1) * (strides[i] as number) + (kernels[i] as number);
  return { hop: strides.reduce((product, stride) => product * stride, 1), window };
}

/** The block that is taken when none is asked for: wav2vec-U took 15 of 24; phones are told apart best near there. */
export function defaultBlock(blocks: number): number {
  return Math.max(1, Math.round((blocks * 5) / 8));
}
