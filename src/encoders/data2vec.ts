// data2vec audio: positions from a stack of convolutions, the norm behind each part of a block.
// Paper: https://arxiv.org/abs/2202.03555.
import { transformerBlocks } from './blocks.js';
import { parseSettings, positive, type FamilyReader } from './family.js';
import { stackedPositions } from './positions.js';
import { waveformFacts, waveformRows, waveformSchema } from './waveform.js';
import { landmark } from './wav2vec2.js';

const schema = waveformSchema.extend({
  conv_pos_kernel_size: positive.default(19),
  num_conv_pos_embeddings: positive.default(5),
});

export const data2vec: FamilyReader = (settings) => {
  const parsed = parseSettings(schema, settings.config, settings.where);
  // Its config.json has no fields for what it never varies.
  const c = { ...parsed, feat_extract_norm: 'layer', do_stable_layer_norm: false } as const;
  // Only the first of the stacked convolutions finds zeros where padding is.
  const facts = waveformFacts('data2vec-audio', c, settings, true);
  return {
    facts,
    landmark,
    build: async (graph, weights, last) => {
      const rows = await waveformRows(graph, weights, c, facts);
      const encoder = weights.at('encoder');
      const positional = await stackedPositions(graph, rows, encoder.at('pos_conv_embed'), {
        hidden: c.hidden_size,
        kernel: c.conv_pos_kernel_size,
        groups: c.num_conv_pos_embedding_groups,
        layers: c.num_conv_pos_embeddings,
      });
      const positioned = graph.node('Add', [rows.rows, positional]);
      const states = await transformerBlocks(graph, positioned, rows, encoder, { config: c, last });
      return { states, batch: rows.batch };
    },
  };
};
