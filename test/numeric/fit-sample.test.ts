// The choice of what is fitted on: everything below the bound, about the bound above it, each item as likely.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { blocksOf } from '../../src/numeric/blocks.js';
import { sampleToFit } from '../../src/numeric/fit-sample.js';
import { fitKmeans } from '../../src/numeric/kmeans.js';

const rows = [3, 1, 4, 1, 5, 9, 2, 6];
const rowsOf = (item: number): number => rows[item]!;
const items = rows.map((_, i) => i);

describe('sampleToFit', () => {
  it('gives back the very items while they hold no more rows than asked for, and draws nothing', () => {
    const rng = Rng.fromSeed(1);
    const before = rng.state;
    expect(sampleToFit(items, rowsOf, 31, rng)).toBe(items);
    expect(rng.state).toEqual(before);
  });

  it('takes whole items in their order until the rows are there', () => {
    for (let seed = 0; seed < 50; seed++) {
      const chosen = sampleToFit(items, rowsOf, 10, Rng.fromSeed(seed));
      const total = chosen.reduce((sum, item) => sum + rowsOf(item), 0);
      expect(total).toBeGreaterThanOrEqual(10);
      expect(total).toBeLessThan(10 + 9);
      expect(chosen).toEqual([...chosen].sort((a, b) => a - b));
      expect(new Set(chosen).size).toBe(chosen.length);
    }
    expect(sampleToFit([5], rowsOf, 2, Rng.fromSeed(1))).toEqual([5]);
  });

  it('is the same for a seed, and takes each of many equal items as often', () => {
    const many = Array.from({ length: 20 }, (_, i) => i);
    const times = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 2000; seed++)
      for (const item of sampleToFit(many, () => 1, 5, Rng.fromSeed(seed))) times[item]!++;
    // 500 on the mean, deviation sqrt(2000 / 4 * 3 / 4) = 19.
    for (const count of times) expect(Math.abs(count - 500)).toBeLessThan(5 * 19);
    expect(sampleToFit(many, () => 1, 5, Rng.fromSeed(3))).toEqual(sampleToFit(many, () => 1, 5, Rng.fromSeed(3)));
  });

  it('leaves about K / rows more squared distance than all rows would', async () => {
    const [columns, count, all, sampled] = [4, 8, 20_000, 2000];
    const rng = Rng.fromSeed('points');
    const centres = Array.from({ length: count * columns }, () => 10 * rng.normal());
    const points = Float32Array.from({ length: all * columns }, (_, i) => {
      const [row, c] = [Math.floor(i / columns), i % columns];
      return centres[(row % count) * columns + c]! + rng.normal();
    });
    const chosen = sampleToFit(
      Array.from({ length: all }, (_, i) => i),
      () => 1,
      sampled,
      Rng.fromSeed('choice'),
    );
    const few = new Float32Array(sampled * columns);
    chosen.forEach((row, i) => {
      few.set(points.subarray(row * columns, (row + 1) * columns), i * columns);
    });
    const { centroids } = await fitKmeans(blocksOf(few, columns), {
      ...{ columns, count, restarts: 3, iterations: 30, sampleRows: 2000, tolerance: 1e-9 },
      rng: Rng.fromSeed('kmeans'),
      compute: { threads: 1, engine: 'cpu' },
    });
    let distance = 0;
    for (let row = 0; row < all; row++) {
      let least = Infinity;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += (points[row * columns + c]! - centroids[k * columns + c]!) ** 2;
        least = Math.min(least, sum);
      }
      distance += least / all;
    }
    // Within a cluster a row is `columns` away on the mean; means of n rows add columns / n, and n is sampled / count.
    const excess = distance / columns - 1;
    expect(excess).toBeLessThan((4 * count) / sampled);
  });
});
