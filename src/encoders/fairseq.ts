// Checkpoints of fairseq (wav2vec 2.0, XLSR-53, HuBERT, data2vec, fine-tuned ones too) and Microsoft's WavLM: their
// names and settings in, Hugging Face's out, so that each family is written once.
import type { PublishedCheckpoint, PlainValue, StoredTensor } from '../checkpoints/index.js';

export interface RenamedCheckpoint {
  readonly checkpoint: PublishedCheckpoint;
  readonly config: Readonly<Record<string, unknown>>;
  readonly preprocessor: Readonly<Record<string, unknown>>;
}

/** What stands before the encoder's names in fine-tuned files. */
const outer = /^(?:w2v_encoder|encoder)\.(?=w2v_model\.)|^w2v_model\.|^model\.(?=feature_extractor\.)/;

const renamings: readonly (readonly [RegExp, string])[] = [
  [/^feature_extractor\.conv_layers\.(\d+)\.0\./, 'feature_extractor.conv_layers.$1.conv.'],
  [/^feature_extractor\.conv_layers\.(\d+)\.2\.(?:1\.)?/, 'feature_extractor.conv_layers.$1.layer_norm.'],
  [/^layer_norm\./, 'feature_projection.layer_norm.'],
  [/^post_extract_proj\./, 'feature_projection.projection.'],
  [/^encoder\.pos_conv\.(\d+)\.0\./, 'encoder.pos_conv_embed.layers.$1.conv.'],
  [/^encoder\.pos_conv\.0\./, 'encoder.pos_conv_embed.conv.'],
  [/\.self_attn_layer_norm\./, '.layer_norm.'],
  [/\.self_attn\.grep_linear\./, '.attention.gru_rel_pos_linear.'],
  [/\.self_attn\.grep_a$/, '.attention.gru_rel_pos_const'],
  [/\.self_attn\.relative_attention_bias\./, '.attention.rel_attn_embed.'],
  [/\.self_attn\./, '.attention.'],
  [/\.fc1\./, '.feed_forward.intermediate_dense.'],
  [/\.fc2\./, '.feed_forward.output_dense.'],
];

const landmark = /(?:^|\.)feature_extractor\.conv_layers\.0\.0\.weight$/;

/** True for names as fairseq gives them. */
export const isFairseq = ({ tensors }: PublishedCheckpoint): boolean =>
  [...tensors.keys()].some((name) => landmark.test(name));

function renamed(tensors: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  return new Map(
    [...tensors].map(([name, tensor]) => {
      let inner = name;
      for (let before = ''; before !== inner;) {
        before = inner;
        inner = inner.replace(outer, '');
      }
      const ours = renamings.reduce((text, [pattern, to]) => text.replace(pattern, to), inner);
      return [ours, { ...tensor, name }];
    }),
  );
}

/** Settings of the encoder by name: of a fine-tuned file, those of the model that it was tuned from come first. */
function settingsIn(settings: PlainValue): (name: string) => PlainValue | undefined {
  const configs: Readonly<Record<string, PlainValue>>[] = [];
  const visit = (value: PlainValue, depth: number): void => {
    if (depth > 6 || value === null || typeof value !== 'object' || Array.isArray(value)) return;
    if (value['w2v_args'] !== undefined) visit(value['w2v_args'], depth + 1);
    for (const name of ['model', 'task', 'cfg']) if (value[name] !== undefined) visit(value[name], depth + 1);
    configs.push(value);
  };
  visit(settings, 0);
  return (name) => configs.find((config) => config[name] !== undefined && config[name] !== null)?.[name];
}

const layersOfStem = /^feature_extractor\.conv_layers\.(\d+)\.conv\.weight$/;
/** Characters of a list of layers; what is longer lists none. */
const mostSettings = 10_000;
const usualStrides = [5, 2, 2, 2, 2, 2, 2];

/** `[(512, 10, 5)] + [(512, 3, 2)] * 4 + …`: the last number of each, as often as it says. */
function stridesIn(text: PlainValue | undefined): number[] | undefined {
  if (typeof text !== 'string' || text.length > mostSettings) return undefined;
  const strides: number[] = [];
  for (const [, list = '', times] of text.matchAll(/\[([^[\]]*)\](?:\s*\*\s*(\d{1,2}))?/g)) {
    const each = [...list.matchAll(/\(\s*\d+\s*,\s*\d+\s*,\s*(\d+)\s*\)/g)].map(([, stride]) => Number(stride));
    for (let i = 0; i < Number(times ?? 1); i++) strides.push(...each);
  }
  return strides.length > 0 ? strides : undefined;
}

