// PCA against closed forms: a rotated ellipse, moments of a known set, offsets, rank.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { blocksOf } from '../../src/numeric/blocks.js';
import { createProjection, fitPca, streamMoments } from '../../src/numeric/pca.js';

const compute = { engine: 'cpu' as const, threads: 1 };

describe('streamMoments', () => {
  it('gives mean and covariance of a set worked out by hand', async () => {
    // Rows (1,2), (3,6), (5,4): mean (3,4), covariance [[8/3, 4/3], [4/3, 8/3]].
    const { mean, covariance, rows } = await streamMoments(
      blocksOf(Float32Array.from([1, 2, 3, 6, 5, 4]), 2, 2),
      2,
      compute,
    );
    expect(rows).toBe(3);
    expect([...mean]).toEqual([3, 4]);
    [8 / 3, 4 / 3, 4 / 3, 8 / 3].forEach((value, i) => {
      expect(covariance[i]).toBeCloseTo(value, 12);
    });
  });

  it('agrees with sums of products of more columns and rows than one product takes', async () => {
    const [rows, columns] = [2100, 150];
    const rng = Rng.fromSeed('many columns');
    const data = Float32Array.from({ length: rows * columns }, (_, i) => rng.normal() + (i % 7));
    const { mean, covariance } = await streamMoments(blocksOf(data, columns), columns, compute);
    const of = (row: number, c: number): number => data[row * columns + c]! - mean[c]!;
    const each = Array.from({ length: rows }, (_, row) => row);
    for (const [i, j] of [
      [0, 0],
      [0, 149],
      [149, 0],
      [127, 128],
      [128, 127],
      [130, 149],
      [149, 149],
    ] as const) {
      const expected = each.reduce((sum, row) => sum + of(row, i) * of(row, j), 0) / rows;
      expect(covariance[i * columns + j]).toBeCloseTo(expected, 5);
    }
  });

  it('keeps its precision far from the origin', async () => {
    const near = await streamMoments(blocksOf(Float32Array.from([1, 2, 3, 6, 5, 4]), 2), 2, compute);
    const far = await streamMoments(
      blocksOf(
        Float32Array.from([1, 2, 3, 6, 5, 4], (x) => x + 2 ** 20),
        2,
      ),
      2,
      compute,
    );
    near.covariance.forEach((value, i) => {
      expect(far.covariance[i]).toBeCloseTo(value, 9);
    });
  });
});

describe('fitPca', () => {
  it('finds axes and variances of a rotated ellipse', async () => {
    // Four points at ±2 along (.8, .6) and ±1 along (-.6, .8), around (7, -3): variances 4·2/4 = 2 and 0.5.
    const points = [
      [1.6, 1.2],
      [-1.6, -1.2],
      [-0.6, 0.8],
      [0.6, -0.8],
    ].map(([x, y]) => [x! + 7, y! - 3]);
    const data = Float32Array.from(points.flat());
    const pca = await fitPca(blocksOf(data, 2, 3), 2, 2, compute);
    expect(pca.mean[0]).toBeCloseTo(7, 5);
    expect(pca.variances[0]).toBeCloseTo(2, 5);
    expect(pca.variances[1]).toBeCloseTo(0.5, 5);
    [0.8, -0.6, 0.6, 0.8].forEach((value, i) => {
      expect(pca.basis[i]).toBeCloseTo(value, 5);
    });
    const projection = createProjection(pca, compute);
    const projected = await projection.apply(data, 4);
    [2, 0, -2, 0, 0, 1, 0, -1].forEach((value, i) => {
      expect(projected[i]).toBeCloseTo(value, 5);
    });
    await projection.dispose();
  });

  it('keeps distances when all components are kept, and drops the smallest first', async () => {
    const rng = Rng.fromSeed('pca');
    const rows = 2500;
    const data = Float32Array.from({ length: rows * 6 }, (_, i) => rng.normal() * (1 + (i % 6)));
    const all = await fitPca(blocksOf(data, 6), 6, 100, compute);
    expect(all.components).toBe(6);
    const projection = createProjection(all, compute);
    const projected = await projection.apply(data, rows);
    const squared = (array: Float32Array, a: number, b: number): number =>
      Array.from({ length: 6 }, (_, c) => (array[a * 6 + c]! - array[b * 6 + c]!) ** 2).reduce((x, y) => x + y);
    for (let r = 1; r < 50; r++) expect(squared(projected, r, 2 * r)).toBeCloseTo(squared(data, r, 2 * r), 2);
    const some = await fitPca(blocksOf(data, 6), 6, 2, compute);
    expect([...some.variances]).toEqual([...all.variances.subarray(0, 2)]);
    expect(some.variances[0]).toBeGreaterThan(30);
    // [rows, 2] agrees with the first two columns of [rows, 6].
    const few = await createProjection(some, compute).apply(data, rows);
    for (let r = 0; r < rows; r += 97) expect(few[2 * r + 1]).toBeCloseTo(projected[6 * r + 1]!, 4);
  });

  it('says so when there is nothing or nothing finite', async () => {
    await expect(fitPca(blocksOf(new Float32Array(0), 2), 2, 2, compute)).rejects.toThrow(/no rows/);
    await expect(fitPca(blocksOf(Float32Array.of(1, NaN), 2), 2, 2, compute)).rejects.toThrow(/not finite/);
  });
});
