// Pieces of letters and phones on words whose right pieces are known, and spelling of words that were not learned from.
import { describe, expect, it } from 'vitest';
import { alignWords, lettersOf } from '../../src/lm/joint-alignment.js';
import { createSpeller, estimateSpelling } from '../../src/lm/joint-model.js';

/** An orthography with two letters for one sound, a silent letter, and one letter for two sounds. */
const sounds: readonly (readonly [string, string])[] = [
  ['ch', 'tʃ'],
  ['qu', 'k'],
  ['h', ''],
  ['x', 'k s'],
  ['a', 'a'],
  ['e', 'e'],
  ['o', 'o'],
  ['l', 'l'],
  ['m', 'm'],
  ['s', 's'],
];
const speak = (word: string): string[] => {
  const phones: string[] = [];
  for (let at = 0; at < word.length;) {
    const [letters, spoken] = sounds.find(([written]) => word.startsWith(written, at))!;
    phones.push(...spoken.split(' ').filter((phone) => phone !== ''));
    at += letters.length;
  }
  return phones;
};
const learned = (
  'chale chema choso macho leche queso quemo saque esquema hola hasa hele mahe xela maxo lexe solo mala sale ' +
  'lomo masa sema chola chela aloe moche quesa hemo halo xamo soxa'
).split(' ');
const words = learned.map((word) => ({ word, phones: speak(word) }));

describe('alignWords', () => {
  it('finds the letters that belong together', () => {
    const pieces = alignWords(words.map(({ word, phones }) => ({ letters: lettersOf(word), phones })));
    const written = pieces.map((own) => own.map(({ letters, phones }) => `${letters.join('')}:${phones.join(' ')}`));
    expect(written[learned.indexOf('leche')]).toEqual(['l:l', 'e:e', 'ch:tʃ', 'e:e']);
    expect(written[learned.indexOf('queso')]).toEqual(['qu:k', 'e:e', 's:s', 'o:o']);
    expect(written[learned.indexOf('maxo')]).toEqual(['m:m', 'a:a', 'x:k s', 'o:o']);
    for (const [i, own] of pieces.entries()) {
      expect(own.flatMap(({ letters }) => letters).join('')).toBe(learned[i]);
      expect(own.flatMap(({ phones }) => phones)).toEqual(words[i]!.phones);
    }
  });

  it('keeps marks with their letters', () => {
    expect(lettersOf('n\u0303a\u0301\u0323')).toEqual(['ñ', 'ạ́'.normalize('NFC')]);
  });
});

describe('estimateSpelling', () => {
  it('spells words that it never saw, and says how sure it is', () => {
    const speller = createSpeller(estimateSpelling(words)!);
    for (const word of ['leches', 'chamo', 'maquela']) expect(speller.spell(speak(word))!.text, word).toBe(word);
    const sure = speller.spell(speak('chalo'))!;
    expect(sure.probability).toBeGreaterThan(0.4);
    expect(sure.probability).toBeLessThanOrEqual(1);
    // A silent letter may be there or not.
    expect(speller.spell(['o', 'l', 'e'])!.probability).toBeLessThan(1);
  });

  it('knows nothing of phones that no word has, nor of no words at all', () => {
    expect(createSpeller(estimateSpelling(words)!).spell(['ʒ'])).toBeUndefined();
    expect(createSpeller(estimateSpelling(words)!).spell([])).toBeUndefined();
    expect(estimateSpelling([])).toBeUndefined();
    expect(estimateSpelling([{ word: '1984', phones: ['a'] }])).toBeUndefined();
  });
});
