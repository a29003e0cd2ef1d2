// Clouds whose rotation is known are found again without a pair; the pieces against closed forms.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { translationConfig } from '../../src/translation/config.js';
import { createComparer, meanOfLargest, type Side } from '../../src/translation/csls.js';
import { unitRows } from '../../src/translation/embeddings.js';
import { identity, procrustes, randomRotation } from '../../src/translation/procrustes.js';
import { precision, rotatedClouds } from '../../src/translation/simulate.js';
import { translate } from '../../src/translation/translate.js';

const compute = { engine: 'cpu', threads: 1 } as const;
const side = (rows: readonly (readonly number[])[]): Side => ({
  rows: rows.length,
  data: unitRows(Float32Array.from(rows.flat()), rows[0]!.length),
});

/** Largest entry of |W Wᵀ - I|. */
function awayFromRotation(map: Float32Array, dim: number): number {
  let worst = 0;
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < dim; j++) {
      let product = 0;
      for (let c = 0; c < dim; c++) product += map[i * dim + c]! * map[j * dim + c]!;
      worst = Math.max(worst, Math.abs(product - Number(i === j)));
    }
  return worst;
}

describe('Procrustes', () => {
  it('gives back the rotation that made the pairs, in whatever order', () => {
    const dim = 6;
    const rotation = randomRotation(dim, Rng.fromSeed('rotation'));
    expect(awayFromRotation(rotation, dim)).toBeLessThan(1e-5);
    const rng = Rng.fromSeed('rows');
    const source = side(Array.from({ length: 20 }, () => Array.from({ length: dim }, () => rng.normal())));
    const target: Side = { rows: 20, data: new Float32Array(20 * dim) };
    for (let i = 0; i < 20; i++)
      for (let b = 0; b < dim; b++)
        for (let a = 0; a < dim; a++)
          target.data[(19 - i) * dim + b]! += source.data[i * dim + a]! * rotation[a * dim + b]!;
    const found = procrustes(
      source,
      target,
      dim,
      Array.from({ length: 20 }, (_, i) => [i, 19 - i] as const),
    );
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(rotation[i]!, 4);
    });
  });
});

describe('CSLS', () => {
  it('takes off the density around both words, so that a hub loses', async () => {
    // The third target is the nearest by cosine of sources 0 and 1; with densities taken off each finds its own.
    const source = side([
      [1, 0.25],
      [0.25, 1],
      [-1, -1],
    ]);
    const target = side([
      [1, -0.25],
      [-0.25, 1],
      [1, 1],
      [-1, -0.9],
    ]);
    const k = 2;
    const cosine = (a: Side, i: number, b: Side, j: number): number =>
      a.data[2 * i]! * b.data[2 * j]! + a.data[2 * i + 1]! * b.data[2 * j + 1]!;
    const density = (a: Side, i: number, b: Side): number =>
      Array.from({ length: b.rows }, (_, j) => cosine(a, i, b, j))
        .sort((x, y) => y - x)
        .slice(0, k)
        .reduce((x, y) => x + y, 0) / k;
    const expected = Array.from({ length: 3 }, (_, i) =>
      Array.from(
        { length: 4 },
        (_, j) => 2 * cosine(source, i, target, j) - density(source, i, target) - density(target, j, source),
      ),
    );
    const comparer = createComparer(source, target, 2, k, compute);
    const found = await comparer.compare(identity(2));
    await comparer.dispose();
    expected.forEach((row, i) => {
      expect(found.best[i]).toBe(row.indexOf(Math.max(...row)));
      expect(found.scores[i]).toBeCloseTo(Math.max(...row), 5);
    });
    expect(found.criterion).toBeCloseTo(
      [0, 1, 2].reduce((sum, i) => sum + cosine(source, i, target, found.best[i]!), 0) / 3,
      5,
    );
    expect([...found.best]).toEqual([0, 1, 3]);
    expect(found.mutual).toEqual([
      [0, 0],
      [1, 1],
      [2, 3],
    ]);
  });

  it('takes the mean of the k largest', () => {
    expect(meanOfLargest(Float32Array.of(3, -1, 5, 4, 5), 3)).toBeCloseTo(14 / 3, 6);
  });
});

describe('a known rotation', () => {
  const clouds = rotatedClouds({ words: 800, dim: 20, topics: 8, noise: 0.05 }, Rng.fromSeed(1).fork('c0.05'));
  const found = (settings: Parameters<typeof translationConfig.parse>[0]) =>
    translate({ ...clouds, config: translationConfig.parse(settings), rng: Rng.fromSeed(1), compute });

  it('is found by sorted similarities alone', async () => {
    const { words, map, criterion } = await found({ starts: 0 });
    expect(precision(words.best, clouds.truth)).toBeGreaterThan(0.98);
    expect(criterion).toBeGreaterThan(0.95);
    expect(awayFromRotation(map, 20)).toBeLessThan(1e-4);
  });

  it('is found by the adversarial game and refinement', async () => {
    const { words } = await found({ similarityStart: false, starts: 1, epochs: 6 });
    expect(precision(words.best, clouds.truth)).toBeGreaterThan(0.98);
  });

  it('is not found where there is none, and the criterion says so', async () => {
    const other = rotatedClouds({ words: 800, dim: 20, topics: 8, noise: 0 }, Rng.fromSeed('other'));
    const { criterion } = await translate({
      source: clouds.source,
      target: other.target,
      config: translationConfig.parse({ starts: 0 }),
      rng: Rng.fromSeed(1),
      compute,
    });
    expect(criterion).toBeLessThan(0.9);
  });

  it('is an error between spaces of other dimensions', async () => {
    const small = rotatedClouds({ words: 30, dim: 5, topics: 3, noise: 0 }, Rng.fromSeed(2));
    await expect(
      translate({
        source: clouds.source,
        target: small.target,
        config: translationConfig.parse({}),
        rng: Rng.fromSeed(1),
        compute,
      }),
    ).rejects.toThrow(/20 dimensions on one side, 5 on the other/);
  });
});
