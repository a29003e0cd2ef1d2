// Scores for every phone that are fitted to a number of phones, on lengths that are known functions of the score.
import { describe, expect, it } from 'vitest';
import { fitScore } from '../../src/search/fit-score.js';

describe('a score for every phone', () => {
  /** ln(found / wanted) by a score; how often it was asked. */
  const counted = (
    error: (score: number) => number,
  ): { attempt: (score: number) => Promise<{ made: number; error: number }>; asked: number[] } => {
    const asked: number[] = [];
    return {
      asked,
      attempt: (score) => {
        asked.push(score);
        return Promise.resolve({ made: score * 10, error: error(score) });
      },
    };
  };

  it('is found where lengths grow evenly, steeply or hardly at all', async () => {
    for (const [slope, right] of [
      [0.12, 4],
      [0.5, -2.5],
      [0.03, 2],
    ] as const) {
      const { attempt, asked } = counted((score) => slope * (score - right));
      const { score, made } = await fitScore(attempt, { start: 1 });
      expect(Math.abs(slope * (score - right))).toBeLessThan(0.02);
      expect(made).toBe(score * 10);
      expect(asked.length).toBeLessThanOrEqual(8);
    }
  });

  it('comes near where lengths jump', async () => {
    const { attempt } = counted((score) => (score < 1.7 ? -0.2 : 0.1));
    expect((await fitScore(attempt, { start: 0 })).score).toBeGreaterThanOrEqual(1.7);
  });

  it('stays in its range, and stops at its end', async () => {
    const { attempt, asked } = counted(() => -1);
    expect((await fitScore(attempt, { start: 8, least: -5, most: 9 })).score).toBe(8);
    expect(asked).toEqual([8, 9]);
  });
});
