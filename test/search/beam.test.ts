// Beam search against every path, on cases small enough to list them all.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import type { Acoustics } from '../../src/search/acoustics.js';
import { bestPaths } from '../../src/search/paths.js';
import { createPhoneNetwork } from '../../src/search/phone-network.js';
import { phoneConfidence, posteriors } from '../../src/search/posteriors.js';
import { search } from '../../src/search/beam.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

const phones = ['a', 'b', 'c', 'S'];
const silence = 3;
const lm = estimateNgram(
  ['a b c', 'a b', 'b c a b', 'c', 'a b a'].map((line) => line.split(' ')),
  { order: 3 },
);
const wide = { beam: 10_000, beamThreshold: 1e9, insertionWeight: null };
const config = { lmWeight: 0.8, wordScore: 0.3 };

function randomAcoustics(seed: number, rows: number, over: Partial<Acoustics> = {}): Acoustics {
  const rng = Rng.fromSeed(seed);
  const statesPerPhone = over.statesPerPhone ?? 1;
  const columns = 4;
  return {
    scores: Float32Array.from({ length: rows * columns * statesPerPhone }, () => -3 * rng.uniform()),
    rows,
    columns,
    statesPerPhone,
    ends: Int32Array.from({ length: rows }, (_, i) => i + 1),
    stay: 0,
    leave: 0,
    silence,
    blank: -1,
    ...over,
  };
}

/**
 * Score of the best alignment of every transcript, and the sum over all alignments: plain enumeration of state strings.
 */
function enumerate(acoustics: Acoustics): { best: Map<string, number>; total: number } {
  const { rows, columns, statesPerPhone, scores, stay, leave, blank } = acoustics;
  const best = new Map<string, number>();
  let total = 0;
  const walk = (row: number, column: number, position: number, spoken: number[], score: number): void => {
    if (row === rows) {
      if (column !== blank && position !== statesPerPhone - 1) return;
      const end =
        score +
        (column === blank ? 0 : leave) +
        config.lmWeight * Math.LN10 * lm.scoreSentence(spoken.map((c) => phones[c]!)) +
        config.wordScore * spoken.length;
      const key = spoken.map((c) => phones[c]).join(' ');
      best.set(key, Math.max(best.get(key) ?? -Infinity, end));
      total += Math.exp(end);
      return;
    }
    const at = (c: number, p: number): number => scores[(row * columns + c) * statesPerPhone + p]!;
    if (row > 0 && column !== blank) {
      walk(row + 1, column, position, spoken, score + stay + at(column, position));
      if (position < statesPerPhone - 1)
        return walk(row + 1, column, position + 1, spoken, score + leave + at(column, position + 1));
    }
    if (blank >= 0) walk(row + 1, blank, statesPerPhone - 1, spoken, score + at(blank, 0));
    const left = row > 0 && column !== blank ? leave : 0;
    for (let c = 0; c < columns; c++) {
      if (c === blank || (row > 0 && c === column)) continue;
      walk(row + 1, c, 0, c === silence ? spoken : [...spoken, c], score + left + at(c, 0));
    }
  };
  walk(0, -2, 0, [], 0);
  return { best, total: Math.log(total) };
}

const spoken =
  (blank: number) =>
  (column: number): boolean =>
    column !== silence && column !== blank;
const networkFor = ({ blank }: Acoustics): ReturnType<typeof createPhoneNetwork> =>
  createPhoneNetwork(lm, phones, spoken(blank), silence, {
    lmWeight: config.lmWeight,
    insertionBonus: config.wordScore,
  });
const text = (path: { phones: readonly { column: number }[] }): string =>
  path.phones.map(({ column }) => phones[column]).join(' ');

