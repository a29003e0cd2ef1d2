// A network trained with CTC as ONNX nodes: a waveform in; log-mel bands, normalised over all of it;
// residual convolutions; posteriors and the best symbol of each row out. Equal neighbours are one symbol;
// silence and the blank start no phone.
import { strideOf } from '../bootstrap/network.js';
import type { TrainedNetwork } from '../bootstrap/posteriors.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import type { FeaturesConfig } from '../features/config.js';
import { addLogBands, transposed } from '../features/graph-bands.js';
import { mfccTables } from '../features/tables.js';
import { addNormalised } from './export-features.js';
import { addBestSymbols, type RowWires } from './export-generator.js';

/** As in training (bootstrap/network.ts). */
const tiny = 1e-5;

/**
 * @param waveform [1, N].
 * @param unspoken columns of silence and the blank.
 * @returns rows by two frames: [1, S, V], [1, S], [1, S]
 */
export function addCtc(
  graph: OnnxBuilder,
  waveform: Wire,
  features: FeaturesConfig,
  network: TrainedNetwork,
  unspoken: readonly number[],
): RowWires {
  const logBands = addLogBands(graph, waveform, mfccTables({ ...features, coefficients: 1 }), features.energyFloor);
  return addBestSymbols(graph, addNetworkLogits(graph, addNormalised(graph, logBands), network), unspoken);
}

/** @param normal [1, M, T] normalised bands. @returns logits [1, S, V], S rows by the stride */
export function addNetworkLogits(
  graph: OnnxBuilder,
  normal: Wire,
  { shape, parameters, moments }: TrainedNetwork,
): Wire {
  const { bands, channels, layers, kernel, classes } = shape;
  const left = (kernel - 1) >> 1;
  let h = normal;
  for (let l = 0; l < layers; l++) {
    const width = l === 0 ? bands : channels;
    const taken = graph.node(
      'Conv',
      [h, graph.constant('float32', [channels, width, kernel], taps(parameters[`w${l}`]!, width, channels, kernel))],
      {
        pads: [left, kernel - 1 - left],
        strides: [l === 0 ? strideOf(shape) : 1],
      },
    ); // [1, M or C, T or S] -> [1, C, S]
    const { mean, variance } = moments[l]!;
    const scale = parameters[`gain${l}`]!.map((gain, c) => gain / Math.sqrt(variance[c]! + tiny));
    const shift = parameters[`shift${l}`]!.map((value, c) => value - mean[c]! * scale[c]!);
    const column = (values: Float32Array): Wire => graph.constant('float32', [1, channels, 1], values);
    const scaled = graph.node('Add', [graph.node('Mul', [taken, column(scale)]), column(shift)]);
    const out = graph.node('Relu', [scaled]);
    h = l === 0 ? out : graph.node('Add', [h, out]);
  }
  const rows = graph.node('Transpose', [h], { perm: [0, 2, 1] }); // [1, C, S] -> [1, S, C]
  const product = graph.node('MatMul', [rows, graph.constant('float32', [channels, classes], parameters['w']!)]);
  return graph.node('Add', [product, graph.constant('float32', [classes], parameters['b']!)]);
}

/** [K M, C] -> [C, M, K] */
function taps(weights: Float32Array, width: number, channels: number, kernel: number): Float32Array {
  const turned = transposed(weights, kernel * width, channels); // [C, K M]
  return Float32Array.from({ length: turned.length }, (_, i) => {
    const [c, m, k] = [Math.floor(i / (width * kernel)), Math.floor(i / kernel) % width, i % kernel];
    return turned[c * kernel * width + k * width + m]!;
  });
}
