// w2v-BERT 2.0: filter banks in pairs, conformer blocks (half a feed-forward on both sides of attention and a causal
// convolution), attention that hears how far keys are. Paper: https://arxiv.org/abs/2312.05187 (section 3.2).
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { sampleRate } from '../core/time.js';
import { encoderGrid, usualGrid } from '../core/frame-grid.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { parseSettings, positive, type EncoderBlocks, type FamilyReader } from './family.js';
import { attend, layerNorm, linear, splitHeads, swish, toChannels, toRows } from './layers.js';
import { asFloat, attentionBias, counting, maskedInput, within } from './masks.js';
import { pairedBanks } from './paired-banks.js';
import type { Weights } from './weights.js';

export const wav2vec2BertSchema = z.object({
  hidden_size: positive.default(1024),
  num_hidden_layers: positive.default(24),
  num_attention_heads: positive.default(16),
  intermediate_size: positive.default(4096),
  feature_projection_input_dim: positive.default(160),
  hidden_act: z.literal('swish').default('swish'),
  position_embeddings_type: z.literal('relative_key').default('relative_key'),
  left_max_position_embeddings: positive.default(64),
  right_max_position_embeddings: positive.default(8),
  conv_depthwise_kernel_size: positive.default(31),
  layer_norm_eps: z.number().positive().max(1).default(1e-5),
});
type Config = z.infer<typeof wav2vec2BertSchema>;

const preprocessorSchema = z.object({
  feature_size: positive.default(80),
  stride: z.literal(2).default(2),
  padding_value: z.number().min(-1e6).max(1e6).default(0),
  sampling_rate: z.literal(sampleRate).default(sampleRate),
});

export const wav2vec2Bert: FamilyReader = ({ config, preprocessor, where }) => {
  const c = parseSettings(wav2vec2BertSchema, config, where);
  const p = parseSettings(preprocessorSchema, preprocessor ?? {}, where);
  if (c.feature_projection_input_dim !== 2 * p.feature_size)
    throw new AsrError(
      'model',
      `${where}: feature_projection_input_dim is ${c.feature_projection_input_dim}, expected twice feature_size ` +
        `${p.feature_size} of preprocessor_config.json`,
      'Fetch both files from the same place.',
    );
  if (c.hidden_size % c.num_attention_heads !== 0)
    throw new AsrError(
      'model',
      `${where}: hidden_size ${c.hidden_size} does not divide into num_attention_heads ${c.num_attention_heads}`,
      "Fetch the file again from the model's page.",
    );
  return {
    facts: {
      family: 'wav2vec2-bert',
      blocks: c.num_hidden_layers,
      hiddenSize: c.hidden_size,
      innerSize: c.intermediate_size,
      heads: c.num_attention_heads,
      channels: 514,
      firstStride: usualGrid.hop,
      // Two windows of 400 samples, 160 apart; the second of the last frame may lie behind the end.
      grid: { ...encoderGrid, start: usualGrid.hop / 2 },
      normaliseSound: false,
      padded: true,
    },
    landmark: 'feature_projection.projection.weight',
    build: (graph, weights, last) => build(graph, weights, c, [p.feature_size, p.padding_value], last),
  };
};

async function build(
  graph: OnnxBuilder,
  weights: Weights,
  c: Config,
  [bands, padding]: readonly [number, number],
  last: number,
): Promise<EncoderBlocks> {
  const sound = maskedInput(graph);
  const { batch } = sound;
  const { banks, frames, counts } = pairedBanks(graph, sound, bands, padding); // [N, 2 bands]
  const { hidden_size: hidden, layer_norm_eps: epsilon, intermediate_size: inner } = c;
  const isSound = within(graph, counts, frames);
  const column = graph.node('Reshape', [asFloat(graph, isSound), graph.ints(-1, 1)]);
  const bias = attentionBias(graph, isSound);
  const projection = weights.at('feature_projection');
  const norm = (x: Wire, part: Weights): Promise<Wire> => layerNorm(graph, x, part, hidden, epsilon);
  const add = (a: Wire, b: Wire): Wire => graph.node('Add', [a, b]);
  const half = (x: Wire): Wire => graph.node('Mul', [x, graph.float(0.5)]);
  const forward = async (x: Wire, part: Weights): Promise<Wire> => {
    const wide = swish(graph, await linear(graph, x, part.at('intermediate_dense'), [hidden, inner]));
    return linear(graph, wide, part.at('output_dense'), [inner, hidden]);
  };
  const level = await layerNorm(graph, banks, projection.at('layer_norm'), 2 * bands, epsilon);
  let x = await linear(graph, level, projection.at('projection'), [2 * bands, hidden]);
  x = graph.node('Mul', [x, column]);
  const apart = keyDistances(graph, frames, c);
  const states = [x];
  for (let l = 0; l < last; l++) {
    const block = weights.at(`encoder.layers.${l}`);
    x = add(x, half(await forward(await norm(x, block.at('ffn1_layer_norm')), block.at('ffn1'))));
    const normal = await norm(x, block.at('self_attn_layer_norm'));
    x = add(x, await relativeAttention(graph, normal, block.at('self_attn'), c, { batch, bias, apart }));
    x = add(x, await convolved(graph, x, block.at('conv_module'), c, { batch, column }));
    x = add(x, half(await forward(await norm(x, block.at('ffn2_layer_norm')), block.at('ffn2'))));
    x = await norm(x, block.at('final_layer_norm'));
    states.push(x);
  }
  return { states, batch };
}

