// K-means: blobs with known centres, determinism, streaming against memory, lost clusters, bad input.
import { describe, expect, it } from 'vitest';
import { AsrError } from '../../src/core/errors.js';
import { Rng } from '../../src/core/rng.js';
import { blocksOf, type BlockSource } from '../../src/numeric/blocks.js';
import { fitKmeans, moveToMeans, seedCentroids, type KmeansOptions } from '../../src/numeric/kmeans.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const options = (more: Partial<KmeansOptions>): KmeansOptions => ({
  columns: 2,
  count: 5,
  restarts: 3,
  iterations: 25,
  sampleRows: 1000,
  rng: Rng.fromSeed('k-means'),
  compute,
  ...more,
});
const centres = [
  [0, 0],
  [10, 0],
  [0, 10],
  [10, 10],
  [25, 5],
];

function blobs(perBlob: number): Float32Array {
  const rng = Rng.fromSeed('blobs');
  const rows = centres.flatMap((centre) =>
    Array.from({ length: perBlob }, () => centre.map((c) => c + 0.5 * rng.normal())),
  );
  return Float32Array.from(rng.shuffleInPlace(rows).flat());
}

/** Lloyd's algorithm from given centroids, the slow obvious way. */
function plainLloyd(data: Float32Array, columns: number, start: Float32Array, passes: number): Float32Array {
  let centroids = Float64Array.from(start);
  const count = start.length / columns;
  for (let pass = 0; pass < passes; pass++) {
    const sums = new Float64Array(centroids.length);
    const sizes = new Float64Array(count);
    for (let row = 0; row < data.length / columns; row++) {
      const distances = Array.from({ length: count }, (_, k) =>
        Array.from({ length: columns }, (_, c) => (data[row * columns + c]! - centroids[k * columns + c]!) ** 2).reduce(
          (a, b) => a + b,
        ),
      );
      const nearest = distances.indexOf(Math.min(...distances));
      sizes[nearest]!++;
      for (let c = 0; c < columns; c++) sums[nearest * columns + c]! += data[row * columns + c]!;
    }
    centroids = sums.map((sum, i) =>
      sizes[Math.floor(i / columns)]! > 0 ? sum / sizes[Math.floor(i / columns)]! : centroids[i]!,
    );
  }
  return Float32Array.from(centroids);
}

