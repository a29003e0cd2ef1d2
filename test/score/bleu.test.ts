// BLEU and chrF against sacrebleu 2.6.0 (bench/peers/translation_scores.py), and what must hold of any score.
import { describe, expect, it } from 'vitest';
import { bleuTokens, translationScores } from '../../src/score/bleu.js';

type Pairs = readonly (readonly [string, string])[];

/** Pairs, and what sacrebleu says: BLEU, BLEU without capitals, chrF. */
const golden: readonly (readonly [Pairs, number, number, number])[] = [
  [
    [
      ['The cat sat on the mat.', 'The cat sat on a mat.'],
      ['It costs 1,234.50 dollars, or 7-8%!', 'It costs 1,234.50 dollars (or 7-8 %).'],
      ['Hello', 'Good morning'],
    ],
    49.36277531009896,
    49.36277531009896,
    66.62941599010871,
  ],
  [
    [
      ['klicken sie auf die schaltfläche „speichern“.', 'Klicken Sie auf die Schaltfläche „Speichern“.'],
      ["the file isn't there: /etc/passwd", 'The file is not there: /etc/passwd'],
    ],
    38.00427070295605,
    75.70987731462156,
    74.35595236686787,
  ],
  [[['a b c d', 'w x y z']], 0, 0, 0],
  [[['the the the the', 'the cat is on the mat']], 11.521590992286539, 11.521590992286539, 15.992691035381654],
  [[['one two', 'one two']], 0, 0, 100],
  [
    [
      ['naïve café – 東京 is big', 'The naïve café — 東京 was big'],
      ['', 'nothing here'],
    ],
    11.708995388048026,
    11.708995388048026,
    33.97886020920972,
  ],
];

describe('scores of a translation', () => {
  it.each(golden)('are those of sacrebleu: %j', (pairs, bleu, lower, chrf) => {
    expect(translationScores(pairs).bleu).toBeCloseTo(bleu, 9);
    expect(translationScores(pairs, true).bleu).toBeCloseTo(lower, 9);
    expect(translationScores(pairs).chrf).toBeCloseTo(chrf, 9);
  });

  it('are 100 for the reference itself, and 0 for no sentence', () => {
    const same: Pairs = [['The quick brown fox jumps.', 'The quick brown fox jumps.']];
    expect(translationScores(same).bleu).toBeCloseTo(100, 9);
    expect(translationScores(same).chrf).toBeCloseTo(100, 9);
    expect(translationScores([])).toEqual({ bleu: 0, chrf: 0 });
  });

  it('part signs from words, but not inside numbers', () => {
    expect(bleuTokens('(1,234.5%) end.')).toEqual(['(', '1,234.5', '%', ')', 'end', '.']);
  });
});
