// Segment vectors, run merging and neighbour pooling on examples worked out by hand.
import { describe, expect, it } from 'vitest';
import { coefficientWeights } from '../../src/segments/fit.js';
import { averagePairs, runEnds, segmentMeans } from '../../src/segments/runs.js';
import { segmentVectors, vectorSize } from '../../src/segments/vectors.js';

describe('segmentVectors', () => {
  it('takes middle half, log duration, first and last frame', () => {
    // One segment of 8 frames with values 0, 1, 4, 9, 16, 25, 36, 49 (middle: 4, 9, 16, 25), one of a single frame.
    const features = Float32Array.from([0, 1, 4, 9, 16, 25, 36, 49, 7].flatMap((x) => [x, -x, 1000]));
    const options = { columns: 2, duration: 0.5, edges: 0.25 };
    expect(vectorSize(options)).toBe(7);
    const expected = [13.5, -13.5, 0.5 * Math.log(8), 0, 0, 49 / 4, -49 / 4, 7, -7, 0, 7 / 4, -7 / 4, 7 / 4, -7 / 4];
    const vectors = segmentVectors(features, 3, Int32Array.of(8, 9), options);
    expect(vectors).toHaveLength(14);
    expected.forEach((value, i) => {
      expect(vectors[i]).toBeCloseTo(value, 5);
    });
  });

  it('uses all frames of a segment of two or three', () => {
    const options = { columns: 1, duration: 0, edges: 0 };
    expect(
      [...segmentVectors(Float32Array.of(1, 3, 0, 0, 6), 1, Int32Array.of(2, 5), options)].filter(
        (_, i) => i % 4 === 0,
      ),
    ).toEqual([2, 2]);
  });
});

describe('runs', () => {
  it('ends a run where the cluster changes', () => {
    expect([...runEnds(Int32Array.of(4, 4, 4, 2, 9, 9, 4))]).toEqual([3, 4, 6, 7]);
    expect([...runEnds(Int32Array.of(5))]).toEqual([1]);
    expect([...runEnds(new Int32Array(0))]).toEqual([]);
  });

  it('averages the frames of each run', () => {
    const rows = Float32Array.of(1, 10, 3, 20, 5, 60, 8, 80);
    expect([...segmentMeans(rows, 2, Int32Array.of(3, 4))]).toEqual([3, 30, 8, 80]);
  });

  it.each([
    [[1], [1], [10]],
    [[1, 4], [2.5], [20]],
    [
      [1, 4, 8],
      [2.5, 8],
      [20, 30],
    ],
    [
      [1, 4, 8, 2, 7],
      [2.5, 5, 7],
      [20, 40, 50],
    ],
    [
      [1, 4, 8, 2, 7, 5],
      [2.5, 5, 6],
      [20, 40, 60],
    ],
  ])('pairs %j to %j', (values, pooled, pooledEnds) => {
    const ends = Int32Array.from(values, (_, i) => 10 * (i + 1));
    const pairs = averagePairs({ ends, data: Float32Array.from(values) }, 1);
    expect([...pairs.data]).toEqual(pooled);
    expect([...pairs.ends]).toEqual(pooledEnds);
  });

  it('pairs as the reference does: ceil(S/2) groups, padded with copies of the last row', () => {
    for (let rows = 1; rows < 40; rows++) {
      const data = Float32Array.from({ length: rows * 2 }, (_, i) => (i * 37) % 101);
      const target = Math.ceil(rows * 0.5);
      const padded = Array.from({ length: rows }, (_, r) => [...data.subarray(2 * r, 2 * r + 2)]);
      if (rows % target > 0) for (let i = target - (rows % target); i > 0; i--) padded.push(padded.at(-1)!);
      const group = padded.length / target;
      const expected = Array.from({ length: target }, (_, p) =>
        [0, 1].map((c) => padded.slice(p * group, (p + 1) * group).reduce((sum, row) => sum + row[c]!, 0) / group),
      ).flat();
      const pairs = averagePairs({ ends: Int32Array.from({ length: rows }, (_, i) => i + 1), data }, 2);
      expect([...pairs.data]).toEqual(expected);
      expect(pairs.ends.at(-1)).toBe(rows);
    }
  });
});

describe('coefficientWeights', () => {
  it('is the square root of the ratio of deviations, or 1', () => {
    expect(coefficientWeights(3, [16, 4, 1, 9])).toEqual([1, 0.5, 0.25]);
    expect(coefficientWeights(2)).toEqual([1, 1]);
    expect(coefficientWeights(3, [4, 0])).toEqual([1, 1, 1]);
  });
});
