// Numbers that findings rest on, against closed forms.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../../src/core/rng.js';
import { bigrams, jensenShannon, partDivergence } from '../../../src/recipe/check/divergence.js';
import { percent, quantile } from '../../../src/recipe/check/finding.js';
import { clippedShare } from '../../../src/recipe/check/sample.js';

const counts = (record: Record<string, number>): Map<string, number> => new Map(Object.entries(record));

describe('Jensen-Shannon divergence', () => {
  it('is 0 for the same distribution, 1 bit for disjoint ones, and what the formula says between', () => {
    expect(jensenShannon(counts({ a: 1, b: 3 }), counts({ a: 10, b: 30 }))).toBeCloseTo(0, 12);
    expect(jensenShannon(counts({ a: 5 }), counts({ b: 2 }))).toBeCloseTo(1, 12);
    // (1,0) against (1/2,1/2): 1/2 log2(1/(3/4)) + 1/2 (1/2 log2(2/3) + 1/2 log2 2)
    const expected = 0.5 * Math.log2(4 / 3) + 0.5 * (0.5 * Math.log2(2 / 3) + 0.5);
    expect(jensenShannon(counts({ a: 7 }), counts({ a: 4, b: 4 }))).toBeCloseTo(expected, 12);
    expect(jensenShannon(counts({}), counts({ a: 1 }))).toBe(0);
  });

  it('sees where a text changes its kind, and not more in one that does not', () => {
    const rng = Rng.fromSeed(3);
    const line = (phones: string): string[] => Array.from({ length: 30 }, () => phones[rng.integer(phones.length)]!);
    const even = Array.from({ length: 400 }, () => line('abcdef'));
    const steady = partDivergence(even, 4, rng);
    expect(steady.largest).toBeLessThan(1.5 * steady.chance);
    const turning = partDivergence(
      [...even.slice(0, 300), ...Array.from({ length: 100 }, () => line('defxyz'))],
      4,
      rng,
    );
    expect(turning.largest).toBeGreaterThan(5 * turning.chance);
    expect(turning.between[1]).toBe(4);
    expect(bigrams([['a', 'b', 'a', 'b'], ['a']])).toEqual(counts({ 'a b': 2, 'b a': 1 }));
  });
});

describe('measures of sound', () => {
  it('clipping counts runs of three at full scale, not single peaks', () => {
    expect(clippedShare(Int16Array.of(32767, 32767, 0, -32767, 100, 32767))).toBe(0);
    expect(clippedShare(Int16Array.of(0, 32767, -32767, 32767, 0, 0, 0, 32760, 32760, 32760))).toBeCloseTo(0.6, 12);
    expect(clippedShare(new Int16Array(0))).toBe(0);
  });

  it('are written for people', () => {
    expect([percent(0), percent(0.004), percent(0.5)]).toEqual(['0 %', '0.4 %', '50 %']);
    expect([quantile([3, 1, 2], 0), quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 1)]).toEqual([1, 2, 3]);
  });
});
