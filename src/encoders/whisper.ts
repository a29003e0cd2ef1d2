// Whisper's encoder: log-mel, two convolutions, sinusoidal positions, pre-norm blocks. Trained with labels (transcripts
// and translations of 680,000 hours), so what is learned from its frames is not learned without labels.
// Paper: https://arxiv.org/abs/2212.04356. Shapes after Hugging Face's WhisperEncoder.
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { sampleRate } from '../core/time.js';
import { encoderGrid, usualGrid } from '../core/frame-grid.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { parseSettings, positive, type EncoderArchitecture, type EncoderBlocks, type FamilyReader } from './family.js';
import { attention, gelu, layerNorm, linear } from './layers.js';
import { asFloat, attentionBias, maskedInput, within } from './masks.js';
import { whisperMel } from './whisper-mel.js';
import type { Weights } from './weights.js';

export const whisperSchema = z.object({
  d_model: positive,
  encoder_layers: positive,
  encoder_attention_heads: positive,
  encoder_ffn_dim: positive,
  num_mel_bins: positive.default(80),
  max_source_positions: positive.default(1500),
  activation_function: z.literal('gelu').default('gelu'),
  scale_embedding: z.literal(false).default(false),
});
type Config = z.infer<typeof whisperSchema>;

const preprocessorSchema = z.object({
  feature_size: positive.optional(),
  hop_length: z.literal(usualGrid.hop).default(usualGrid.hop),
  n_fft: z.literal(usualGrid.window).default(usualGrid.window),
  sampling_rate: z.literal(sampleRate).default(sampleRate),
  do_normalize: z.literal(false).default(false),
});

export const whisper: FamilyReader = ({ config, preprocessor, where }): EncoderArchitecture => {
  const c = parseSettings(whisperSchema, config, where);
  const p = parseSettings(preprocessorSchema, preprocessor ?? {}, where);
  if (p.feature_size !== undefined && p.feature_size !== c.num_mel_bins)
    throw new AsrError(
      'model',
      `${where}: num_mel_bins is ${c.num_mel_bins}, feature_size of preprocessor_config.json ${p.feature_size}`,
      'Fetch both files from the same place.',
    );
  if (c.d_model % c.encoder_attention_heads !== 0)
    throw new AsrError(
      'model',
      `${where}: d_model ${c.d_model} does not divide into encoder_attention_heads ${c.encoder_attention_heads}`,
      "Fetch the file again from the model's page.",
    );
  return {
    facts: {
      family: 'whisper',
      blocks: c.encoder_layers,
      hiddenSize: c.d_model,
      innerSize: c.encoder_ffn_dim,
      heads: c.encoder_attention_heads,
      channels: Math.max(c.d_model, 402),
      firstStride: usualGrid.hop,
      // Centred on samples 0, 320 …: position p sees mel frames 2 p - 2 to 2 p + 2,
      // each centred on 160 times its number.
      grid: { hop: encoderGrid.hop, window: usualGrid.hop, start: -usualGrid.hop / 2 },
      normaliseSound: false,
      padded: true,
      mostFrames: c.max_source_positions,
    },
    landmark: 'encoder.embed_positions.weight',
    build: (graph, weights, last) => build(graph, weights.at('encoder'), c, last),
  };
};

async function build(graph: OnnxBuilder, weights: Weights, c: Config, last: number): Promise<EncoderBlocks> {
  const sound = maskedInput(graph);
  const { batch } = sound;
  const hidden = c.d_model;
  const { mel, isSound: melIsSound } = whisperMel(graph, sound, c.num_mel_bins); // [B, bands, M], bool [B, M]
  const zeroed = (x: Wire, flags: Wire): Wire =>
    graph.node('Mul', [x, graph.node('Unsqueeze', [asFloat(graph, flags), graph.ints(1)])]);
  const convolution = async (x: Wire, name: string, inputs: number, stride: number): Promise<Wire> => {
    const part = weights.at(name);
    const kernel = [await part.wire('weight', [hidden, inputs, 3]), await part.wire('bias', [hidden])];
    return gelu(graph, graph.node('Conv', [x, ...kernel], { strides: [stride], pads: [1, 1] }));
  };
  const first = await convolution(zeroed(mel, melIsSound), 'conv1', c.num_mel_bins, 1);
  const second = await convolution(zeroed(first, melIsSound), 'conv2', hidden, 2); // [B, C, M] -> [B, C, T]
  const frames = graph.node('Gather', [graph.node('Shape', [second]), graph.ints(2)]);
  const positions = await weights.wire('embed_positions.weight', [c.max_source_positions, hidden]);
  const placed = graph.node('Add', [
    graph.node('Transpose', [second], { perm: [0, 2, 1] }),
    graph.node('Slice', [positions, graph.ints(0), frames, graph.ints(0)]),
  ]);
  const halved = graph.node('Div', [
    graph.node('Add', [sound.lengths, graph.ints(usualGrid.hop)]),
    graph.ints(encoderGrid.hop),
  ]);
  const bias = attentionBias(graph, within(graph, halved, frames));
  const shape = { heads: c.encoder_attention_heads, hidden, batch };
  let x = graph.node('Reshape', [placed, graph.ints(-1, hidden)]);
  const states = [x];
  for (let l = 0; l < last; l++) {
    const block = weights.at(`layers.${l}`);
    const self = block.at('self_attn');
    const normal = await layerNorm(graph, x, block.at('self_attn_layer_norm'), hidden);
    const square = [hidden, hidden] as const;
    const mixed = attention(
      graph,
      [
        await linear(graph, normal, self.at('q_proj'), square),
        await linear(graph, normal, self.at('k_proj'), square, false),
        await linear(graph, normal, self.at('v_proj'), square),
      ],
      shape,
      [bias],
    );
    x = graph.node('Add', [x, await linear(graph, mixed, self.at('out_proj'), square)]);
    const inner = await linear(
      graph,
      await layerNorm(graph, x, block.at('final_layer_norm'), hidden),
      block.at('fc1'),
      [hidden, c.encoder_ffn_dim],
    );
    x = graph.node('Add', [x, await linear(graph, gelu(graph, inner), block.at('fc2'), [c.encoder_ffn_dim, hidden])]);
    states.push(x);
  }
  return { states, batch };
}
