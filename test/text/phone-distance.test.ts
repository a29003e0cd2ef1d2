// Distances of phones by the chart: what any phonetician would agree with, no more.
import { describe, expect, it } from 'vitest';
import { mapPhones, phoneDistance } from '../../src/text/phone-distance.js';

describe('the distance of two phones', () => {
  it('is 0 for the same, the same both ways, and grows with the features that differ', () => {
    expect(phoneDistance('a', 'a')).toBe(0);
    for (const [a, b] of [
      ['p', 'b'],
      ['i', 'ɪ'],
      ['n', 'ŋ'],
      ['j', 'i'],
    ] as const) {
      expect(phoneDistance(a, b)).toBe(phoneDistance(b, a));
      expect(phoneDistance(a, b)).toBeGreaterThan(0);
    }
    expect(phoneDistance('p', 'b')).toBeLessThan(phoneDistance('p', 'd'));
    expect(phoneDistance('e', 'ɛ')).toBeLessThan(phoneDistance('e', 'a'));
    expect(phoneDistance('aː', 'a')).toBeLessThan(phoneDistance('e', 'ɛ'));
    expect(phoneDistance('s', 'ʃ')).toBeLessThan(phoneDistance('s', 't'));
    expect(phoneDistance('ts', 's')).toBeLessThan(phoneDistance('t', 'x'));
  });

  it('is infinite between vowels and consonants, and where a symbol is none of the chart', () => {
    expect(phoneDistance('a', 't')).toBe(Infinity);
    expect(phoneDistance('phn7', 'a')).toBe(Infinity);
    expect(phoneDistance('phn7', 'phn7')).toBe(0);
  });
});

describe('mapping a phone set to another', () => {
  it('keeps symbols, takes the nearest of the others, and says what it cannot name', () => {
    const { labels, changed, unknown } = mapPhones(['a', 'z', 'ɓ', 'phn7', 'ɛ'], ['a', 's', 'b', 'e', 't'], 1.2);
    expect(Object.fromEntries(labels)).toEqual({ a: 0, z: 1, ɛ: 3 });
    expect(changed).toEqual([
      ['z', 's'],
      ['ɛ', 'e'],
    ]);
    expect(unknown).toEqual(['ɓ', 'phn7']);
    expect(mapPhones(['ɓ'], ['b'], 1.5).labels.get('ɓ')).toBe(0);
  });
});
