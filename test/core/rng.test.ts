import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';

const draws = (rng: Rng, n: number): number[] => Array.from({ length: n }, () => rng.uniform());

describe('Rng', () => {
  it('repeats from the same seed and differs between seeds', () => {
    expect(draws(Rng.fromSeed(1), 5)).toEqual(draws(Rng.fromSeed(1), 5));
    expect(draws(Rng.fromSeed(1), 5)).not.toEqual(draws(Rng.fromSeed(2), 5));
  });

  it('gives child streams that do not depend on what the parent drew before', () => {
    const parent = Rng.fromSeed(1);
    const before = draws(parent.fork('kmeans'), 3);
    parent.uniform();
    expect(draws(parent.fork('kmeans'), 3)).toEqual(before);
    expect(draws(parent.fork('noise'), 3)).not.toEqual(before);
    expect(draws(parent.fork('a').fork('b'), 3)).not.toEqual(draws(parent.fork('b').fork('a'), 3));
  });

  it('continues from a saved state, through JSON', () => {
    const rng = Rng.fromSeed(3);
    draws(rng, 7);
    const state = JSON.parse(JSON.stringify(rng.state)) as Rng['state'];
    const expected = draws(rng, 4);
    const other = Rng.fromSeed(99);
    other.restore(state);
    expect(draws(other, 4)).toEqual(expected);
  });

  it('is uniform: mean 1/2, variance 1/12, all sixteenths filled evenly', () => {
    const sample = draws(Rng.fromSeed(5), 64_000);
    const mean = sample.reduce((a, b) => a + b) / sample.length;
    const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / sample.length;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    const bins = new Array<number>(16).fill(0);
    for (const x of sample) bins[Math.floor(x * 16)]!++;
    // chi-squared with 15 degrees of freedom: 37.7 is exceeded once in a thousand
    expect(bins.reduce((sum, n) => sum + (n - 4000) ** 2 / 4000, 0)).toBeLessThan(37.7);
  });

  it('draws normals of mean 0 and variance 1', () => {
    const rng = Rng.fromSeed(6);
    const sample = Array.from({ length: 40_000 }, () => rng.normal());
    expect(sample.reduce((a, b) => a + b) / sample.length).toBeCloseTo(0, 1);
    expect(sample.reduce((sum, x) => sum + x * x, 0) / sample.length).toBeCloseTo(1, 1);
  });

  it('shuffles to a permutation and refuses to choose from nothing', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = Rng.fromSeed(7).shuffleInPlace([...items]);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
    expect(() => Rng.fromSeed(7).choice([])).toThrow(RangeError);
  });
});
