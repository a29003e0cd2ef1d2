// What encoders of the waveform share (wav2vec 2.0 and its relatives): the fields of config.json, and the way from
// samples through the stack of convolutions and the projection to the rows that the blocks start from.
// Papers: wav2vec 2.0 https://arxiv.org/abs/2006.11477; shapes after Hugging Face's Wav2Vec2Model.
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { sampleRate } from '../core/time.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { largestGrid, parseSettings, positive, type EncoderFacts, type EncoderSettings } from './family.js';
import { gelu, layerNorm, linear, toRows } from './layers.js';
import { asFloat, attentionBias, maskedInput, within } from './masks.js';
import type { Weights } from './weights.js';

const sizes = z.array(positive).min(1).max(32);

/** Fields of config.json under Hugging Face's names, with its defaults. */
export const waveformSchema = z.object({
  hidden_size: positive.default(768),
  num_hidden_layers: positive.default(12),
  num_attention_heads: positive.default(12),
  intermediate_size: positive.default(3072),
  hidden_act: z.literal('gelu').default('gelu'),
  feat_extract_activation: z.literal('gelu').default('gelu'),
  feat_extract_norm: z.enum(['group', 'layer']).default('group'),
  conv_dim: sizes.default([512, 512, 512, 512, 512, 512, 512]),
  conv_stride: sizes.default([5, 2, 2, 2, 2, 2, 2]),
  conv_kernel: sizes.default([10, 3, 3, 3, 3, 2, 2]),
  conv_bias: z.boolean().default(false),
  num_conv_pos_embeddings: positive.default(128),
  num_conv_pos_embedding_groups: positive.default(16),
  do_stable_layer_norm: z.boolean().default(false),
  layer_norm_eps: z.number().positive().max(1).default(1e-5),
});
export type WaveformConfig = z.infer<typeof waveformSchema>;

const preprocessorSchema = z.object({
  do_normalize: z.boolean().default(true),
  sampling_rate: z.literal(sampleRate).default(sampleRate),
});

/**
 * What is known of the encoder from its settings.
 * @param hearsPadding beside the norm over time
 * @throws AsrError 'model' when they contradict each other
 */
export function waveformFacts(
  family: string,
  c: WaveformConfig,
  { preprocessor, where }: EncoderSettings,
  hearsPadding = false,
): EncoderFacts {
  const wrong = (what: string): AsrError =>
    new AsrError('model', `${where}: ${what}`, "Fetch the file again from the model's page.");
  if (c.conv_dim.length !== c.conv_kernel.length || c.conv_dim.length !== c.conv_stride.length)
    throw wrong(
      `conv_dim has ${c.conv_dim.length} entries, conv_kernel ${c.conv_kernel.length}, conv_stride ` +
        c.conv_stride.length,
    );
  if (c.hidden_size % c.num_attention_heads !== 0)
    throw wrong(`hidden_size ${c.hidden_size} does not divide into num_attention_heads ${c.num_attention_heads}`);
  if (c.hidden_size % c.num_conv_pos_embedding_groups !== 0)
    throw wrong(
      `hidden_size ${c.hidden_size} does not divide into num_conv_pos_embedding_groups ` +
        c.num_conv_pos_embedding_groups,
    );
  let window = 1;
  for (let i = c.conv_kernel.length - 1; i >= 0; i--)
    window = (window - 1) * (c.conv_stride[i] as number) + (c.conv_kernel[i] as number);
  const hop = c.conv_stride.reduce((product, stride) => product * stride, 1);
  if (hop > largestGrid || window > largestGrid)
    throw wrong(`frames of ${window} samples every ${hop}; at most ${largestGrid} can be`);
  return {
    family,
    blocks: c.num_hidden_layers,
    hiddenSize: c.hidden_size,
    innerSize: c.intermediate_size,
    heads: c.num_attention_heads,
    channels: Math.max(...c.conv_dim),
    firstStride: c.conv_stride[0] as number,
    grid: { hop, window, start: 0 },
    normaliseSound: parseSettings(preprocessorSchema, preprocessor ?? {}, where).do_normalize,
    padded: c.feat_extract_norm === 'layer' && !hearsPadding,
  };
}