/** Which of the learned distances lies between a frame and a key: int64 [1, 1, T, T]. */
function keyDistances(graph: OnnxBuilder, frames: Wire, c: Config): Wire {
  const [left, right] = [c.left_max_position_embeddings, c.right_max_position_embeddings];
  const indices = counting(graph, frames);
  const apart = graph.node('Sub', [
    graph.node('Unsqueeze', [indices, graph.ints(0)]),
    graph.node('Unsqueeze', [indices, graph.ints(1)]),
  ]);
  const clipped = graph.node('Max', [graph.node('Min', [apart, graph.ints(right)]), graph.ints(-left)]);
  return graph.node('Unsqueeze', [graph.node('Add', [clipped, graph.ints(left)]), graph.ints(0, 1)]);
}

interface Around {
  readonly batch: Wire;
  readonly bias: Wire;
  readonly apart: Wire;
}

/** softmax((q k' + q e') / sqrt(C / heads)) v, e the embedding of the distance between query and key. */
async function relativeAttention(
  graph: OnnxBuilder,
  x: Wire,
  part: Weights,
  c: Config,
  { batch, bias, apart }: Around,
): Promise<Wire> {
  const { hidden_size: hidden, num_attention_heads: heads } = c;
  const shape = { heads, hidden, batch };
  const square = [hidden, hidden] as const;
  const size = hidden / heads;
  const count = c.left_max_position_embeddings + c.right_max_position_embeddings + 1;
  const scale = graph.float(1 / Math.sqrt(size));
  const q = splitHeads(graph, graph.node('Mul', [await linear(graph, x, part.at('linear_q'), square), scale]), shape);
  const k = splitHeads(graph, await linear(graph, x, part.at('linear_k'), square), shape, true);
  const v = splitHeads(graph, await linear(graph, x, part.at('linear_v'), square), shape);
  const embedding = await part.wire('distance_embedding.weight', [count, size]);
  // [B, H, T, count]
  const toDistances = graph.node('MatMul', [q, graph.node('Transpose', [embedding], { perm: [1, 0] })]);
  const scores = graph.node('MatMul', [q, k]); // [B, H, T, T]
  const index = graph.node('Expand', [apart, graph.node('Shape', [scores])]);
  const relative = graph.node('GatherElements', [toDistances, index], { axis: 3 });
  const biased = graph.node('Add', [graph.node('Add', [scores, relative]), bias]);
  return linear(graph, attend(graph, biased, v, shape), part.at('linear_out'), square);
}

/** Pointwise with a gate, causal depthwise, pointwise. [N, C] -> [N, C] */
async function convolved(
  graph: OnnxBuilder,
  x: Wire,
  part: Weights,
  c: Config,
  { batch, column }: { readonly batch: Wire; readonly column: Wire },
): Promise<Wire> {
  const { hidden_size: hidden, conv_depthwise_kernel_size: kernel, layer_norm_eps: epsilon } = c;
  const normal = graph.node('Mul', [await layerNorm(graph, x, part.at('layer_norm'), hidden, epsilon), column]);
  const pointwise = async (rows: Wire, name: string, outputs: number): Promise<Wire> => {
    const matrix = await part.wire(`${name}.weight`, [outputs, hidden, 1]);
    const flat = graph.node('Reshape', [matrix, graph.ints(outputs, hidden)]);
    return graph.node('Gemm', [rows, flat], { transB: 1 });
  };
  const [value, gate] = graph.nodes('Split', [await pointwise(normal, 'pointwise_conv1', 2 * hidden)], 2, {
    axis: -1,
  }) as [Wire, Wire];
  const opened = graph.node('Mul', [value, graph.node('Sigmoid', [gate])]);
  const taps = await part.wire('depthwise_conv.weight', [hidden, 1, kernel]);
  const channels = graph.node('Conv', [toChannels(graph, opened, hidden, batch), taps], {
    group: hidden,
    pads: [kernel - 1, 0],
  });
  const rows = await layerNorm(
    graph,
    toRows(graph, channels, hidden),
    part.at('depthwise_layer_norm'),
    hidden,
    epsilon,
  );
  return pointwise(swish(graph, rows), 'pointwise_conv2', hidden);
}
