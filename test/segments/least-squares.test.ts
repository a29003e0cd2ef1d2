// Dynamic programming against every possible cut of tiny inputs, and on steps whose boundaries are known.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { cheapestCut, pieceCosts } from '../../src/segments/least-squares.js';
import { findPenalty } from '../../src/segments/penalty.js';

const ones = (n: number): Float32Array => new Float32Array(n).fill(1);
const noise = (name: string, values: number): Float32Array =>
  Float32Array.from(
    { length: values },
    (
      (rng) => () =>
        rng.normal()
    )(Rng.fromSeed(name)),
  );

/** All ways to write `rows` as an ordered sum of lengths within limits, as ends. */
function allCuts(rows: number, min: number, max: number, from = 0): number[][] {
  if (from === rows) return [[]];
  const cuts: number[][] = [];
  for (let length = min; length <= max && from + length <= rows; length++) {
    for (const rest of allCuts(rows, min, max, from + length)) cuts.push([from + length, ...rest]);
  }
  return cuts;
}

function squaredError(features: Float32Array, columns: number, weights: Float32Array, ends: readonly number[]): number {
  let error = 0;
  ends.forEach((end, i) => {
    const start = i === 0 ? 0 : ends[i - 1]!;
    weights.forEach((weight, c) => {
      const values = Array.from({ length: end - start }, (_, t) => weight * features[(start + t) * columns + c]!);
      const mean = values.reduce((a, b) => a + b) / values.length;
      error += values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    });
  });
  return error;
}

describe('cheapestCut', () => {
  it.each([
    [9, 1, 9, 0.5],
    [10, 2, 4, 1],
    [11, 2, 5, 3],
    [8, 3, 5, 0.1],
    [12, 2, 30, 2],
  ])('equals the best of all cuts (%i frames, %i to %i, penalty %f)', (rows, minFrames, maxFrames, penalty) => {
    const weights = Float32Array.of(1, 0.5);
    for (let trial = 0; trial < 10; trial++) {
      const features = noise(`cut ${trial}`, rows * 3); // the third column is not looked at
      const costs = allCuts(rows, minFrames, maxFrames).map(
        (ends) => squaredError(features, 3, weights, ends) + penalty * ends.length,
      );
      const ends = [...cheapestCut(pieceCosts(features, rows, 3, weights, { minFrames, maxFrames }), penalty)];
      expect(squaredError(features, 3, weights, ends) + penalty * ends.length).toBeCloseTo(Math.min(...costs), 4);
      expect(allCuts(rows, minFrames, maxFrames)).toContainEqual(ends);
    }
  });

  it('cuts steps where they are', () => {
    const levels = [0, 5, -5, 2];
    const lengths = [4, 9, 3, 14];
    const frames = Float32Array.from(levels.flatMap((level, i) => Array<number>(lengths[i]!).fill(level)));
    expect([...cheapestCut(pieceCosts(frames, 30, 1, ones(1), { minFrames: 2, maxFrames: 30 }), 0.5)]).toEqual([
      4, 13, 16, 30,
    ]);
  });

  it('keeps what is too short for any cut as one piece', () => {
    const limits = { minFrames: 2, maxFrames: 30 };
    expect([...cheapestCut(pieceCosts(ones(1), 1, 1, ones(1), limits), 1)]).toEqual([1]);
    expect([...cheapestCut(pieceCosts(ones(3), 3, 1, ones(1), limits), 1)]).toEqual([3]);
    expect([...cheapestCut(pieceCosts(ones(0), 0, 1, ones(1), limits), 1)]).toEqual([]);
  });

  it('bounds the length of silence', () => {
    const ends = cheapestCut(pieceCosts(ones(95), 95, 1, ones(1), { minFrames: 2, maxFrames: 30 }), 10);
    expect(ends).toHaveLength(4);
    expect(ends.at(-1)).toBe(95);
  });
});

describe('findPenalty', () => {
  const limits = { minFrames: 2, maxFrames: 30 };
  const utterances = [300, 500, 1200, 2, 1, 800].map((rows, i) =>
    pieceCosts(noise(`utterance ${i}`, rows * 4), rows, 4, ones(4), limits),
  );
  const frames = 2803;

  it.each([0.06, 0.1, 0.15, 0.3])('hits %f segments per frame within 2 %%', async (rate) => {
    const { penalty, segments } = await findPenalty(utterances, rate * frames);
    expect(Math.abs(segments / frames / rate - 1)).toBeLessThan(0.02);
    expect(utterances.reduce((sum, costs) => sum + cheapestCut(costs, penalty).length, 0)).toBe(segments);
  });

  it('does not depend on the scale of the features', async () => {
    const loud = [300, 500].map((rows, i) =>
      pieceCosts(
        noise(`utterance ${i}`, rows * 4).map((x) => x * 1e4),
        rows,
        4,
        ones(4),
        limits,
      ),
    );
    const quiet = [300, 500].map((rows, i) =>
      pieceCosts(
        noise(`utterance ${i}`, rows * 4).map((x) => x * 1e-4),
        rows,
        4,
        ones(4),
        limits,
      ),
    );
    for (const set of [loud, quiet])
      expect(Math.abs((await findPenalty(set, 80)).segments / 80 - 1)).toBeLessThan(0.03);
  });

  it('comes as near as the limits allow', async () => {
    expect((await findPenalty(utterances, 3)).segments).toBe(
      utterances.reduce((sum, { rows }) => sum + Math.ceil(rows / 30), 0),
    );
    expect(await findPenalty(utterances, 1e6)).toEqual({
      penalty: 0,
      segments: (await findPenalty(utterances, 1e9)).segments,
    });
  });
});