/** What blocks start from, before positions are added. */
export interface Rows {
  /** [N, hidden] */
  readonly rows: Wire;
  /** int64 [1] */
  readonly batch: Wire;
  /** Added to attention's scores, [B, 1, 1, T]; none where the graph knows no padding. */
  readonly bias: readonly Wire[];
}

/** @param normalised the projection starts with a layer norm */
export async function waveformRows(
  graph: OnnxBuilder,
  weights: Weights,
  c: WaveformConfig,
  { padded }: EncoderFacts,
  normalised = true,
): Promise<Rows> {
  const sound = padded ? maskedInput(graph) : plainInput(graph);
  let x = graph.node('Unsqueeze', [sound.waveform, graph.ints(1)]); // [B, W] -> [B, 1, W]
  const stem = weights.at('feature_extractor');
  for (const [i, channels] of c.conv_dim.entries()) {
    const layer = stem.at(`conv_layers.${i}`);
    const shape = [channels, i === 0 ? 1 : (c.conv_dim[i - 1] as number), c.conv_kernel[i] as number];
    const bias = c.conv_bias ? [await layer.wire('conv.bias', [channels])] : [];
    const strides = [c.conv_stride[i] as number];
    x = graph.node('Conv', [x, await layer.wire('conv.weight', shape), ...bias], { strides });
    if (c.feat_extract_norm === 'layer')
      x = flip(graph, await layerNorm(graph, flip(graph, x), layer.at('layer_norm'), channels));
    else if (i === 0) x = await overTime(graph, x, layer.at('layer_norm'), channels);
    x = gelu(graph, x);
  }
  const width = c.conv_dim.at(-1) as number;
  let rows = toRows(graph, x, width);
  const projection = weights.at('feature_projection');
  if (normalised) rows = await layerNorm(graph, rows, projection.at('layer_norm'), width, c.layer_norm_eps);
  rows = await linear(graph, rows, projection.at('projection'), [width, c.hidden_size]);
  if (sound.lengths === undefined) return { rows, batch: sound.batch, bias: [] };
  const frames = graph.node('Gather', [graph.node('Shape', [x]), graph.ints(2)]);
  const isSound = within(graph, frameCounts(graph, sound.lengths, c), frames);
  const column = graph.node('Reshape', [asFloat(graph, isSound), graph.ints(-1, 1)]);
  // Rows of padding are zero where positions are made, as they are behind the end of a waveform alone.
  return { rows: graph.node('Mul', [rows, column]), batch: sound.batch, bias: [attentionBias(graph, isSound)] };
}

function plainInput(graph: OnnxBuilder): { waveform: Wire; batch: Wire; lengths?: Wire } {
  const waveform = graph.input('input_values', 'float32', ['batch', 'samples']);
  return { waveform, batch: graph.node('Gather', [graph.node('Shape', [waveform]), graph.ints(0)]) };
}

const flip = (graph: OnnxBuilder, x: Wire): Wire => graph.node('Transpose', [x], { perm: [0, 2, 1] });

/** Each channel to mean 0 and variance 1 over the whole utterance (a group norm with a group for each channel). */
async function overTime(graph: OnnxBuilder, x: Wire, norm: Weights, channels: number): Promise<Wire> {
  const [gain, shift] = [await norm.wire('weight', [channels]), await norm.wire('bias', [channels])];
  return graph.node('InstanceNormalization', [x, gain, shift], { epsilon: { float: 1e-5 } });
}

/** Frames that convolutions without padding make of so many samples. int64 [B, 1] */
function frameCounts(graph: OnnxBuilder, lengths: Wire, { conv_kernel, conv_stride }: WaveformConfig): Wire {
  return conv_kernel.reduce((count, kernel, i) => {
    const steps = graph.node('Div', [
      graph.node('Sub', [count, graph.ints(kernel)]),
      graph.ints(conv_stride[i] as number),
    ]);
    return graph.node('Add', [steps, graph.ints(1)]);
  }, lengths);
}
