// WavLM base, base-plus, large: attention hears how far frames are apart, by a table of distances that each block opens
// and closes by what it hears. Paper: https://arxiv.org/abs/2110.13900; shapes after Hugging Face's WavLMModel.
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { transformerBlocks } from './blocks.js';
import { parseSettings, positive, type FamilyReader } from './family.js';
import { splitHeads, type AttentionShape } from './layers.js';
import { counting } from './masks.js';
import { convolvedPositions } from './positions.js';
import { waveformFacts, waveformRows, waveformSchema } from './waveform.js';
import { landmark } from './wav2vec2.js';
import type { Weights } from './weights.js';

const schema = waveformSchema.extend({
  num_buckets: positive.default(320),
  max_bucket_distance: positive.default(800),
});

export const wavlm: FamilyReader = (settings) => {
  const c = parseSettings(schema, settings.config, settings.where);
  const facts = waveformFacts('wavlm', c, settings);
  return {
    facts,
    landmark,
    build: async (graph, weights, last) => {
      const rows = await waveformRows(graph, weights, c, facts);
      const encoder = weights.at('encoder');
      const positional = await convolvedPositions(graph, rows, encoder.at('pos_conv_embed'), c);
      const positioned = graph.node('Add', [rows.rows, positional]);
      const { num_attention_heads: heads } = c;
      const embedded = encoder.at('layers.0.attention.rel_attn_embed');
      const reach = c.max_bucket_distance;
      const table = distanceTable(await embedded.read('weight', [c.num_buckets, heads]), heads, c.num_buckets, reach);
      const byDistance = weights.made([heads, 2 * reach + 1], table);
      const distances = distanceBias(graph, byDistance, positioned, rows.batch, { hidden: c.hidden_size, reach });
      const scoreBias = (x: Wire, part: Weights, shape: AttentionShape): Promise<Wire> =>
        gated(graph, distances, x, part, shape);
      const states = await transformerBlocks(graph, positioned, rows, encoder, { config: c, last, scoreBias });
      return { states, batch: rows.batch };
    },
  };
};

/**
 * The bucket of each distance from -reach to reach between a frame and one that is heard: near ones have their own, far
 * ones share logarithmic ones, halves for before and behind. Rounded as float32 arithmetic rounds, as trained.
 */
export function bucketsOf(buckets: number, reach: number): Int32Array {
  const half = buckets >> 1;
  const exact = half >> 1;
  const f = Math.fround;
  return Int32Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const distance = Math.abs(i - reach);
    const ratio = f(f(Math.log(f(distance / exact))) / f(Math.log(reach / exact)));
    const far = Math.min(half - 1, Math.floor(f(exact + f(ratio * (half - exact)))));
    return (i > reach ? half : 0) + (distance < exact ? distance : far);
  });
}

/** [buckets, heads] -> [heads, 2 reach + 1] */
function distanceTable(embedding: Float32Array, heads: number, buckets: number, reach: number): Float32Array {
  const table = new Float32Array(heads * (2 * reach + 1));
  bucketsOf(buckets, reach).forEach((bucket, i) => {
    for (let h = 0; h < heads; h++) table[h * (2 * reach + 1) + i] = embedding[bucket * heads + h] as number;
  });
  return table;
}

/** -> [heads, T, T]; beyond the reach all distances count as the farthest. */
function distanceBias(
  graph: OnnxBuilder,
  table: Wire,
  rows: Wire,
  batch: Wire,
  { hidden, reach }: { hidden: number; reach: number },
): Wire {
  const shape = graph.node('Concat', [batch, graph.ints(-1, hidden)], { axis: 0 });
  const frames = graph.node('Gather', [graph.node('Shape', [graph.node('Reshape', [rows, shape])]), graph.ints(1)]);
  const positional = counting(graph, frames);
  const apart = graph.node('Sub', [
    graph.node('Unsqueeze', [positional, graph.ints(0)]),
    graph.node('Unsqueeze', [positional, graph.ints(1)]),
  ]);
  const clipped = graph.node('Max', [graph.node('Min', [apart, graph.ints(reach)]), graph.ints(-reach)]);
  return graph.node('Gather', [table, graph.node('Add', [clipped, graph.ints(reach)])], { axis: 1 });
}

/** a (b c - 1) + 2 times the distances, a and b from each head's part of a frame. -> [B, heads, T, T] */
async function gated(
  graph: OnnxBuilder,
  distances: Wire,
  x: Wire,
  part: Weights,
  shape: AttentionShape,
): Promise<Wire> {
  const { heads, hidden } = shape;
  const size = hidden / heads;
  const linear = part.at('gru_rel_pos_linear');
  const [matrix, bias] = [await linear.read('weight', [8, size]), await linear.read('bias', [8])];
  // Eight outputs are summed by fours at once: two columns.
  const summed = Float32Array.from({ length: 2 * size }, (_, i) => {
    const [column, k] = [i % 2, i >> 1];
    return [0, 1, 2, 3].reduce((sum, row) => sum + (matrix[(4 * column + row) * size + k] as number), 0);
  });
  const shift = [0, 1].map((column) => bias.slice(4 * column, 4 * column + 4).reduce((sum, value) => sum + value, 0));
  const split = splitHeads(graph, x, shape); // [N, C] -> [B, heads, T, C / heads]
  const gates = graph.node('Sigmoid', [
    graph.node('Add', [
      graph.node('MatMul', [split, graph.constant('float32', [size, 2], summed)]),
      graph.constant('float32', [2], shift),
    ]),
  ]);
  const [a, b] = graph.nodes('Split', [gates], 2, { axis: -1 }) as [Wire, Wire];
  const constant = await part.wire('gru_rel_pos_const', [1, heads, 1, 1]);
  const inner = graph.node('Sub', [graph.node('Mul', [b, constant]), graph.float(1)]);
  const gate = graph.node('Add', [graph.node('Mul', [a, inner]), graph.float(2)]);
  return graph.node('Mul', [gate, distances]);
}
