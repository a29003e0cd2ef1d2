import { describe, expect, it } from 'vitest';
import { pickByRate } from '../../src/report/compare.js';
import { PhoneErrorTally } from '../../src/report/phone-errors.js';
import { align } from '../../src/score/edit-distance.js';

describe('PhoneErrorTally', () => {
  const tally = new PhoneErrorTally();
  tally.add(align(['a', 'b', 'a', 'c'], ['a', 'd', 'a'])); // b as d, c missed
  tally.add(align(['a'], ['a', 'e'])); // e added

  it('counts each kind of error by phone', () => {
    const rows = Object.fromEntries(tally.phones.map(({ phone, ...counts }) => [phone, counts]));
    expect(rows['a']).toEqual({ reference: 3, correct: 3, substituted: 0, deleted: 0, inserted: 0 });
    expect(rows['b']).toEqual({ reference: 1, correct: 0, substituted: 1, deleted: 0, inserted: 0 });
    expect(rows['c']).toEqual({ reference: 1, correct: 0, substituted: 0, deleted: 1, inserted: 0 });
    expect(rows['d']).toEqual({ reference: 0, correct: 0, substituted: 0, deleted: 0, inserted: 0 });
    expect(rows['e']).toEqual({ reference: 0, correct: 0, substituted: 0, deleted: 0, inserted: 1 });
  });

  it('lists the most frequent phone first, and confusions without what was right', () => {
    expect(tally.phones[0]?.phone).toBe('a');
    expect(tally.count('b', 'd')).toBe(1);
    expect(tally.count('b', 'a')).toBe(0);
    expect(tally.confusions(5)).toEqual([{ reference: 'b', hypothesis: 'd', count: 1 }]);
  });
});

describe('pickByRate', () => {
  const rated = [0.1, 0.9, 0.5, 0.3, 0.7].map((rate, i) => ({ id: `u${i}`, rate, errors: i }));

  it('takes the worst, then the median', () => {
    expect([...pickByRate(rated, { worst: 2, median: 1 })]).toEqual([
      ['u1', 'worst'],
      ['u4', 'worst'],
      ['u2', 'median'],
    ]);
  });

  it('shows nothing twice where there are few', () => {
    expect([...pickByRate(rated.slice(0, 3), { worst: 2, median: 2 }).keys()]).toEqual(['u1', 'u2', 'u0']);
    expect(pickByRate([], { worst: 2, median: 2 }).size).toBe(0);
  });

  it('breaks ties by errors, then by id', () => {
    const tied = [
      { id: 'b', rate: 1, errors: 1 },
      { id: 'a', rate: 1, errors: 1 },
      { id: 'c', rate: 1, errors: 9 },
    ];
    expect([...pickByRate(tied, { worst: 3, median: 0 }).keys()]).toEqual(['c', 'a', 'b']);
  });
});
