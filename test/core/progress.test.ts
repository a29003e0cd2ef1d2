import { describe, expect, it } from 'vitest';
import { timeLeft } from '../../src/core/progress.js';

describe('the time that a loop still takes', () => {
  it('is told by the pace since the first report, whatever came before it', () => {
    const left = timeLeft(200);
    // 90 s of loading, then half a second each.
    expect(left(1, 90)).toBeUndefined();
    expect(left(3, 91)).toBeCloseTo(98.5, 9);
    expect(left(101, 140)).toBeCloseTo(49.5, 9);
    expect(left(200, 189.5)).toBe(0);
  });

  it('is not guessed from less than a hundredth of the work', () => {
    const left = timeLeft(1000);
    expect([left(0, 0), left(1, 40), left(9, 41)]).toEqual([undefined, undefined, undefined]);
    expect(left(10, 42)).toBeCloseTo(42 * 99, 9);
  });

  it('goes on from where an earlier run had come', () => {
    const left = timeLeft(100);
    expect(left(60, 5)).toBeUndefined();
    expect(left(62, 7)).toBeCloseTo(38, 9);
  });
});
