// Block sources: regrouping, keeping small inputs, sampling without replacement.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { blocksOf, keepSmall, regroup, sampleRows, type BlockSource } from '../../src/numeric/blocks.js';

const collect = async (source: BlockSource): Promise<{ sizes: number[]; values: number[] }> => {
  const sizes: number[] = [];
  const values: number[] = [];
  for await (const { data, rows } of source()) {
    sizes.push(rows);
    values.push(...data);
  }
  return { sizes, values };
};
const counting = (passes: { count: number }, data: Float32Array): BlockSource =>
  async function* () {
    passes.count++;
    yield* blocksOf(data, 2, 3)();
  };
const ten = Float32Array.from({ length: 20 }, (_, i) => i);

describe('blocks', () => {
  it('regroups to equal blocks and keeps the order', async () => {
    const { sizes, values } = await collect(regroup(blocksOf(ten, 2, 3), 2, 4));
    expect(sizes).toEqual([4, 4, 2]);
    expect(values).toEqual([...ten]);
  });

  it('reads a small source once and a large one every time', async () => {
    const small = { count: 0 };
    const kept = keepSmall(counting(small, ten), 80);
    expect(await collect(kept)).toEqual(await collect(kept));
    expect(small.count).toBe(1);
    const large = { count: 0 };
    const passed = keepSmall(counting(large, ten), 79);
    expect(await collect(passed)).toEqual(await collect(passed));
    expect(large.count).toBe(2);
  });

  it('keeps copies: a block that is overwritten later does not change what was kept', async () => {
    const kept = keepSmall(regroup(blocksOf(ten, 2), 2, 4));
    await collect(kept);
    expect((await collect(kept)).values).toEqual([...ten]);
  });

  it('samples each row equally often, without repeats', async () => {
    const hits = new Array<number>(10).fill(0);
    for (let trial = 0; trial < 3000; trial++) {
      const sample = await sampleRows(blocksOf(ten, 2, 3), 2, 4, Rng.fromSeed(trial));
      expect(sample.total).toBe(10);
      const rows = [0, 1, 2, 3].map((i) => sample.data[2 * i]! / 2);
      expect(new Set(rows).size).toBe(4);
      for (const row of rows) hits[row]!++;
    }
    for (const hit of hits) expect(hit / 3000).toBeCloseTo(0.4, 1);
  });

  it('gives all rows when there are fewer than asked for', async () => {
    const sample = await sampleRows(
      blocksOf(
        Float32Array.from({ length: 6000 }, (_, i) => i),
        2,
      ),
      2,
      100_000,
      Rng.fromSeed(1),
    );
    expect(sample.rows).toBe(3000);
    expect(sample.data[5999]).toBe(5999);
  });
});
