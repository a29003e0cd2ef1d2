import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { compareNights, seedNoise, type SeedValue } from '../../src/regress/comparison.js';
import { exitCodeOf } from '../../src/regress/verdicts.js';

const night = (...values: number[]): SeedValue[] => values.map((value, i) => ({ seed: i + 1, value }));

describe('seed noise', () => {
  it('is the spread within nights, whatever lies between them', () => {
    expect(seedNoise([night(1, 3), night(101, 103)])).toEqual({ deviation: Math.SQRT2, degrees: 2, results: 4 });
  });

  it('counts a program that did not change once', () => {
    const once = seedNoise([night(0.15, 0.17, 0.16)]);
    expect(seedNoise([night(0.15, 0.17, 0.16), night(0.15, 0.17, 0.16), night(0.15, 0.17)])).toEqual(once);
    expect(once.degrees).toBe(2);
  });

  it('knows nothing from single seeds', () => {
    expect(seedNoise([night(0.15), night(0.2), night(0.1)])).toEqual({ deviation: 0, degrees: 0, results: 0 });
  });
});

describe('the comparison', () => {
  const noise = { deviation: 0.01, degrees: 3, results: 4 };

  it('asks for more than the tolerance t s sqrt(1/n + 1/m)', () => {
    const tolerance = 4.5407 * 0.01 * Math.sqrt(1 / 2 + 1 / 4);
    const reference = night(0.15, 0.15, 0.15, 0.15);
    const at = (value: number) => compareNights(night(value, value), reference, noise, 0.99);
    expect(at(0.15)).toMatchObject({ verdict: 'ok', tolerance: expect.closeTo(tolerance, 6) });
    expect(at(0.15 + tolerance * 0.99).verdict).toBe('ok');
    expect(at(0.15 + tolerance * 1.01).verdict).toBe('worse');
    expect(at(0.15 - tolerance * 1.01).verdict).toBe('improved');
  });

  it('says when it has nothing to compare with, or knows nothing of noise', () => {
    expect(compareNights(night(0.2), undefined, noise, 0.99)).toMatchObject({ verdict: 'first', value: 0.2 });
    expect(compareNights(night(0.9), night(0.1), seedNoise([]), 0.99)).toMatchObject({
      verdict: 'unjudged',
      change: expect.closeTo(0.8, 12),
    });
  });

  it('calls one night of a hundred worse by chance, and sees what is three times the tolerance', () => {
    const rng = Rng.fromSeed('regress');
    const draw = (count: number, mean = 0.2): SeedValue[] =>
      Array.from({ length: count }, (_, seed) => ({ seed, value: mean + 0.01 * rng.normal() }));
    let false_ = 0;
    let seen = 0;
    const trials = 4000;
    for (let i = 0; i < trials; i++) {
      const reference = draw(4);
      const noiseOfIt = seedNoise([reference]);
      if (compareNights(draw(2), reference, noiseOfIt, 0.99).verdict === 'worse') false_++;
      if (compareNights(draw(2, 0.2 + 0.1), reference, noiseOfIt, 0.99).verdict === 'worse') seen++;
    }
    // Binomial, 4000 trials: 0.01 ± 0.0047 in three standard deviations.
    expect(false_ / trials).toBeGreaterThan(0.005);
    expect(false_ / trials).toBeLessThan(0.015);
    expect(seen / trials).toBeGreaterThan(0.95);
  });
});

describe('exit codes', () => {
  it('are those of the gravest', () => {
    expect(exitCodeOf(['ok', 'first', 'improved', 'skipped', 'unjudged'])).toBe(0);
    expect(exitCodeOf(['ok', 'worse'])).toBe(20);
    expect(exitCodeOf(['worse', 'over-budget'])).toBe(23);
    expect(exitCodeOf(['worse', 'collapsed', 'over-budget'])).toBe(21);
    expect(exitCodeOf(['collapsed', 'missing'])).toBe(24);
    expect(exitCodeOf(['missing', 'failed', 'worse'])).toBe(22);
  });
});

describe('a comparison near to what a guess gets', () => {
  const noise = { deviation: 0.05, degrees: 3, results: 4 };

  it('is none, and says how many seeds it would take', () => {
    const at = compareNights(night(0.8, 0.8), night(0.8, 0.8), noise, 0.99, 0.88);
    // 4.5407 x .05 x sqrt(1/2 + 1/2) = .227 reaches over .08; with n seeds a night it is .0.3211 / sqrt(n).
    expect(at).toMatchObject({ verdict: 'noisy', guess: 0.88, seedsNeeded: 17 });
    const seeds = (count: number) => Array.from({ length: count }, () => 0.8);
    expect(compareNights(night(...seeds(17)), night(...seeds(17)), noise, 0.99, 0.88).verdict).toBe('ok');
    expect(compareNights(night(...seeds(16)), night(...seeds(16)), noise, 0.99, 0.88).verdict).toBe('noisy');
    expect(exitCodeOf(['noisy'])).toBe(0);
  });

  it('stays a comparison where the guess is out of reach, or the night is worse all the same', () => {
    expect(compareNights(night(0.2, 0.2), night(0.2, 0.2), noise, 0.99, 0.88).verdict).toBe('ok');
    expect(compareNights(night(1.3, 1.3), night(0.8, 0.8), noise, 0.99, 0.88).verdict).toBe('worse');
    expect(compareNights(night(0.9), night(0.9), noise, 0.99, 0.88)).toMatchObject({
      verdict: 'noisy',
      seedsNeeded: undefined,
    });
  });
});