/** What the settings do not say (or a class that is not read holds) follows from names and shapes. */
export function fromFairseq(checkpoint: PublishedCheckpoint): RenamedCheckpoint {
  const tensors = renamed(checkpoint.tensors);
  const setting = settingsIn(checkpoint.settings);
  const shapeOf = (name: string): readonly number[] => tensors.get(name)?.shape ?? [];
  const stem = [...tensors.keys()].flatMap((name) => layersOfStem.exec(name)?.[1] ?? []).map(Number);
  const shapes = stem.sort((a, b) => a - b).map((i) => shapeOf(`feature_extractor.conv_layers.${i}.conv.weight`));
  const stacked =
    tensors.has('encoder.pos_conv_embed.layers.0.conv.weight') &&
    tensors.has('encoder.pos_conv_embed.layers.1.conv.weight');
  // One convolution's names end alike whether it stands alone or in a stack of one.
  if (!stacked)
    for (const [name, tensor] of [...tensors])
      if (name.startsWith('encoder.pos_conv_embed.layers.0.'))
        tensors.set(name.replace('.layers.0.conv.', '.conv.'), tensor);
  const wavlm = tensors.has('encoder.layers.0.attention.gru_rel_pos_linear.weight');
  const hidden = shapeOf('encoder.layers.0.attention.q_proj.weight')[0] ?? 768;
  const layerNorm = tensors.has('feature_extractor.conv_layers.1.layer_norm.weight');
  const blocks = [...tensors.keys()].filter((name) => /^encoder\.layers\.\d+\.attention\.q_proj\.weight$/.test(name));
  const arch = setting('_name') ?? setting('arch');
  const number = (name: string): number | undefined => {
    const value = setting(name);
    return typeof value === 'number' ? value : undefined;
  };
  const flag = (name: string): boolean | undefined => {
    const value = setting(name);
    return typeof value === 'boolean' ? value : undefined;
  };
  const positions = stacked
    ? shapeOf('encoder.pos_conv_embed.layers.0.conv.weight')
    : shapeOf(
        ['weight_v', 'parametrizations.weight.original1', 'weight']
          .map((end) => `encoder.pos_conv_embed.conv.${end}`)
          .find((name) => tensors.has(name)) ?? '',
      );
  const stackDepth = [...tensors.keys()].filter((name) =>
    /^encoder\.pos_conv_embed\.layers\.\d+\.conv\.weight$/.test(name),
  );
  return {
    checkpoint: { ...checkpoint, tensors },
    config: {
      model_type: wavlm
        ? 'wavlm'
        : stacked
          ? 'data2vec-audio'
          : typeof arch === 'string' && arch.startsWith('hubert')
            ? 'hubert'
            : 'wav2vec2',
      hidden_size: hidden,
      num_hidden_layers: blocks.length,
      num_attention_heads: number('encoder_attention_heads') ?? Math.max(1, hidden / 64),
      intermediate_size: shapeOf('encoder.layers.0.feed_forward.intermediate_dense.weight')[0],
      feat_extract_norm: layerNorm ? 'layer' : 'group',
      conv_dim: shapes.map(([channels]) => channels),
      conv_kernel: shapes.map((shape) => shape[2]),
      conv_stride: stridesIn(setting('conv_feature_layers')) ?? usualStrides.slice(0, shapes.length),
      conv_bias: tensors.has('feature_extractor.conv_layers.0.conv.bias'),
      do_stable_layer_norm: flag('layer_norm_first') ?? (layerNorm && !stacked),
      num_conv_pos_embedding_groups: positions.length === 3 ? hidden / (positions[1] as number) : 16,
      ...(stacked
        ? { conv_pos_kernel_size: positions[2], num_conv_pos_embeddings: stackDepth.length }
        : { num_conv_pos_embeddings: positions[2] }),
      ...(wavlm
        ? {
            num_buckets: number('num_buckets') ?? shapeOf('encoder.layers.0.attention.rel_attn_embed.weight')[0],
            max_bucket_distance: number('max_distance') ?? 800,
          }
        : {}),
    },
    preprocessor: { do_normalize: flag('normalize') ?? layerNorm },
  };
}
