// How often corpora of unequal length are read in a pass, against the published formula and by counting.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { readingsOf, repeatsOf } from '../../src/pretrain/balance.js';

const corpusOf = (name: string, count: number) => ({
  ids: Array.from({ length: count }, (_, i) => `${name}${i}`),
  seconds: 10 * count,
});

describe('corpora in a pass', () => {
  it('take shares in proportion to a power of their seconds', () => {
    // 1 and 9 hours at a half: shares 1/4 and 3/4 of ten hours.
    const [small, large] = repeatsOf([{ seconds: 3600 }, { seconds: 9 * 3600 }], 0.5) as [number, number];
    expect(small).toBeCloseTo(2.5, 12);
    expect(large).toBeCloseTo(7.5 / 9, 12);
    expect(repeatsOf([{ seconds: 1 }, { seconds: 7 }], 1)).toEqual([1, 1]);
    const alike = repeatsOf([{ seconds: 1 }, { seconds: 7 }], 0);
    expect(alike[0]).toBeCloseTo(4, 12);
    expect(7 * alike[1]!).toBeCloseTo(4, 12);
  });

  it('are read so often on average, and one corpus exactly once', () => {
    const corpora = [corpusOf('a', 100), corpusOf('b', 900)];
    const counts = { a: 0, b: 0 };
    for (let pass = 0; pass < 40; pass++)
      for (const { id } of readingsOf(corpora, 0.5, Rng.fromSeed(pass))) counts[id[0] as 'a' | 'b']++;
    expect(counts.a / 40).toBeCloseTo(250, -1);
    expect(counts.b / 40).toBeCloseTo(750, -1);
    const once = readingsOf([corpusOf('a', 50)], 0.5, Rng.fromSeed(1));
    expect(new Set(once.map(({ id }) => id)).size).toBe(50);
    expect(once).toHaveLength(50);
  });

  it('name a further reading of an utterance, which is changed anew', () => {
    const found = readingsOf([corpusOf('a', 3), corpusOf('b', 300)], 0.5, Rng.fromSeed(1));
    const names = found.map(({ id, again }) => `${id} ${again}`);
    expect(new Set(names).size).toBe(names.length);
    expect(found.filter(({ id }) => id === 'a1').length).toBeGreaterThan(5);
  });
});
