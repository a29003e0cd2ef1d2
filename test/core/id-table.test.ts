// Tables of ids against a Map, with names that UTF-8 cannot hold and enough of them to grow every block several times.
import { describe, expect, it } from 'vitest';
import { IdTable, TextList } from '../../src/core/id-table.js';
import { Rng } from '../../src/core/rng.js';

/** Half a pair, as file-names.ts makes of a byte that is no UTF-8; the others look alike in some encodings. */
const odd = [
  '',
  'a',
  'é',
  'e\u0301',
  'ÿ',
  '\u{10FFFF}',
  'caf\uDCE9',
  'caf\uDCE8',
  'caf\uFFFD',
  '日本',
  'x'.repeat(10_000),
];

describe('TextList', () => {
  it('gives back what it got, by number', () => {
    const list = new TextList();
    expect(odd.map((text) => list.push(text))).toEqual(odd.map((_, i) => i));
    expect(odd.map((_, i) => list.at(i))).toEqual(odd);
    expect(list.push('a')).toBe(odd.length);
    expect(() => list.at(odd.length + 1)).toThrow(RangeError);
    expect(() => new TextList().at(0)).toThrow(RangeError);
  });
});

describe('IdTable', () => {
  it('numbers ids as a Map does', () => {
    const rng = Rng.fromSeed(1);
    const [table, map] = [new IdTable(), new Map<string, number>()];
    for (let i = 0; i < 50_000; i++) {
      const id = i < odd.length ? (odd[i] as string) : `${rng.integer(300)}-${rng.integer(90)}`;
      if (!map.has(id)) map.set(id, map.size);
      expect(table.push(id)).toBe(map.get(id));
    }
    expect(table.length).toBe(map.size);
    expect([...table]).toEqual([...map.keys()]);
    for (const [id, number] of map) expect(table.indexOf(id)).toBe(number);
    expect(table.indexOf('absent')).toBe(-1);
    expect(table.has('absent')).toBe(false);
    expect(table.has('caf\uDCE9')).toBe(true);
  });
});
