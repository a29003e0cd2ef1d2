// Which line an utterance meets: any, one of like length, a noised one, one without rare phones; and how far a
// curriculum is, on lines whose answers are plain.
import { describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigTree } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import { ganConfig } from '../../src/gan/config.js';
import { Lines } from '../../src/gan/lines.js';
import { pairShares } from '../../src/gan/statistics.js';

/** Line n holds n + 1 phones: 0, 1, 0, 1 …; phone 2 ends the longest alone. */
const sentences = Array.from({ length: 100 }, (_, n) =>
  Int32Array.from({ length: n + 1 }, (_, i) => (n === 99 && i === n ? 2 : i % 2)),
);
const drawn = (layer: ConfigTree, { update = 0, place = 0.5, count = 400 } = {}): Int32Array[] => {
  const lines = new Lines(sentences, resolveConfig(ganConfig, [{ updates: 100 }, layer], 'test'));
  const rng = Rng.fromSeed('lines');
  return Array.from({ length: count }, () => lines.draw(update, place, rng));
};
const lengths = (lines: readonly Int32Array[]): number[] => lines.map(({ length }) => length);
const most = (values: readonly number[]): number => Math.max(...values);
const least = (values: readonly number[]): number => Math.min(...values);

describe('a line of text', () => {
  it('is any one, from the stream of the batch, where nothing is set', () => {
    const rng = Rng.fromSeed('lines');
    expect(drawn({})).toEqual(Array.from({ length: 400 }, () => rng.choice(sentences)));
  });

  it('is as long among lines as the utterance among utterances', () => {
    const middle = lengths(drawn({ text: { matched: true } }));
    expect([least(middle), most(middle)]).toEqual([46, 55]);
    expect(least(lengths(drawn({ text: { matched: true } }, { place: 1 })))).toBe(95);
    expect(most(lengths(drawn({ text: { matched: true } }, { place: 0 })))).toBe(6);
  });

  it('misses phones and has others at the rates asked for, and no equal neighbours', () => {
    const rate = (layer: ConfigTree): number =>
      lengths(drawn({ text: { matched: true, ...layer } }, { place: 1 })).reduce((sum, n) => sum + n, 0) /
      lengths(drawn({ text: { matched: true } }, { place: 1 })).reduce((sum, n) => sum + n, 0);
    // Of 0 1 0 with the 1 left out one 0 stays: twice the phones go, to first order.
    expect(rate({ deletion: 0.02 })).toBeCloseTo(1 - 2 * 0.02, 1);
    // Half of the insertions equal the phone before and the other half the one behind.
    expect(rate({ insertion: 0.2 })).toBeCloseTo(1, 1);
    for (const line of drawn({ text: { deletion: 0.3, insertion: 0.3 } }))
      expect(line.some((phone, i) => i > 0 && phone === line[i - 1])).toBe(false);
    expect(least(lengths(drawn({ text: { deletion: 1 } })))).toBeGreaterThan(0);
  });

  it('is short at first where length comes first, and any later', () => {
    const curriculum = { by: 'length', from: 0.5, share: 0.5 };
    expect(most(lengths(drawn({ curriculum })))).toBe(50);
    expect(most(lengths(drawn({ curriculum }, { update: 25 })))).toBe(75);
    expect(most(lengths(drawn({ curriculum }, { update: 50 })))).toBeGreaterThan(97);
  });

  it('has no rare phone at first where frequent ones come first', () => {
    const curriculum = { by: 'frequency', from: 0.5, share: 0.5 };
    const rare = (update: number): boolean =>
      drawn({ curriculum, text: { matched: true } }, { update, place: 1 }).some((line) => line.includes(2));
    expect([rare(0), rare(50)]).toEqual([false, true]);
  });
});

describe('pairs of the text', () => {
  it('are counted as shares', () => {
    const shares = pairShares([Int32Array.of(0, 1, 1), Int32Array.of(1, 0), Int32Array.of(1)], 2);
    expect([...shares]).toEqual([0, 1, 1, 1].map((n) => Math.fround(n / 3)));
  });
});
