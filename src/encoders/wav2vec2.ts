// wav2vec 2.0 base and large, XLSR-53, XLS-R, MMS with adapters, and UniSpeech-SAT, whose encoder is the same.
// Papers: https://arxiv.org/abs/2006.11477, 2006.13979, 2111.09296, 2305.13516, 2110.05752.
import { parseSettings, positive, type FamilyReader } from './family.js';
import { transformerBlocks } from './blocks.js';
import { convolvedPositions } from './positions.js';
import { waveformFacts, waveformRows, waveformSchema } from './waveform.js';

const schema = waveformSchema.extend({ adapter_attn_dim: positive.nullable().default(null) });

export const landmark = 'feature_extractor.conv_layers.0.conv.weight';

const reader =
  (family: string): FamilyReader =>
  (settings) => {
    const c = parseSettings(schema, settings.config, settings.where);
    const facts = waveformFacts(family, c, settings);
    // Adapters came with the large, pre-norm models; the other kind of block has no place for them.
    const adapter = c.do_stable_layer_norm ? (c.adapter_attn_dim ?? undefined) : undefined;
    return {
      facts,
      landmark,
      build: async (graph, weights, last) => {
        const rows = await waveformRows(graph, weights, c, facts);
        const encoder = weights.at('encoder');
        const positional = await convolvedPositions(graph, rows, encoder.at('pos_conv_embed'), c);
        const positioned = graph.node('Add', [rows.rows, positional]);
        const states = await transformerBlocks(graph, positioned, rows, encoder, { config: c, last, adapter });
        return { states, batch: rows.batch };
      },
    };
  };

export const wav2vec2 = reader('wav2vec2');
export const unispeechSat = reader('unispeech-sat');
