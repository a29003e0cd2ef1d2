// Positions of encoders of the waveform: convolutions over the rows, whose result is added to them.
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { gelu, toChannels, toRows } from './layers.js';
import type { Rows, WaveformConfig } from './waveform.js';
import type { Weights } from './weights.js';

interface Convolution {
  readonly hidden: number;
  readonly kernel: number;
  readonly groups: number;
}

/** One frame less behind an even kernel, so that as many come out as went in. [B, C, T] -> [B, C, T] */
function sameLength(
  graph: OnnxBuilder,
  x: Wire,
  [matrix, bias]: readonly [Wire, Wire],
  { kernel, groups }: Convolution,
): Wire {
  const before = kernel >> 1;
  return graph.node('Conv', [x, matrix, bias], { group: groups, pads: [before, kernel - 1 - before] });
}

/** One convolution with weight norm, or with a batch norm in front. [N, C] -> [N, C] */
export async function convolvedPositions(
  graph: OnnxBuilder,
  { rows, batch }: Rows,
  weights: Weights,
  { hidden_size: hidden, num_conv_pos_embeddings: kernel, num_conv_pos_embedding_groups: groups }: WaveformConfig,
  batchNorm = false,
): Promise<Wire> {
  const shape = { hidden, kernel, groups };
  let x = toChannels(graph, rows, hidden, batch);
  if (batchNorm) {
    const norm = weights.at('batch_norm');
    const parts = ['weight', 'bias', 'running_mean', 'running_var'];
    const wires: Wire[] = [];
    for (const part of parts) wires.push(await norm.wire(part, [hidden]));
    x = graph.node('BatchNormalization', [x, ...wires], { epsilon: { float: 1e-5 } });
  }
  const conv = weights.at('conv');
  const bias = await conv.wire('bias', [hidden]);
  x = sameLength(graph, x, [await weightNormed(conv, shape), bias], shape);
  return toRows(graph, gelu(graph, x), hidden);
}

/** Stored whole, or as direction and length of each tap under one of two names. */
async function weightNormed(conv: Weights, { hidden, kernel, groups }: Convolution): Promise<Wire> {
  const shape = [hidden, hidden / groups, kernel];
  const names = [
    ['weight_g', 'weight_v'],
    ['parametrizations.weight.original0', 'parametrizations.weight.original1'],
  ] as const;
  const found = names.find(([length]) => conv.has(length));
  if (!found) return conv.wire('weight', shape);
  const [lengths, directions] = [await conv.read(found[0], [1, 1, kernel]), await conv.read(found[1], shape)];
  const squares = new Float64Array(kernel);
  directions.forEach((value, i) => {
    squares[i % kernel] = (squares[i % kernel] as number) + value * value;
  });
  const scales = squares.map((square, k) => (lengths[k] as number) / Math.sqrt(square));
  return conv.made(
    shape,
    directions.map((value, i) => value * (scales[i % kernel] as number)),
  );
}

/** data2vec: several convolutions, a layer norm without weights behind each. [N, C] -> [N, C] */
export async function stackedPositions(
  graph: OnnxBuilder,
  { rows, batch }: Rows,
  weights: Weights,
  { layers, ...shape }: Convolution & { readonly layers: number },
): Promise<Wire> {
  const { hidden, kernel, groups } = shape;
  const ones = graph.constant('float32', [hidden], new Float32Array(hidden).fill(1));
  const zeros = graph.constant('float32', [hidden], new Float32Array(hidden));
  let x = rows;
  for (let l = 0; l < layers; l++) {
    const conv = weights.at(`layers.${l}.conv`);
    const parts = [
      await conv.wire('weight', [hidden, hidden / groups, kernel]),
      await conv.wire('bias', [hidden]),
    ] as const;
    const made = toRows(graph, sameLength(graph, toChannels(graph, x, hidden, batch), parts, shape), hidden);
    const normal = graph.node('LayerNormalization', [made, ones, zeros], { axis: -1, epsilon: { float: 1e-5 } });
    x = gelu(graph, normal);
  }
  return x;
}
