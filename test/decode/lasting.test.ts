import { describe, expect, it } from 'vitest';
import { lasting } from '../../src/decode/lasting.js';

describe('lasting', () => {
  it('lets phones last until half-way to their neighbours, and hears silence in long gaps', () => {
    const span = (text: string, startFrame: number, endFrame: number) => ({ text, startFrame, endFrame });
    expect(lasting([span('a', 4, 6), span('b', 10, 12), span('a', 50, 52)], 60)).toEqual([
      span('a', 0, 8),
      span('b', 8, 12),
      span('a', 50, 60),
    ]);
    expect(lasting([span('a', 30, 32)], 60)).toEqual([span('a', 30, 32)]);
    expect(lasting([], 10)).toEqual([]);
  });
});
