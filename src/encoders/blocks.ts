// Transformer blocks of encoders of the waveform, with the norm behind each part
// (base models) or before it (large ones).
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { attention, gelu, layerNorm, linear, type AttentionShape } from './layers.js';
import type { Rows, WaveformConfig } from './waveform.js';
import type { Weights } from './weights.js';

export interface BlockOptions {
  readonly config: WaveformConfig;
  /** Blocks to build. */
  readonly last: number;
  /** More to add to the scores of a block's attention, from what goes into it. */
  readonly scoreBias?: (input: Wire, attention: Weights, shape: AttentionShape) => Promise<Wire>;
  /** Width of the small adapter that ends every block (MMS). */
  readonly adapter?: number | undefined;
}

/**
 * @param positioned [N, hidden] rows with positions added
 * @returns states before the first block and after each block
 */
export async function transformerBlocks(
  graph: OnnxBuilder,
  positioned: Wire,
  { batch, bias }: Rows,
  weights: Weights,
  { config: c, last, scoreBias, adapter }: BlockOptions,
): Promise<Wire[]> {
  const { hidden_size: hidden, intermediate_size: inner, layer_norm_eps: epsilon, do_stable_layer_norm: preNorm } = c;
  const shape = { heads: c.num_attention_heads, hidden, batch };
  const norm = (x: Wire, part: Weights): Promise<Wire> => layerNorm(graph, x, part, hidden, epsilon);
  const attended = async (x: Wire, part: Weights): Promise<Wire> => {
    const square = [hidden, hidden] as const;
    const biases = scoreBias ? [...bias, await scoreBias(x, part, shape)] : bias;
    const q = await linear(graph, x, part.at('q_proj'), square);
    const k = await linear(graph, x, part.at('k_proj'), square);
    const v = await linear(graph, x, part.at('v_proj'), square);
    return linear(graph, attention(graph, [q, k, v], shape, biases), part.at('out_proj'), square);
  };
  const forward = async (x: Wire, part: Weights): Promise<Wire> => {
    const wide = await linear(graph, x, part.at('intermediate_dense'), [hidden, inner]);
    return linear(graph, gelu(graph, wide), part.at('output_dense'), [inner, hidden]);
  };
  const adapted = async (x: Wire, part: Weights, width: number): Promise<Wire> => {
    const narrow = await linear(graph, await norm(x, part.at('norm')), part.at('linear_1'), [hidden, width]);
    return linear(graph, graph.node('Relu', [narrow]), part.at('linear_2'), [width, hidden]);
  };
  const add = (a: Wire, b: Wire): Wire => graph.node('Add', [a, b]);
  let x = preNorm ? positioned : await norm(positioned, weights.at('layer_norm'));
  const states = [x];
  for (let l = 0; l < last; l++) {
    const block = weights.at(`layers.${l}`);
    const [first, second] = [block.at('layer_norm'), block.at('final_layer_norm')];
    const [mix, widen] = [block.at('attention'), block.at('feed_forward')];
    if (preNorm) {
      x = add(x, await attended(await norm(x, first), mix));
      x = add(x, await forward(await norm(x, second), widen));
    } else {
      x = await norm(add(x, await attended(x, mix)), first);
      x = await norm(add(x, await forward(x, widen)), second);
    }
    if (adapter !== undefined) x = add(x, await adapted(x, block.at('adapter_layer'), adapter));
    states.push(x);
  }
  return states;
}
