// The diarisation error rate on cases that can be counted by hand.
import { describe, expect, it } from 'vitest';
import { diarisationError, type SpokenTurn } from '../../bench/diarisation-error.js';

const turn = (speaker: string, start: number, end: number): SpokenTurn => ({ speaker, start, end });

describe('diarisationError', () => {
  it('is nothing for the same turns under other names', () => {
    const reference = [turn('ana', 0, 4), turn('ben', 4, 8), turn('ana', 8, 10)];
    const found = [turn('2', 0, 4), turn('1', 4, 8), turn('2', 8, 10)];
    expect(diarisationError(reference, found)).toMatchObject({ rate: 0, missed: 0, falseAlarm: 0, confusion: 0 });
  });

  it('counts what is missed, added and confused, without a collar', () => {
    const reference = [turn('ana', 0, 4), turn('ben', 6, 10)];
    // Misses 0-1, adds 4-5, gives 6-7 of Ben to Ana.
    const found = [turn('a', 1, 5), turn('a', 6, 7), turn('b', 7, 10)];
    const { spoken, missed, falseAlarm, confusion, rate } = diarisationError(reference, found, 0);
    expect([spoken, missed, falseAlarm, confusion].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([8, 1, 1, 1]);
    expect(rate).toBeCloseTo(3 / 8, 9);
  });

  it('leaves a quarter of a second around each boundary of the reference out', () => {
    const reference = [turn('ana', 0, 4), turn('ben', 4, 8)];
    const found = [turn('a', 0, 4.2), turn('b', 4.2, 8)];
    expect(diarisationError(reference, found).confusion).toBeCloseTo(0, 9);
    expect(diarisationError(reference, found, 0).confusion).toBeCloseTo(0.2, 9);
    expect(diarisationError(reference, found).spoken).toBeCloseTo(8 - 4 * 0.25, 9);
  });

  it('matches one to one, for the most time', () => {
    // One of the finder's people is two of the reference: only the longer is right.
    const reference = [turn('ana', 0, 3), turn('ben', 3, 10)];
    const { confusion } = diarisationError(reference, [turn('x', 0, 10)], 0);
    expect(confusion).toBeCloseTo(3, 9);
    const more = [turn('x', 0, 3), turn('y', 3, 6), turn('z', 6, 10)];
    expect(diarisationError(reference, more, 0).confusion).toBeCloseTo(3, 9);
  });

  it('counts two who speak at once twice', () => {
    const reference = [turn('ana', 0, 4), turn('ben', 2, 6)];
    const { spoken, missed } = diarisationError(reference, [turn('a', 0, 4), turn('b', 4, 6)], 0);
    expect([spoken, missed]).toEqual([8, 2]);
    expect(diarisationError([], [turn('a', 0, 1)], 0).falseAlarm).toBe(1);
  });
});
