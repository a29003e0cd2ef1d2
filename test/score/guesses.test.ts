import { describe, expect, it } from 'vitest';
import { bestGuess, lengthRatio, type ScoreReport } from '../../src/score/report.js';
import { mostFrequentPhone, randomText } from '../../src/score/trivial.js';

describe('guesses that are told the length', () => {
  it('go on from one drawn sentence to the next', () => {
    const lines = [['a', 'b', 'c'], [], ['d']];
    const guess = randomText((number) => lines[number] as string[], [0, 1, 2]);
    expect(guess(2)).toEqual(['a', 'b']);
    expect(guess(3)).toEqual(['c', 'd', 'a']);
    expect(guess(0)).toEqual([]);
    expect(guess(5)).toHaveLength(5);
  });

  it('end where the text holds no phone', () => {
    expect(randomText(() => [], [0])(4)).toEqual([]);
  });

  it('take the most frequent phone that is no silence', () => {
    const phones = [
      { phone: 'a', count: 3 },
      { phone: 'b', count: 5 },
      { phone: 'SIL', count: 9 },
    ];
    expect(mostFrequentPhone({ phones, silence: 'SIL' })).toBe('b');
  });
});

describe('what a rate is held against', () => {
  it('is the best of all guesses, by its name', () => {
    const trivial = { randomSentence: 0.9, constantPhone: 0.95 };
    expect(bestGuess({ trivial })).toEqual({ name: 'a random sentence of the text', per: 0.9 });
    const atLength = { randomText: 0.87, constantPhone: 0.86 };
    expect(bestGuess({ trivial: { ...trivial, atLength } })).toEqual({
      name: 'the most frequent phone at the right length',
      per: 0.86,
    });
  });

  it('counts phones of the hypotheses over those of the references', () => {
    expect(lengthRatio({ length: 100, insertions: 30, deletions: 5 } as ScoreReport)).toBe(1.25);
  });
});
