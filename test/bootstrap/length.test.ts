// Which length is expected of several estimates, and insertion scores that are fitted to it,
// on scores whose best path is known.
import { describe, expect, it } from 'vitest';
import { expectLength, fitInsertion, phonesFound, type ScoredRows } from '../../src/bootstrap/length.js';
import { phoneGraph } from '../../src/bootstrap/search.js';
import { Rng } from '../../src/core/rng.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

describe('the expected length', () => {
  it('lies between text and source where they agree, and follows the sound where they do not', () => {
    const of = (text: number, source: number): number => expectLength({ text, source }, 'auto').expected;
    expect(of(10, 10)).toBe(10);
    expect(of(10, 9)).toBeCloseTo(Math.sqrt(90), 9);
    expect([of(30, 9), of(3, 9)]).toEqual([9, 9]);
    const named = expectLength({ text: 10, source: 8 }, 'text');
    expect([named.expected, named.spread]).toEqual([10, 1.25]);
  });
});

describe('insertion scores', () => {
  const phones = ['a', 'b', 'c'];
  const graph = phoneGraph(
    estimateNgram(
      [
        ['a', 'b', 'c'],
        ['b', 'a'],
        ['c', 'b', 'a', 'c'],
      ],
      { order: 2 },
    ),
    phones,
  );
  const rng = Rng.fromSeed('length');
  // Every four rows another phone, under noise: how many phones come out depends on the score.
  const sample = Array.from({ length: 12 }, (): ScoredRows => {
    const rows = 80;
    const said = Array.from({ length: rows / 4 }, () => rng.integer(3));
    return {
      rows,
      scores: Float32Array.from({ length: rows * 4 }, (_, i) => {
        const row = Math.floor(i / 4);
        return (i % 4 === said[row >> 2] ? 1 : 0) + rng.normal() - (i % 4 === 3 ? 2 : 0);
      }),
    };
  });
  const settings = { minRows: 1, beam: 20 };

  it('grow the output, and are fitted to a number of phones', async () => {
    const counts = await Promise.all(
      [-3, -1, 1, 3].map((insertion) => phonesFound(sample, graph, { ...settings, insertion })),
    );
    expect([...counts].sort((a, b) => a - b)).toEqual(counts);
    expect(counts[3]!).toBeGreaterThan(2 * counts[0]!);
    for (const share of [0.3, 0.5, 0.7]) {
      const wanted = counts[0]! + share * (counts[3]! - counts[0]!);
      const insertion = await fitInsertion(sample, graph, settings, wanted);
      expect((await phonesFound(sample, graph, { ...settings, insertion })) / wanted).toBeCloseTo(1, 1);
    }
  });
});