describe('fitKmeans', () => {
  it('finds the centres of separate blobs and their variance', async () => {
    const result = await fitKmeans(blocksOf(blobs(400), 2), options({}));
    const found = Array.from({ length: 5 }, (_, k) => [...result.centroids.subarray(2 * k, 2 * k + 2)]);
    for (const centre of centres) {
      const nearest = Math.min(...found.map((f) => Math.hypot(f[0]! - centre[0]!, f[1]! - centre[1]!)));
      expect(nearest).toBeLessThan(0.1);
    }
    expect(result.inertia).toBeCloseTo(2 * 0.25, 1);
    expect(result.rows).toBe(2000);
  });

  it('gives the same bytes for the same seed and others for another', async () => {
    const data = Float32Array.from(
      { length: 4000 },
      (
        (rng) => () =>
          rng.normal()
      )(Rng.fromSeed('cloud')),
    );
    const first = await fitKmeans(blocksOf(data, 2), options({ count: 20 }));
    const again = await fitKmeans(blocksOf(data, 2), options({ count: 20 }));
    const other = await fitKmeans(blocksOf(data, 2), options({ count: 20, rng: Rng.fromSeed('other') }));
    expect([...again.centroids]).toEqual([...first.centroids]);
    expect([...other.centroids]).not.toEqual([...first.centroids]);
  });

  it('does not depend on how the rows come in blocks', async () => {
    const data = blobs(700);
    const ragged: BlockSource = async function* () {
      const lengths = Rng.fromSeed('lengths');
      for (let start = 0; start < 3500;) {
        const rows = Math.min(3500 - start, lengths.integer(50));
        yield { data: data.slice(2 * start, 2 * (start + rows)), rows };
        start += rows;
      }
    };
    const whole = await fitKmeans(blocksOf(data, 2, 10_000), options({}));
    const streamed = await fitKmeans(ragged, options({}));
    expect([...streamed.centroids]).toEqual([...whole.centroids]);
  });

  it('follows the textbook iteration from the same seeds', async () => {
    const data = Float32Array.from(
      { length: 3 * 500 },
      (
        (rng) => () =>
          rng.normal()
      )(Rng.fromSeed('cloud')),
    );
    const rng = Rng.fromSeed('k-means');
    const seeds = new Float32Array(4 * 3);
    seedCentroids({ data, rows: 500 }, 3, seeds, 0, rng.fork('seed 0'));
    const result = await fitKmeans(
      blocksOf(data, 3),
      options({ columns: 3, count: 4, restarts: 1, iterations: 6, tolerance: -1, rng }),
    );
    // The pass that finds the lowest inertia is the last: five moves lie before it.
    plainLloyd(data, 3, seeds, 5).forEach((value, i) => {
      expect(result.centroids[i]).toBeCloseTo(value, 4);
    });
  });

  it('knows the mean squared distance also of rows that are far from zero', async () => {
    const data = blobs(100).map((value) => value + 1000);
    const { centroids, inertia } = await fitKmeans(blocksOf(data, 2), options({}));
    const each = Array.from({ length: 500 }, (_, row) =>
      Math.min(
        ...Array.from(
          { length: 5 },
          (__, k) => (data[2 * row]! - centroids[2 * k]!) ** 2 + (data[2 * row + 1]! - centroids[2 * k + 1]!) ** 2,
        ),
      ),
    );
    expect(inertia).toBeCloseTo(each.reduce((a, b) => a + b) / 500, 6);
  });

  it('keeps the best of several starts', async () => {
    const data = Float32Array.from(
      { length: 4000 },
      (
        (rng) => () =>
          rng.normal() ** 3
      )(Rng.fromSeed('cloud')),
    );
    const one = await fitKmeans(blocksOf(data, 2), options({ count: 30, restarts: 1 }));
    const many = await fitKmeans(blocksOf(data, 2), options({ count: 30, restarts: 6 }));
    expect(many.inertia).toBeLessThan(one.inertia);
  });

  it('copes with fewer distinct rows than clusters', async () => {
    const data = Float32Array.from(Array.from({ length: 60 }, (_, i) => [i % 2, 0]).flat());
    const result = await fitKmeans(blocksOf(data, 2), options({ count: 6 }));
    expect(result.inertia).toBe(0);
    expect(result.centroids.every(Number.isFinite)).toBe(true);
  });

  it('names the numbers when there are fewer rows than clusters', async () => {
    await expect(fitKmeans(blocksOf(new Float32Array(8), 2), options({}))).rejects.toThrow(/5 clusters of 4 rows/);
  });

  it('stops at values that are not finite', async () => {
    const data = blobs(10);
    data[7] = NaN;
    await expect(fitKmeans(blocksOf(data, 2), options({}))).rejects.toThrow(AsrError);
  });
});

describe('seedCentroids', () => {
  it('fills the places after the fixed ones with the rows far from them', () => {
    const data = Float32Array.from([0, 0, 0, 8]);
    const centroids = Float32Array.from([0, 99]);
    seedCentroids({ data, rows: 4 }, 1, centroids, 1, Rng.fromSeed(1));
    expect([...centroids]).toEqual([0, 8]);
  });

  it('draws in proportion to the squared distance', () => {
    const data = Float32Array.from([0, 1, 3]);
    let far = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const centroids = Float32Array.from([0, NaN]);
      seedCentroids({ data, rows: 3 }, 1, centroids, 1, Rng.fromSeed(trial));
      if (centroids[1] === 3) far++;
    }
    expect(far / 2000).toBeCloseTo(0.9, 1);
  });
});

describe('moveToMeans', () => {
  it('takes means, and a sampled row far from all others for a cluster without rows', () => {
    const pass = {
      sums: Float64Array.of(-1, 4, -1, -1, -1, -1, 0, 0, 30),
      sizes: Float64Array.of(7, 2, 9, 1, 1, 1, 0, 0, 3),
    };
    const centroids = Float32Array.of(1, 99, 9);
    moveToMeans(
      centroids,
      { ...pass, restart: 2 },
      { data: Float32Array.of(10, 10, 10, 6, 10, 10), rows: 6 },
      { columns: 1, count: 3 },
      Rng.fromSeed(1),
    );
    expect(centroids[0]).toBe(10);
    expect(centroids.includes(6)).toBe(true);
    expect(centroids.includes(99)).toBe(false);
  });
});
