import { describe, expect, it } from 'vitest';
import { agreedLabels } from '../../src/bootstrap/label-store.js';

describe('labels of two judges', () => {
  it('are those on which they agree, row by row; an utterance that one has not heard has none', () => {
    const labels = new Map([
      ['a', Int16Array.of(3, 3, 1, -1, 2)],
      ['b', Int16Array.of(0, 1)],
    ]);
    const others = new Map([['a', Int16Array.of(3, 2, 1, 4, 2)]]);
    const agreed = agreedLabels(labels, others);
    expect(Array.from(agreed.get('a')!)).toEqual([3, -1, 1, -1, 2]);
    expect(Array.from(agreed.get('b')!)).toEqual([-1, -1]);
    expect(Array.from(labels.get('a')!)).toEqual([3, 3, 1, -1, 2]);
  });
});
