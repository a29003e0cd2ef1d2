// Block sources: regrouping, keeping small inputs, sampling without replacement.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import {
  blocksOf,
  keepSmall,
  oneAhead,
  regroup,
  sampleRows,
  type Block,
  type BlockSource,
} from '../../src/numeric/blocks.js';

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

describe('one ahead', () => {
  /** Numbers 0 to n - 1, regrouped, so that arrays are used again. */
  const numbers = (n: number): BlockSource =>
    regroup(
      async function* () {
        for (let i = 0; i < n; i++) yield { data: Float32Array.of(i), rows: 1 };
      },
      1,
      3,
    );
  const later = async ({ data, rows }: Block): Promise<number[]> => {
    const seen = [...data.subarray(0, rows)];
    await new Promise(setImmediate);
    expect([...data.subarray(0, rows)]).toEqual(seen); // nobody wrote into it meanwhile
    return seen;
  };

  it.each([0, 1, 3, 4, 20])('adds up %i rows in order, from blocks that are still what they were', async (n) => {
    const all: number[] = [];
    await oneAhead(numbers(n), later, ({ data, rows }, found) => {
      expect([...data.subarray(0, rows)]).toEqual(found);
      all.push(...found);
    });
    expect(all).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  it('computes the next block while it adds one', async () => {
    const order: string[] = [];
    let at = 0;
    await oneAhead(
      numbers(6),
      async () => order.push(`begin ${at++}`),
      () => order.push('add'),
    );
    expect(order).toEqual(['begin 0', 'begin 1', 'add', 'add']);
  });

  it('fails as the source, the computation or the adding does, when nothing is computed any more', async () => {
    let running = 0;
    const compute = async (block: Block): Promise<number> => {
      running++;
      await new Promise((done) => setTimeout(done, 20));
      running--;
      if (block.data[0] === 6) throw new Error('computation');
      return 0;
    };
    const source: BlockSource = async function* () {
      yield* numbers(3)();
      throw new Error('source');
    };
    const add = (): never => {
      throw new Error('adding');
    };
    await expect(oneAhead(source, compute, () => undefined)).rejects.toThrow('source');
    expect(running).toBe(0);
    await expect(oneAhead(numbers(12), compute, () => undefined)).rejects.toThrow('computation');
    await expect(oneAhead(numbers(12), compute, add)).rejects.toThrow('adding');
    expect(running).toBe(0);
  });
});
