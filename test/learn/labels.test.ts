// Transcripts from rows: merging, silence, and whose frames a silent row becomes.
import { expect, it } from 'vitest';
import { bestPhones, collapse } from '../../src/learn/collapse.js';
import { withoutSilence } from '../../src/learn/labels.js';

it('takes the first of the best columns', () => {
  expect([...bestPhones(Float32Array.of(0, 2, 2, 5, 1, 5), 3)]).toEqual([1, 0]);
});

it('merges equal neighbours before it drops silence', () => {
  expect(collapse([9, 1, 1, 9, 1, 2, 2, 9], 9)).toEqual([1, 1, 2]);
  expect(collapse([])).toEqual([]);
});

it('gives silent frames to the phone before, at the start to the one after', () => {
  const { symbols, ends } = withoutSilence(Int32Array.of(9, 1, 9, 9, 2), Int32Array.of(2, 5, 6, 8, 10), 9);
  expect([...symbols]).toEqual([1, 2]);
  expect([...ends]).toEqual([8, 10]);
});
