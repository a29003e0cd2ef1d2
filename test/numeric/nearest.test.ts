// Nearest centroids against a plain search over all of them, for row counts around the sizes of blocks.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { createNearest } from '../../src/numeric/nearest.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const noise = (name: string, length: number): Float32Array =>
  Float32Array.from(
    { length },
    (
      (rng) => () =>
        rng.normal()
    )(Rng.fromSeed(name)),
  );

function plainSearch(
  data: Float32Array,
  columns: number,
  centroids: Float32Array,
  row: number,
  first: number,
  count: number,
): number {
  let best = { index: -1, distance: Infinity };
  for (let k = 0; k < count; k++) {
    let distance = 0;
    for (let c = 0; c < columns; c++)
      distance += (data[row * columns + c]! - centroids[(first + k) * columns + c]!) ** 2;
    if (distance < best.distance) best = { index: k, distance };
  }
  return best.index;
}

describe('createNearest', () => {
  it.each([0, 1, 32, 33, 600, 1024, 1025, 2500])('agrees with a plain search on %i rows', async (rows) => {
    const [columns, count, sets] = [7, 20, 3];
    const data = noise('rows', rows * columns);
    const centroids = noise('centroids', sets * count * columns);
    const search = createNearest({ columns, count, sets }, compute);
    search.setCentroids(centroids);
    const indices = await search.find(data, rows);
    expect(indices).toHaveLength(rows * sets);
    for (let row = 0; row < rows; row++) {
      for (let set = 0; set < sets; set++) {
        const expected = plainSearch(data, columns, centroids, row, set * count, count);
        expect(indices[row * sets + set]).toBe(expected);
      }
    }
    await search.dispose();
  });

  it.each([63, 64, 65, 100, 128])(
    'agrees with a plain search of %i centroids, equal ones among them',
    async (count) => {
      const [rows, columns, sets] = [70, 3, 2];
      const data = noise('rows', rows * columns);
      const centroids = noise('centroids', sets * count * columns);
      // Equal centroids: within 16 of each other, and far apart.
      for (const [to, from] of [
        [9, 4],
        [50, 4],
        [count - 1, 30],
      ] as const)
        centroids.copyWithin(to * columns, from * columns, (from + 1) * columns);
      for (const like of [4, 30]) data.set(centroids.subarray(like * columns, (like + 1) * columns), like * columns);
      const search = createNearest({ columns, count, sets }, compute);
      search.setCentroids(centroids);
      const indices = await search.find(data, rows);
      for (let row = 0; row < rows; row++)
        for (let set = 0; set < sets; set++)
          expect(indices[row * sets + set]).toBe(plainSearch(data, columns, centroids, row, set * count, count));
      expect([indices[4 * sets], indices[30 * sets]]).toEqual([4, 30]);
      await search.dispose();
    },
  );

  it('names a centroid that is there also for rows that are not finite', async () => {
    const search = createNearest({ columns: 1, count: 70, sets: 1 }, compute);
    search.setCentroids(Float32Array.from({ length: 70 }, (_, k) => k));
    for (const index of await search.find(Float32Array.of(NaN, Infinity, -Infinity, 3e38), 4)) {
      expect(index).toBeGreaterThanOrEqual(0);
      expect(index).toBeLessThan(70);
    }
    await search.dispose();
  });

  it('takes the first of equally near centroids and copies what it is given', async () => {
    const centroids = Float32Array.of(5, 1, 1, 5);
    const search = createNearest({ columns: 1, count: 4, sets: 1 }, compute);
    search.setCentroids(centroids);
    centroids.fill(0);
    const indices = await search.find(Float32Array.of(0, 9, 1), 3);
    expect([...indices]).toEqual([1, 0, 1]);
    await search.dispose();
  });
});