describe('beam search with nothing pruned', () => {
  it.each<[string, number, Partial<Acoustics>]>([
    ['one state a phone', 5, {}],
    ['three states a phone', 7, { statesPerPhone: 3, stay: Math.log(0.6), leave: Math.log(0.4) }],
    ['a blank between phones', 5, { blank: 2 }],
  ])('finds the n best transcripts of all, in order: %s', (_name, rows, over) => {
    for (let seed = 1; seed <= 6; seed++) {
      const acoustics = randomAcoustics(seed, rows, over);
      const { best } = enumerate(acoustics);
      const expected = [...best].sort((a, b) => b[1] - a[1]).slice(0, 12);
      const trellis = search(acoustics, networkFor(acoustics), wide);
      const found = bestPaths(trellis, 12, silence, false);
      expect(found.map(text)).toEqual(expected.map(([key]) => key));
      found.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(expected[i]![1], 5);
      });
      expect(text(bestPaths(trellis, 1, silence, false)[0]!)).toBe(expected[0]![0]);
      expect(bestPaths(trellis, 1, silence, false)[0]!.score).toBeCloseTo(expected[0]![1], 5);
    }
  });

  it('sums posteriors to one in every row, and to the sum over all alignments in total', () => {
    for (const over of [{}, { statesPerPhone: 2, stay: Math.log(0.3), leave: Math.log(0.7) }]) {
      const acoustics = randomAcoustics(9, 5, over);
      const trellis = search(acoustics, networkFor(acoustics), wide);
      const found = posteriors(trellis, 4, 1);
      // Ways that are e^14 times less likely than the best into the same state are left out.
      expect(found.total).toBeCloseTo(enumerate(acoustics).total, 4);
      for (let row = 0; row < 5; row++)
        expect(found.columns.subarray(row * 4, row * 4 + 4).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
      const [path] = bestPaths(trellis, 1, silence, false);
      for (const confidence of phoneConfidence(path!, found, 4)) {
        expect(confidence).toBeGreaterThan(0);
        expect(confidence).toBeLessThanOrEqual(1);
      }
    }
  });

  it('covers the utterance: phones in order, without overlap, and with rows to themselves', () => {
    const acoustics = randomAcoustics(4, 40);
    const [path] = bestPaths(
      search(acoustics, networkFor(acoustics), { beam: 50, beamThreshold: 30, insertionWeight: null }),
      1,
      silence,
      false,
    );
    path!.phones.forEach(({ startRow, endRow }, i) => {
      expect(endRow).toBeGreaterThan(startRow);
      expect(startRow).toBeGreaterThanOrEqual(path!.phones[i - 1]?.endRow ?? 0);
    });
    expect(path!.phones.at(-1)!.endRow).toBeLessThanOrEqual(40);
  });
});

describe('the beam', () => {
  it('never finds better than the whole, and finds it all with room enough', () => {
    const acoustics = randomAcoustics(11, 30);
    const scores = [1, 3, 30, 3000].map(
      (beam) => bestPaths(search(acoustics, networkFor(acoustics), { ...wide, beam }), 1, silence, false)[0]!.score,
    );
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
    expect(scores[2]).toBeCloseTo(scores[3]!, 9);
    expect(scores[0]).toBeLessThan(scores[3]!);
  });

  it('keeps one path even where none can end', () => {
    const acoustics = randomAcoustics(2, 2, { statesPerPhone: 3 });
    const trellis = search(acoustics, networkFor(acoustics), wide);
    expect(trellis.unfinished).toBe(true);
    expect(bestPaths(trellis, 1, silence, false)[0]!.phones).toHaveLength(1);
  });

  it('swallows a row that no phone explains, where it may', () => {
    const row = (best: number): number[] => phones.map((_, c) => (c === best ? -0.1 : -6));
    const bad = [-9, -9, -9, -9];
    const acoustics: Acoustics = { ...randomAcoustics(1, 3), scores: Float32Array.from([row(0), bad, row(1)].flat()) };
    const score = (insertionWeight: number | null): number =>
      bestPaths(search(acoustics, networkFor(acoustics), { ...wide, insertionWeight }), 1, silence, false)[0]!.score;
    expect(score(-2)).toBeCloseTo(score(null) + 7, 5);
  });
});
