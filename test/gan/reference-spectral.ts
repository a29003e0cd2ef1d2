// Spectral normalisation in plain loops and float64, for the plain implementation of the losses.
import type { Setup, Weights } from './reference.js';

/** Weights of the discriminator scaled by their largest singular value, by eight power iterations. */
export function bounded(p: Weights, s: Setup): Weights {
  if (s.loss !== 'spectral') return p;
  const scaled = { ...p };
  for (const [name, w] of Object.entries(p)) {
    if (!name.startsWith('d.') || !name.endsWith('.w')) continue;
    const outputs = name === 'd.out.w' ? 1 : s.dim;
    const rows = Array.from({ length: w.length / outputs }, (_, i) => [...w.subarray(i * outputs, (i + 1) * outputs)]);
    const unit = (x: number[]): number[] => x.map((y) => y / Math.hypot(...x));
    const forward = (x: number[]): number[] => rows.map((row) => row.reduce((sum, y, i) => sum + y * x[i]!, 0));
    const back = (x: number[]): number[] =>
      rows[0]!.map((_, o) => rows.reduce((sum, row, i) => sum + row[o]! * x[i]!, 0));
    let right = rows[0]!.map((_, i) => 1.5 + Math.cos(i * i));
    for (let i = 0; i < 8; i++) right = unit(back(unit(forward(right))));
    const largest = Math.hypot(...forward(right));
    scaled[name] = w.map((x) => (s.spectralNorm * x) / largest);
  }
  return scaled;
}
