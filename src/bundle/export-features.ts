// MFCC with derivatives and normalisation as ONNX nodes: a waveform of any length in, frames out. The same tables as
// src/features, with the cutting into frames done by a convolution, so that the graph needs nothing around it.
import type { OnnxBuilder, Wire } from '../engine/index.js';
import type { FeaturesConfig } from '../features/config.js';
import { addLogBands, transposed } from '../features/graph-bands.js';
import { mfccTables } from '../features/tables.js';

/** @param waveform [1, N]. @returns [T, D] normalised frames */
export function addFrames(graph: OnnxBuilder, waveform: Wire, config: FeaturesConfig): Wire {
  const cepstra = addCepstra(graph, waveform, config); // [1, N] -> [1, C, T]
  const orders = [cepstra];
  for (let order = 1; order <= config.deltas; order++) orders.push(addSlope(graph, orders[order - 1] as Wire, config));
  const frames = orders.length === 1 ? cepstra : graph.node('Concat', orders, { axis: 1 }); // [1, C, T] -> [1, D, T]
  const normal = config.normalise === 'none' ? frames : addNormalised(graph, frames);
  // [1, D, T] -> [T, D]
  return graph.node('Squeeze', [graph.node('Transpose', [normal], { perm: [0, 2, 1] }), graph.ints(0)]);
}

function addCepstra(graph: OnnxBuilder, waveform: Wire, config: FeaturesConfig): Wire {
  const tables = mfccTables(config);
  const { bands, coefficients, cepstrum } = tables;
  const logEnergy = addLogBands(graph, waveform, tables, config.energyFloor);
  return graph.node('MatMul', [
    graph.constant('float32', [coefficients, bands], transposed(cepstrum, bands, coefficients)),
    logEnergy,
  ]); // [1, M, T] -> [1, C, T]
}

/** [1, C, T] -> [1, C, T]: regression over neighbours, edges repeated (see features/deltas.ts). */
function addSlope(graph: OnnxBuilder, values: Wire, { coefficients, deltaWindow }: FeaturesConfig): Wire {
  const taps = Float32Array.from({ length: 2 * deltaWindow + 1 }, (_, i) => i - deltaWindow);
  const squares = taps.reduce((sum, distance) => sum + distance * distance, 0);
  const kernel = graph.constant(
    'float32',
    [coefficients, 1, taps.length],
    Array.from({ length: coefficients }, () => [...taps.map((distance) => distance / squares)]).flat(),
  );
  const padded = graph.node('Pad', [values, graph.ints(0, 0, deltaWindow, 0, 0, deltaWindow)], { mode: 'edge' });
  return graph.node('Conv', [padded, kernel], { group: coefficients });
}

/**
 * Mean 0 and variance 1 of each row over time; a row that does not vary is only centred (see features/normalise.ts).
 */
export function addNormalised(graph: OnnxBuilder, frames: Wire): Wire {
  const mean = graph.node('ReduceMean', [frames], { axes: [2], keepdims: 1 });
  const centred = graph.node('Sub', [frames, mean]);
  const variance = graph.node('ReduceMean', [graph.node('Mul', [centred, centred])], { axes: [2], keepdims: 1 });
  const least = graph.node('Mul', [
    graph.node('Add', [graph.node('Mul', [mean, mean]), graph.float(1)]),
    graph.float(1e-10),
  ]);
  const deviation = graph.node('Where', [
    graph.node('Greater', [variance, least]),
    graph.node('Sqrt', [variance]),
    graph.float(1),
  ]);
  return graph.node('Div', [centred, deviation]);
}
