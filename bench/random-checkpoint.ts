// Checkpoints of wav2vec 2.0's shapes, base and large, with random weights as Hugging Face names them: what published
// ones weigh and how long they take, without fetching one. A folder out.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Rng } from '../src/core/rng.js';
import { kernels, strides } from './encoder-families.js';
import { float32Tensor, writeSafetensors, type RawTensor } from './safetensors.js';

export const shapes = {
  base: { hidden: 768, inner: 3072, heads: 12, blocks: 12, stable: false },
  large: { hidden: 1024, inner: 4096, heads: 16, blocks: 24, stable: true },
} as const;
export type ShapeName = keyof typeof shapes;

const channels = 512;
const positions = { kernel: 128, groups: 16 };

/** @param blocks that the file holds and config.json tells of */
export async function writeRandomCheckpoint(folder: string, name: ShapeName, blocks: number): Promise<void> {
  const { hidden, inner, heads, stable } = shapes[name];
  const rng = Rng.fromSeed(`checkpoint ${name}`);
  // One stretch of random numbers for all tensors: they are multiplied, never looked at.
  const pool = Float32Array.from({ length: (hidden * hidden * positions.kernel) / positions.groups }, () => {
    return 0.02 * rng.normal();
  });
  const tensors: Record<string, RawTensor> = {};
  const add = (path: string, ...shape: number[]): void => {
    tensors[path] = float32Tensor(
      shape,
      pool.subarray(
        0,
        shape.reduce((product, n) => product * n, 1),
      ),
    );
  };
  const both = (path: string, outputs: number, ...inputs: number[]): void => {
    add(`${path}.weight`, outputs, ...inputs);
    add(`${path}.bias`, outputs);
  };
  for (const [i, kernel] of kernels.entries()) {
    const layer = `feature_extractor.conv_layers.${i}`;
    add(`${layer}.conv.weight`, channels, i === 0 ? 1 : channels, kernel);
    if (stable) add(`${layer}.conv.bias`, channels);
    if (stable || i === 0) both(`${layer}.layer_norm`, channels);
  }
  both('feature_projection.layer_norm', channels);
  both('feature_projection.projection', hidden, channels);
  add('encoder.pos_conv_embed.conv.weight_g', 1, 1, positions.kernel);
  add('encoder.pos_conv_embed.conv.weight_v', hidden, hidden / positions.groups, positions.kernel);
  add('encoder.pos_conv_embed.conv.bias', hidden);
  both('encoder.layer_norm', hidden);
  for (let l = 0; l < blocks; l++) {
    const block = `encoder.layers.${l}`;
    for (const part of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) both(`${block}.attention.${part}`, hidden, hidden);
    both(`${block}.layer_norm`, hidden);
    both(`${block}.feed_forward.intermediate_dense`, inner, hidden);
    both(`${block}.feed_forward.output_dense`, hidden, inner);
    both(`${block}.final_layer_norm`, hidden);
  }
  await mkdir(folder, { recursive: true });
  writeSafetensors(join(folder, 'model.safetensors'), tensors);
  const config = {
    model_type: 'wav2vec2',
    num_hidden_layers: blocks,
    hidden_size: hidden,
    intermediate_size: inner,
    num_attention_heads: heads,
    conv_dim: kernels.map(() => channels),
    conv_kernel: kernels,
    conv_stride: strides,
    conv_bias: stable,
    feat_extract_norm: stable ? 'layer' : 'group',
    do_stable_layer_norm: stable,
    num_conv_pos_embeddings: positions.kernel,
    num_conv_pos_embedding_groups: positions.groups,
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(
    join(folder, 'preprocessor_config.json'),
    JSON.stringify({ do_normalize: stable, sampling_rate: 16_000 }),
  );
}
