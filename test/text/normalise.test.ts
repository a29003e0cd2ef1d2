import { describe, expect, it } from 'vitest';
import { hasLongNumber, phoneGroupsOf, wordsOf } from '../../src/text/normalise.js';

describe('wordsOf', () => {
  it('keeps letters, marks, digits, apostrophe and hyphen, in lower case', () => {
    expect(wordsOf('¿Quién ha dejado «la ventana» — abierta… toda_la noche? 25 %')).toEqual([
      'quién',
      'ha',
      'dejado',
      'la',
      'ventana',
      'abierta',
      'toda',
      'la',
      'noche',
      '25',
    ]);
    expect(wordsOf("L’été d'Aix-en-Provence - oui -")).toEqual(["l'été", "d'aix-en-provence", 'oui']);
  });

  it('composes characters, so that both spellings of é are one word', () => {
    expect(wordsOf('Cafe\u0301')).toEqual(wordsOf('CAFÉ'));
  });

  it('knows the dotless i of Turkish, and that other languages have none', () => {
    expect(wordsOf('IŞIK', 'tr')).toEqual(['ışık']);
    expect(wordsOf('IM', 'de')).toEqual(['im']);
  });

  it('finds no words in punctuation or an empty line', () => {
    expect(wordsOf(" -- ' ... ")).toEqual([]);
    expect(wordsOf('')).toEqual([]);
  });

  it('calls five digits in a row a long number', () => {
    expect(hasLongNumber('1234')).toBe(false);
    expect(hasLongNumber('a12345b')).toBe(true);
  });
});

describe('phoneGroupsOf', () => {
  it('groups phones by | and silence', () => {
    expect(phoneGroupsOf('o l a | m u n d o <SIL>  x ', '<SIL>')).toEqual([
      ['o', 'l', 'a'],
      ['m', 'u', 'n', 'd', 'o'],
      ['x'],
    ]);
    expect(phoneGroupsOf('  ', '<SIL>')).toEqual([]);
  });
});
