// Layers of transformer encoders as ONNX nodes. N is batch times frames: everything but attention and
// convolutions works on [N, C]. Weights lie as PyTorch has them: linear layers [outputs, inputs],
// convolutions [outputs, inputs, kernel].
import type { OnnxBuilder, Wire } from '../engine/index.js';
import type { Weights, WholeMatrix } from './weights.js';

type Graph = OnnxBuilder;

/** x W' + b. [N, inputs] -> [N, outputs] */
export async function linear(
  graph: Graph,
  x: Wire,
  weights: Weights,
  [inputs, outputs]: readonly [number, number],
  bias = true,
): Promise<Wire> {
  const whole = await weights.whole('weight', [outputs, inputs]);
  if (whole) {
    const product = wholeProduct(graph, x, whole);
    return bias ? graph.node('Add', [product, await weights.wire('bias', [outputs])]) : product;
  }
  const matrix = await weights.wire('weight', [outputs, inputs]);
  const shift = bias ? [await weights.wire('bias', [outputs])] : [];
  return graph.node('Gemm', [x, matrix, ...shift], { transB: 1 });
}

/**
 * Each row is rounded to 8 bits by its own largest value, so that no other frame, utterance or padding changes it;
 * products and sums are whole numbers, the same on every processor. [N, inputs] -> [N, outputs]
 */
function wholeProduct(graph: Graph, x: Wire, { matrix, scales }: WholeMatrix): Wire {
  const largest = graph.node('ReduceMax', [graph.node('Abs', [x])], { axes: [-1], keepdims: 1 }); // [N, 1]
  const step = graph.node('Mul', [graph.node('Max', [largest, graph.float(1e-30)]), graph.float(1 / 127)]);
  const rounded = graph.node('Round', [graph.node('Div', [x, step])]);
  const bytes = graph.node('Cast', [graph.node('Add', [rounded, graph.float(128)])], { to: 2 });
  const zero = graph.constant('uint8', [], [128]);
  const sums = graph.node('Cast', [graph.node('MatMulInteger', [bytes, matrix, zero, zero])], { to: 1 });
  return graph.node('Mul', [graph.node('Mul', [sums, step]), scales]);
}

/** Over the last axis. */
export async function layerNorm(graph: Graph, x: Wire, weights: Weights, size: number, epsilon = 1e-5): Promise<Wire> {
  const [gain, shift] = [await weights.wire('weight', [size]), await weights.wire('bias', [size])];
  return graph.node('LayerNormalization', [x, gain, shift], { axis: -1, epsilon: { float: epsilon } });
}

/** x / 2 (1 + erf(x / sqrt 2)), in the form that the runtime computes as one operation. */
export function gelu(graph: Graph, x: Wire): Wire {
  const erf = graph.node('Erf', [graph.node('Div', [x, graph.float(Math.SQRT2)])]);
  const bell = graph.node('Mul', [x, graph.node('Add', [erf, graph.float(1)])]);
  return graph.node('Mul', [bell, graph.float(0.5)]);
}

export function swish(graph: Graph, x: Wire): Wire {
  return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
}

export interface AttentionShape {
  readonly heads: number;
  readonly hidden: number;
  /** int64 [1]: waveforms in the batch. */
  readonly batch: Wire;
}

/** [N, C] -> [B, heads, T, C / heads], with the last two axes turned on demand. */
export function splitHeads(graph: Graph, x: Wire, { heads, hidden, batch }: AttentionShape, turned = false): Wire {
  const shape = graph.node('Concat', [batch, graph.ints(-1, heads, hidden / heads)], { axis: 0 });
  return graph.node('Transpose', [graph.node('Reshape', [x, shape])], { perm: turned ? [0, 2, 3, 1] : [0, 2, 1, 3] });
}

/** Scores [B, heads, T, T] and values [B, heads, T, C / heads] -> [N, C] */
export function attend(graph: Graph, scores: Wire, values: Wire, { hidden }: AttentionShape): Wire {
  const mixed = graph.node('MatMul', [graph.node('Softmax', [scores], { axis: -1 }), values]);
  return graph.node('Reshape', [graph.node('Transpose', [mixed], { perm: [0, 2, 1, 3] }), graph.ints(-1, hidden)]);
}

/** softmax(q k' / sqrt(C / heads) + bias) v; biases are added one by one. [N, C] each -> [N, C] */
export function attention(
  graph: Graph,
  [q, k, v]: readonly [Wire, Wire, Wire],
  shape: AttentionShape,
  biases: readonly Wire[],
): Wire {
  const scale = graph.float(Math.sqrt(shape.heads / shape.hidden));
  const queries = splitHeads(graph, graph.node('Mul', [q, scale]), shape);
  const scores = graph.node('MatMul', [queries, splitHeads(graph, k, shape, true)]);
  const biased = biases.reduce((sum, bias) => graph.node('Add', [sum, bias]), scores);
  return attend(graph, biased, splitHeads(graph, v, shape), shape);
}

/** [B, C, T] -> [N, C] */
export function toRows(graph: Graph, x: Wire, channels: number): Wire {
  return graph.node('Reshape', [graph.node('Transpose', [x], { perm: [0, 2, 1] }), graph.ints(-1, channels)]);
}

/** [N, C] -> [B, C, T] */
export function toChannels(graph: Graph, x: Wire, channels: number, batch: Wire): Wire {
  const shape = graph.node('Concat', [batch, graph.ints(-1, channels)], { axis: 0 });
  return graph.node('Transpose', [graph.node('Reshape', [x, shape])], { perm: [0, 2, 1] });
}
