// Derivatives of curves whose slope is known.
import { describe, expect, it } from 'vitest';
import { appendDeltas } from '../../src/features/deltas.js';

const column = (data: Float32Array, columns: number, c: number): number[] =>
  Array.from(data).filter((_, i) => i % columns === c);

describe('appendDeltas', () => {
  it('finds the slope of a line, and 0 as its second derivative, away from the edges', () => {
    const line = Float32Array.from({ length: 12 }, (_, t) => 3 * t - 5);
    const out = appendDeltas(line, 12, 1, 2, 2);
    expect(column(out, 3, 0)).toEqual(Array.from(line));
    expect(column(out, 3, 1).slice(2, -2)).toEqual(Array<number>(8).fill(3));
    for (const second of column(out, 3, 2).slice(4, -4)) expect(second).toBeCloseTo(0, 6);
  });

  it('repeats the frames at the edges', () => {
    const out = appendDeltas(Float32Array.from([0, 1, 2, 3, 4]), 5, 1, 1, 2);
    // At t = 0: (1 * (1 - 0) + 2 * (2 - 0)) / 10; at t = 1: (1 * (2 - 0) + 2 * (3 - 0)) / 10.
    expect(
      column(out, 2, 1)
        .slice(0, 3)
        .map((x) => Math.round(x * 1e6) / 1e6),
    ).toEqual([0.5, 0.8, 1]);
  });

  it('gives the curvature of a parabola', () => {
    const parabola = Float32Array.from({ length: 15 }, (_, t) => t * t);
    expect(column(appendDeltas(parabola, 15, 1, 2, 2), 3, 2)[7]).toBeCloseTo(2, 5);
  });

  it('keeps columns apart', () => {
    const two = Float32Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? i / 2 : -i));
    const out = appendDeltas(two, 10, 2, 1, 2);
    expect(column(out, 4, 2)[5]).toBeCloseTo(1, 6);
    expect(column(out, 4, 3)[5]).toBeCloseTo(-2, 6);
  });

  it('is 0 for a single frame, and nothing for none', () => {
    expect(Array.from(appendDeltas(Float32Array.from([4, 5]), 1, 2, 2, 2))).toEqual([4, 5, 0, 0, 0, 0]);
    expect(appendDeltas(new Float32Array(0), 0, 13, 2, 2).length).toBe(0);
  });
});
