import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { align } from '../../src/score/edit-distance.js';
import { countErrors } from '../../src/score/score.js';

/** Levenshtein by its definition. */
function distance(a: readonly string[], b: readonly string[], known = new Map<string, number>()): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const key = `${a.length},${b.length}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = Math.min(
    distance(a.slice(1), b.slice(1), known) + (a[0] === b[0] ? 0 : 1),
    distance(a.slice(1), b, known) + 1,
    distance(a, b.slice(1), known) + 1,
  );
  known.set(key, found);
  return found;
}

const draw = (rng: Rng, longest: number): string[] =>
  Array.from({ length: rng.integer(longest + 1) }, () => 'abcd'[rng.integer(4)]!);

describe('align', () => {
  it.each([
    [1 << 24, 14],
    [1, 14],
    [40, 30],
  ])('finds the least errors in random pairs, with a table of %i cells', (cells, longest) => {
    const rng = Rng.fromSeed(cells);
    for (let pair = 0; pair < 150; pair++) {
      const [reference, hypothesis] = [draw(rng, longest), draw(rng, longest)];
      const edits = align(reference, hypothesis, cells);
      expect(countErrors(edits).errors).toBe(distance(reference, hypothesis));
      expect(edits.flatMap((edit) => edit.reference ?? [])).toEqual(reference);
      expect(edits.flatMap((edit) => edit.hypothesis ?? [])).toEqual(hypothesis);
      for (const { kind, reference: said, hypothesis: heard } of edits) {
        expect(kind).toBe(
          said === undefined
            ? 'insertion'
            : heard === undefined
              ? 'deletion'
              : said === heard
                ? 'match'
                : 'substitution',
        );
      }
    }
  });

  it('breaks ties the same way: diagonal, deletion, insertion, from the end', () => {
    const kinds = (reference: string, hypothesis: string): string =>
      align([...reference], [...hypothesis])
        .map(({ kind }) => kind[0])
        .join('');
    expect(kinds('ab', 'b')).toBe('dm');
    expect(kinds('aa', 'a')).toBe('dm');
    expect(kinds('a', 'aa')).toBe('im');
    expect(kinds('ab', 'ba')).toBe('ss');
    expect(kinds('abc', '')).toBe('ddd');
    expect(kinds('', 'ab')).toBe('ii');
    expect(kinds('', '')).toBe('');
  });

  it('aligns an hour of phones without a table of it', () => {
    const rng = Rng.fromSeed(9);
    const reference = Array.from({ length: 12_000 }, () => String(rng.integer(30)));
    const hypothesis = reference.filter((_, i) => i % 10 !== 0);
    expect(countErrors(align(reference, hypothesis))).toEqual({
      errors: 1200,
      length: 12_000,
      insertions: 0,
      deletions: 1200,
      substitutions: 0,
    });
  });
});
