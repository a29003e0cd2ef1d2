// The beam search against all paths of a tiny utterance, written out.
import { describe, expect, it } from 'vitest';
import { createSearch, phoneGraph } from '../../src/bootstrap/search.js';
import { Rng } from '../../src/core/rng.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import type { NgramModel } from '../../src/lm/ngram.js';

const phones = ['a', 'b', 'c'];
const silence = 3;
const lm = estimateNgram(
  ['a b c a', 'b a', 'c c a b', 'a b'].map((line) => line.split(' ')),
  { order: 3 },
);

/** Every way to fill the rows with stretches of phones of at least `least` rows and silence, with its score. */
function everyPath(
  scores: Float32Array,
  rows: number,
  model: NgramModel,
  insertion: number,
  least: number,
): { rows: number[]; phones: number[]; score: number }[] {
  const found: { rows: number[]; phones: number[]; score: number }[] = [];
  const walk = (path: number[], said: number[], score: number): void => {
    if (path.length === rows) {
      found.push({
        rows: path,
        phones: said,
        score: score + Math.LN10 * model.logProb10(['<s>', ...said.map((p) => phones[p]!)], '</s>'),
      });
      return;
    }
    const quiet = scores[path.length * 4 + silence]!;
    walk([...path, silence], said, score + quiet);
    for (let phone = 0; phone < 3; phone++) {
      let own =
        score + insertion + Math.LN10 * model.logProb10(['<s>', ...said.map((p) => phones[p]!)], phones[phone]!);
      for (let length = 1; path.length + length <= rows; length++) {
        own += scores[(path.length + length - 1) * 4 + phone]!;
        if (length >= least) walk([...path, ...new Array<number>(length).fill(phone)], [...said, phone], own);
      }
    }
  };
  walk([], [], 0);
  return found;
}

describe('the search', () => {
  it.each([
    [1, 0],
    [2, 1.5],
    [3, -1],
  ])('finds the best of all paths, phones of %i rows or more, insertion %f', (minRows, insertion) => {
    const search = createSearch(phoneGraph(lm, phones), { insertion, minRows, beam: 100 });
    for (let seed = 0; seed < 8; seed++) {
      const rng = Rng.fromSeed(seed);
      const rows = 6;
      const scores = Float32Array.from({ length: rows * 4 }, () => 2 * rng.normal());
      const best = everyPath(scores, rows, lm, insertion, minRows).reduce((a, b) => (b.score > a.score ? b : a));
      const path = search(scores, rows);
      expect(path.score).toBeCloseTo(best.score, 4);
      expect([...path.phones]).toEqual(best.phones);
      expect([...path.rows]).toEqual(best.rows);
      expect(path.starts).toHaveLength(path.phones.length);
    }
  });

  it('of nothing is nothing', () => {
    const search = createSearch(phoneGraph(lm, phones), { insertion: 0, minRows: 2, beam: 10 });
    expect(search(new Float32Array(0), 0)).toMatchObject({ phones: new Int32Array(0), rows: new Int16Array(0) });
  });
});
