// What an inventory says of phones: the chart of the IPA, marks, affricates and diphthongs; counts and example words.
import { describe, expect, it } from 'vitest';
import { describePhone, featuresOf } from '../../src/text/ipa-features.js';
import { phoneInventory } from '../../src/text/inventory.js';

describe('the chart', () => {
  it.each([
    ['b', 'voiced bilabial plosive'],
    ['x', 'voiceless velar fricative'],
    ['ç', 'voiceless palatal fricative'],
    ['ʎ', 'voiced palatal lateral approximant'],
    ['g', 'voiced velar plosive'],
    ['iː', 'long close front unrounded vowel'],
    ['ã', 'nasalised open front unrounded vowel'],
    ['tʰ', 'aspirated voiceless alveolar plosive'],
    ['t̪', 'dental voiceless alveolar plosive'],
    ['tʃ', 'voiceless postalveolar affricate'],
    ['d͡ʒ', 'voiced postalveolar affricate'],
    ['k͡p', 'voiceless labial-velar plosive'],
    ['aɪ', 'diphthong open front unrounded vowel'],
    ['ɓ', 'voiced bilabial implosive'],
    ['n̩', 'syllabic voiced alveolar nasal'],
    ['ɚ', 'rhotic mid central unrounded vowel'],
  ])('%s is a %s', (phone, expected) => {
    expect(describePhone(phone)).toBe(expected);
  });

  it('says nothing of what is no letter of it', () => {
    for (const phone of ['AH0', '7', '', 'Ж', 'abc']) expect(featuresOf(phone), phone).toBeUndefined();
  });
});

it('counts phones by the words that have them, and takes the most frequent as the example', () => {
  const words = new Map([
    ['ba', 3],
    ['abba', 5],
    ['ca', 1],
    ['99', 2],
  ]);
  const { rows, missing } = phoneInventory(words, (word) =>
    /\d/.test(word) ? { missing: 'noPronunciation' } : { phones: [...word], foreign: false },
  );
  expect(rows.map(({ phone, count, example }) => [phone, count, example])).toEqual([
    ['a', 14, 'abba'],
    ['b', 13, 'abba'],
    ['c', 1, 'ca'],
  ]);
  expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  expect(missing).toEqual([['99', 2]]);
});
