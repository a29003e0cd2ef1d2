// The architectures of published encoders, with their true kernels and strides, as numbers; and weights by a formula
// that test/fixtures/encoders/make_golden.py repeats. encoder-graph.ts makes graphs of them.
export const kernels = [10, 3, 3, 3, 3, 2, 2];
export const strides = [5, 2, 2, 2, 2, 2, 2];

export interface Architecture {
  readonly type: string;
  readonly stem: 'group' | 'layer';
  readonly preNorm: boolean;
  readonly masked: boolean;
  readonly relative: boolean;
  readonly convStack: boolean;
  /** Module that the encoder stands in, as in exports of fine-tuned models: `/wav2vec2/encoder/…`. */
  readonly outer: string;
}

export interface Sizes {
  readonly channels: number;
  readonly hidden: number;
  readonly inner: number;
  readonly heads: number;
  readonly blocks: number;
  readonly positionKernel: number;
  readonly groups: number;
}
export const small: Sizes = { channels: 8, hidden: 16, inner: 32, heads: 2, blocks: 3, positionKernel: 16, groups: 4 };
export const base: Sizes = {
  channels: 512,
  hidden: 768,
  inner: 3072,
  heads: 12,
  blocks: 12,
  positionKernel: 128,
  groups: 16,
};

const plain = { preNorm: false, masked: false, relative: false, convStack: false, outer: '' };
export const families: Record<string, Architecture> = {
  'wav2vec2-base': { ...plain, type: 'wav2vec2', stem: 'group' },
  'wav2vec2-large': { ...plain, type: 'wav2vec2', stem: 'layer', preNorm: true, masked: true },
  'mms-ctc': { ...plain, type: 'wav2vec2', stem: 'layer', preNorm: true, masked: true, outer: 'wav2vec2' },
  'hubert-base': { ...plain, type: 'hubert', stem: 'group', outer: 'hubert' },
  'wavlm-base': { ...plain, type: 'wavlm', stem: 'group', relative: true },
  'wavlm-large': { ...plain, type: 'wavlm', stem: 'layer', preNorm: true, masked: true, relative: true },
  data2vec: { ...plain, type: 'data2vec-audio', stem: 'layer', masked: true, convStack: true },
};

export type Precision = 'float32' | 'float16' | 'int8';
export interface GraphOptions {
  readonly sizes?: Sizes;
  readonly precision?: Precision;
  /** What the file lists as outputs: the last state (default), or all of them. */
  readonly lists?: 'last' | 'all';
  /** Without names that say where a node stands. */
  readonly nameless?: boolean;
}

/** sin(h + 1.7 i + 0.013 i²) with h from the name, times 1/sqrt(fan-in). */
export function weights(name: string, count: number, scale: number, offset = 0): Float32Array {
  let h = 0;
  for (let i = 0; i < name.length; i++) h = (h + name.charCodeAt(i) * (i + 1)) % 997;
  return Float32Array.from(
    { length: count },
    (_, i) => offset + scale * Math.sin(h + 1.7 * i + 0.013 * (i % 5003) * (i % 5003)),
  );
}

/** config.json as Hugging Face writes it. */
export function encoderConfig(arch: Architecture, sizes: Sizes = small): object {
  return {
    model_type: arch.type,
    num_hidden_layers: sizes.blocks,
    hidden_size: sizes.hidden,
    intermediate_size: sizes.inner,
    num_attention_heads: sizes.heads,
    conv_dim: kernels.map(() => sizes.channels),
    conv_kernel: kernels,
    conv_stride: strides,
    feat_extract_norm: arch.stem,
    do_stable_layer_norm: arch.preNorm,
    ...(arch.convStack
      ? { conv_pos_kernel_size: 19, num_conv_pos_embeddings: 5 }
      : { num_conv_pos_embeddings: sizes.positionKernel }),
  };
}
