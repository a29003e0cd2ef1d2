// The session cache (order of eviction, one creation per key, failures) and bucket lengths.
import { describe, expect, it } from 'vitest';
import { bucketLength, SessionCache } from '../src/index.js';

function recorded(capacity: number): { cache: SessionCache<number, { dispose(): Promise<void> }>; log: string[] } {
  const log: string[] = [];
  const cache = new SessionCache(capacity, async (key: number) => {
    log.push(`+${key}`);
    await Promise.resolve();
    return { dispose: async () => void log.push(`-${key}`) };
  });
  return { cache, log };
}

describe('SessionCache', () => {
  it('disposes of what was used longest ago', async () => {
    const { cache, log } = recorded(2);
    await cache.get(1);
    await cache.get(2);
    await cache.get(1);
    await cache.get(3);
    expect(log).toEqual(['+1', '+2', '+3', '-2']);
    await cache.clear();
    expect(log.slice(4).sort()).toEqual(['-1', '-3']);
    expect(cache.size).toBe(0);
  });

  it('makes an entry once when it is asked for twice at the same time', async () => {
    const { cache, log } = recorded(2);
    const [a, b] = await Promise.all([cache.get(7), cache.get(7)]);
    expect(a).toBe(b);
    expect(log).toEqual(['+7']);
  });

  it('tries again after a failure', async () => {
    let attempts = 0;
    const cache = new SessionCache(1, async () => {
      attempts++;
      if (attempts === 1) throw new Error('no');
      return { dispose: async () => undefined };
    });
    await expect(cache.get('k')).rejects.toThrow('no');
    await cache.get('k');
    expect(attempts).toBe(2);
  });
});

describe('bucketLength', () => {
  it('takes the smallest bucket of a list that fits', () => {
    expect([1, 10, 11, 20].map((n) => bucketLength(n, [20, 10]))).toEqual([10, 10, 20, 20]);
    expect(() => bucketLength(21, [20, 10])).toThrow(/largest bucket 20/);
  });

  it('grows geometrically in multiples', () => {
    const seen = new Set<number>();
    for (let n = 1; n <= 4000; n++) {
      const bucket = bucketLength(n);
      expect(bucket >= n && bucket % 8 === 0).toBe(true);
      expect(bucket).toBeLessThanOrEqual(Math.max(16, 1.25 * n + 8));
      seen.add(bucket);
    }
    expect(seen.size).toBeLessThan(30);
  });
});
