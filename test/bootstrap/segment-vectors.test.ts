import { describe, expect, it } from 'vitest';
import { labelRuns, poolRuns, sideBySide, withNeighbours } from '../../src/bootstrap/segment-vectors.js';

describe('segments of labelled rows', () => {
  it('are runs of one phone; silence and rows without a label part them', () => {
    expect(labelRuns(Int16Array.of(5, 1, 1, 2, 5, 2, -1, 2), 5)).toEqual([
      { label: 1, first: 1, end: 3 },
      { label: 2, first: 3, end: 4 },
      { label: 2, first: 5, end: 6 },
      { label: 2, first: 7, end: 8 },
    ]);
    expect(labelRuns(new Int16Array(0), 5)).toEqual([]);
  });

  it('have the mean of their middle half and the logarithm of their length', () => {
    const rows = Float32Array.of(9, 9, 1, 10, 3, 20, 9, 9, 7, 70);
    const pooled = poolRuns(
      [
        { label: 0, first: 0, end: 4 },
        { label: 1, first: 4, end: 5 },
      ],
      rows,
      2,
    );
    expect([...pooled]).toEqual([2, 15, Math.fround(Math.log(4)), 7, 70, 0]);
  });

  it('stand beside each other and between their neighbours', () => {
    expect([
      ...sideBySide(
        [
          { data: Float32Array.of(1, 2), columns: 1 },
          { data: Float32Array.of(3, 4, 5, 6), columns: 2 },
        ],
        2,
      ),
    ]).toEqual([1, 3, 4, 2, 5, 6]);
    expect([...withNeighbours(Float32Array.of(1, 2, 3, 4), 2)]).toEqual([0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 0, 0]);
  });
});
