import { describe, expect, it } from 'vitest';
import { averageRanks, rankCorrelation } from '../../src/score/rank-correlation.js';

describe('averageRanks', () => {
  it('gives ties the mean of their ranks', () => {
    expect(averageRanks([10, 30, 20, 20, 40])).toEqual([1, 4, 2.5, 2.5, 5]);
    expect(averageRanks([])).toEqual([]);
  });
});

describe('rankCorrelation', () => {
  const pairs = (a: number[], b: number[]): [number, number][] => a.map((x, i) => [x, b[i]!]);

  it('is 1 for any growing function, -1 for any falling one', () => {
    const x = [3, 1, 4, 1.5, 9, 2.6];
    expect(
      rankCorrelation(
        pairs(
          x,
          x.map((v) => v ** 3),
        ),
      ),
    ).toBeCloseTo(1, 12);
    expect(
      rankCorrelation(
        pairs(
          x,
          x.map((v) => 1 / v),
        ),
      ),
    ).toBeCloseTo(-1, 12);
  });

  it('agrees with 1 - 6 sum d² / n (n² - 1) where there are no ties', () => {
    const a = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110];
    const b = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17];
    const rank = (list: number[], v: number): number => list.filter((w) => w < v).length;
    const d2 = a.reduce((sum, v, i) => sum + (rank(a, v) - rank(b, b[i]!)) ** 2, 0);
    expect(rankCorrelation(pairs(a, b))).toBeCloseTo(1 - (6 * d2) / (10 * 99), 12);
    expect(rankCorrelation(pairs(a, b))).toBeCloseTo(-0.17575757, 7); // the worked example of Wikipedia's article
  });

  it('is not defined for two pairs or a constant', () => {
    expect(rankCorrelation(pairs([1, 2], [1, 2]))).toBeNull();
    expect(rankCorrelation(pairs([1, 1, 1], [1, 2, 3]))).toBeNull();
  });
});
