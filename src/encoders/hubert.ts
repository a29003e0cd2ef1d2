// HuBERT base, large, x-large, and mHuBERT-147, whose positions have a batch norm instead of a weight norm.
// Papers: https://arxiv.org/abs/2106.07447, 2406.06371.
import { z } from 'zod';
import { transformerBlocks } from './blocks.js';
import { parseSettings, type FamilyReader } from './family.js';
import { convolvedPositions } from './positions.js';
import { waveformFacts, waveformRows, waveformSchema } from './waveform.js';
import { landmark } from './wav2vec2.js';

const schema = waveformSchema.extend({
  feat_proj_layer_norm: z.boolean().default(true),
  conv_pos_batch_norm: z.boolean().default(false),
});

export const hubert: FamilyReader = (settings) => {
  const c = parseSettings(schema, settings.config, settings.where);
  const facts = waveformFacts('hubert', c, settings);
  return {
    facts,
    landmark,
    build: async (graph, weights, last) => {
      const rows = await waveformRows(graph, weights, c, facts, c.feat_proj_layer_norm);
      const encoder = weights.at('encoder');
      const positions = encoder.at('pos_conv_embed');
      const positional = await convolvedPositions(graph, rows, positions, c, c.conv_pos_batch_norm);
      const positioned = graph.node('Add', [rows.rows, positional]);
      const states = await transformerBlocks(graph, positioned, rows, encoder, { config: c, last });
      return { states, batch: rows.batch };
    },
  };
};
