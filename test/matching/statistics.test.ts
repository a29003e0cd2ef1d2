// Skipgram and positional frequencies against values counted by hand.
import { expect, it } from 'vitest';
import { sequenceStatistics } from '../../src/matching/statistics.js';

it('counts pairs at each distance and symbols near both ends', () => {
  const { skipgrams, positional } = sequenceStatistics(
    [
      [0, 1, 1],
      [1, 0],
    ],
    2,
    2,
    2,
  );
  const third = Math.fround(1 / 3);
  expect([...skipgrams]).toEqual([0, third, third, third, /* distance 2 */ 0, 1, 0, 0]);
  expect([...positional]).toEqual([0.5, 0.5, 0.5, 0.5, /* from the end */ 0.5, 0.5, 0, 1].map(Math.fround));
});

it('leaves what no sequence reaches at zero', () => {
  const { skipgrams, positional } = sequenceStatistics([[1], []], 2, 1, 2);
  expect([...skipgrams]).toEqual([0, 0, 0, 0]);
  expect([...positional]).toEqual([0, 1, 0, 0, 0, 1, 0, 0]);
});
