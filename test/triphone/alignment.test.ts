import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import type { RowScores } from '../../src/search/viterbi.js';
import { align, DurationCounts, durations, evenAlignment, visitFrames } from '../../src/triphone/alignment.js';
import { monophoneStates } from '../../src/triphone/context.js';

const tied = monophoneStates(3, 2, true);

/** The best of all ways to cut `rows` frames into as many parts as there are states, by trying every one. */
function bestCut(
  states: readonly number[],
  rows: number,
  stay: readonly number[],
  density: (p: number, t: number) => number,
): { ends: number[]; score: number } {
  let best = { ends: [] as number[], score: -Infinity };
  const walk = (j: number, from: number, score: number, ends: number[]): void => {
    if (j === states.length) {
      if (from === rows && score > best.score) best = { ends, score };
      return;
    }
    let sum = score;
    for (let end = from + 1; end <= rows - (states.length - 1 - j); end++) {
      sum += density(states[j]!, end - 1) + (end > from + 1 ? Math.log(stay[states[j]!]!) : 0);
      walk(j + 1, end, sum + (j + 1 < states.length ? Math.log(1 - stay[states[j]!]!) : 0), [...ends, end]);
    }
  };
  walk(0, 0, 0, []);
  return best;
}

describe('forced alignment', () => {
  it('finds what trying every cut finds, in tight and in loose utterances', () => {
    const rng = Rng.fromSeed(3);
    const stay = Array.from({ length: 8 }, () => 0.2 + 0.6 * rng.uniform());
    for (const rows of [6, 7, 11]) {
      const scores = Array.from({ length: rows * 8 }, () => 3 * rng.normal());
      const density = (p: number, t: number): number => scores[t * 8 + p]!;
      const phones = Int32Array.of(2, 0, 3);
      const found = align(phones, { rows, at: density }, tied, durations(stay), { acousticScale: 1, beam: 1000 })!;
      expect([...found.ends]).toEqual(bestCut([4, 5, 0, 1, 6, 7], rows, stay, density).ends);
    }
  });

  it('widens a beam that lost every path, and says when there are too few frames', () => {
    const scores = (rows: number): RowScores => ({ rows, at: (p, t) => (t === 0 ? 0 : p === 1 ? -1000 : 0) });
    const options = { acousticScale: 1, beam: 0.1 };
    expect([...align(Int32Array.of(0), scores(4), tied, durations(Array<number>(8).fill(0.5)), options)!.ends]).toEqual(
      [3, 4],
    );
    expect(align(Int32Array.of(0, 1), scores(3), tied, durations(Array<number>(8).fill(0.5)), options)).toBeUndefined();
  });

  it('visits every frame once, and measures durations', () => {
    const alignment = evenAlignment(Int32Array.of(1, 2), [4, 9], 2);
    expect([...alignment.ends]).toEqual([2, 4, 7, 9]);
    const seen: [number, number][] = [];
    visitFrames(alignment, tied, (p, t) => seen.push([p, t]));
    expect(seen).toEqual([
      [2, 0],
      [2, 1],
      [3, 2],
      [3, 3],
      [4, 4],
      [4, 5],
      [4, 6],
      [5, 7],
      [5, 8],
    ]);
    const counts = new DurationCounts(8, 2);
    for (let i = 0; i < 1000; i++) counts.add(alignment);
    const stay = counts.stay();
    expect(stay[2]).toBeCloseTo(1 / 2, 2);
    expect(stay[4]).toBeCloseTo(2 / 3, 2);
    expect(stay[0]).toBeCloseTo(2 / 3, 2); // never seen: one visit of three frames
  });
});
