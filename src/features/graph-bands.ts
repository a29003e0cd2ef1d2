// Log-mel bands as ONNX nodes: a waveform of any length in, bands out. The same tables as logmel.ts and mfcc.ts, with
// the cutting into frames done by a convolution, so that a graph that leaves the house needs nothing around it.
import type { OnnxBuilder, Wire } from '../engine/index.js';
import type { MfccTables } from './tables.js';

/** @param waveform [1, N]. @returns [1, M, T] natural logarithm of band energies */
export function addLogBands(
  graph: OnnxBuilder,
  waveform: Wire,
  { window, hop, bins, bands, cosine, sine, mel }: MfccTables,
  energyFloor: number,
): Wire {
  const spectrum = graph.constant(
    'float32',
    [2 * bins, 1, window],
    [...filters(cosine, window, bins), ...filters(sine, window, bins)],
  );
  // [1, 1, N] -> [1, 2 B, T]
  const parts = graph.node('Conv', [graph.node('Unsqueeze', [waveform, graph.ints(1)]), spectrum], { strides: [hop] });
  const [real, imaginary] = graph.nodes('Split', [parts], 2, { axis: 1 }) as [Wire, Wire];
  const power = graph.node('Add', [graph.node('Mul', [real, real]), graph.node('Mul', [imaginary, imaginary])]);
  // [1, B, T] -> [1, M, T]
  const energy = graph.node('MatMul', [graph.constant('float32', [bands, bins], transposed(mel, bins, bands)), power]);
  return graph.node('Log', [graph.node('Max', [energy, graph.float(energyFloor)])]);
}

/**
 * [W, B] -> [B, W], with the frame's mean taken away: the table acts on frames without theirs, which is the same as
 * taking each column's own mean away.
 */
function filters(table: Float32Array, window: number, bins: number): Float32Array {
  const rows = transposed(table, window, bins);
  for (let bin = 0; bin < bins; bin++) {
    const row = rows.subarray(bin * window, (bin + 1) * window);
    const mean = row.reduce((sum, value) => sum + value, 0) / window;
    for (let n = 0; n < window; n++) row[n] = (row[n] as number) - mean;
  }
  return rows;
}

/** [rows, columns] -> [columns, rows] */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)] as number,
  );
}
