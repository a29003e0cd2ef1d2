// Log-mel frames to what Gaussians like: cepstra with their changes over time, one row every 20 ms, normalised over
// the utterance. A second view of the same sound for a second opinion.
import { appendDeltas } from '../features/deltas.js';
import { outputRows } from './network.js';
import { normalisedUtterance } from './normalise.js';

export const cepstrumCount = 13;
const orders = 2;
const deltaWindow = 2;
export const cepstraColumns = cepstrumCount * (1 + orders);

const tables = new Map<number, Float32Array>();

/** [bands, cepstrumCount] orthonormal DCT-II. */
function cosines(bands: number): Float32Array {
  const known = tables.get(bands);
  if (known) return known;
  const table = Float32Array.from({ length: bands * cepstrumCount }, (_, i) => {
    const c = i % cepstrumCount;
    return (
      Math.sqrt((c === 0 ? 1 : 2) / bands) * Math.cos((Math.PI * c * (Math.floor(i / cepstrumCount) + 0.5)) / bands)
    );
  });
  tables.set(bands, table);
  return table;
}

/**
 * @param data [rows, bands] log-mel.
 * @returns [rows, cepstraColumns], each column with mean 0 and variance 1 over the utterance
 */
export function frameCepstra(data: Float32Array, rows: number, bands: number): Float32Array {
  const table = cosines(bands);
  const cepstra = new Float32Array(rows * cepstrumCount);
  for (let t = 0; t < rows; t++) {
    for (let b = 0; b < bands; b++) {
      const x = data[t * bands + b]!;
      for (let c = 0; c < cepstrumCount; c++) cepstra[t * cepstrumCount + c]! += x * table[b * cepstrumCount + c]!;
    }
  }
  return normalisedUtterance(appendDeltas(cepstra, rows, cepstrumCount, orders, deltaWindow), cepstraColumns);
}

/** @param data [rows, bands] log-mel. @returns [ceil(rows / 2), cepstraColumns]: row j is frame 2 j */
export function rowCepstra(data: Float32Array, rows: number, bands: number): Float32Array {
  const full = frameCepstra(data, rows, bands);
  const out = new Float32Array(outputRows(rows) * cepstraColumns);
  for (let j = 0; 2 * j < rows; j++)
    out.set(full.subarray(2 * j * cepstraColumns, (2 * j + 1) * cepstraColumns), j * cepstraColumns);
  return out;
}
