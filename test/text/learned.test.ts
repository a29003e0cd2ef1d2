// Pronunciations that a list teaches: a made-up language with digraphs and a vowel that depends on what follows.
import { describe, expect, it } from 'vitest';
import { AsrError } from '../../src/core/errors.js';
import { Rng } from '../../src/core/rng.js';
import { heldOutAccuracy, learnPronunciations } from '../../src/text/learned.js';

const seed = 5;
const vowels = ['a', 'e', 'i', 'o'];
const consonants: readonly (readonly [string, string])[] = [
  ['ch', 'tʃ'],
  ['k', 'k'],
  ['m', 'm'],
  ['n', 'n'],
  ['sh', 'ʃ'],
  ['t', 't'],
  ['l', 'l'],
];

/** `e` is open before a consonant that ends the word. */
function word(rng: Rng): [string, string[]] {
  let letters = '';
  const phones: string[] = [];
  for (let syllables = 1 + rng.integer(3); syllables > 0; syllables--) {
    const [written, spoken] = consonants[rng.integer(consonants.length)]!;
    const vowel = vowels[rng.integer(vowels.length)]!;
    letters += written + vowel;
    phones.push(spoken, vowel);
  }
  if (rng.uniform() < 0.5) {
    const [written, spoken] = consonants[rng.integer(consonants.length)]!;
    letters += written;
    if (phones.at(-1) === 'e') phones[phones.length - 1] = 'ɛ';
    phones.push(spoken);
  }
  return [letters, phones];
}

const rng = Rng.fromSeed(seed);
const lexicon = new Map(Array.from({ length: 1500 }, () => word(rng)));

describe('a list of words teaches', () => {
  it(`how others are spoken (seed ${seed})`, () => {
    const read = learnPronunciations(lexicon, 'list');
    expect(read('chemash')?.phones).toEqual(['tʃ', 'e', 'm', 'a', 'ʃ']);
    expect(read('shalet')?.phones).toEqual(['ʃ', 'a', 'l', 'ɛ', 't']);
    expect(read('shalet')?.probability).toBeGreaterThan(0.5);
    expect(read('zq')).toBeUndefined();
    expect(read('t3')).toBeUndefined();
  });

  it('and how far that can be trusted', () => {
    const found = heldOutAccuracy(lexicon, 0.5)!;
    expect(found.words).toBeGreaterThan(100);
    expect(found.right).toBeGreaterThan(0.9);
    expect(found.rightWhenSure).toBeGreaterThanOrEqual(found.right);
  });

  it('but not from a handful', () => {
    expect(() => learnPronunciations(new Map([['ka', ['k', 'a']]]), 'list.tsv')).toThrow(AsrError);
  });
});
