import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inOrder } from '../../src/audio/in-order.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

it('keeps order, and never runs more than `width` at once', async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  for await (const result of inOrder(numbers(20), 3, async (n) => {
    most = Math.max(most, ++running);
    await wait((n * 7) % 5);
    running--;
    return n * n;
  }))
    results.push(result);
  expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i * i));
  expect(most).toBe(3);
});

it('passes an error on after the results before it, and starts nothing more', async () => {
  const seen: number[] = [];
  let started = 0;
  await expect(
    (async () => {
      for await (const n of inOrder(numbers(100), 2, async (item) => {
        started++;
        if (item === 4) throw new Error('five');
        return item;
      }))
        seen.push(n);
    })(),
  ).rejects.toThrow('five');
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(started).toBeLessThan(8);
});
