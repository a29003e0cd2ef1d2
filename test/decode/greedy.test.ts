// Collapse rules of greedy decoding on emissions made by hand.
import { describe, expect, it } from 'vitest';
import { collapse, decodeGreedy } from '../../src/decode/greedy.js';
import type { Emission } from '../../src/learn/emission.js';

/** Each row gets its symbol's column high; row i spans frames [2i, 2i + 2) unless ends are given. */
function emission(symbols: readonly number[], ends = symbols.map((_, i) => 2 * i + 2)): Emission {
  const logProbs = new Float32Array(symbols.length * 4).fill(-5);
  symbols.forEach((symbol, row) => {
    logProbs[row * 4 + symbol] = -0.1;
  });
  return { logProbs, rows: symbols.length, ends: Int32Array.from(ends) };
}
const silence = 3;
const decoded = (symbols: readonly number[], ends?: number[]): number[][] =>
  decodeGreedy(emission(symbols, ends), 4, silence).map(({ phone, startFrame, endFrame }) => [
    phone,
    startFrame,
    endFrame,
  ]);

describe('decodeGreedy', () => {
  it('merges equal neighbours over their frames', () => {
    expect(decoded([0, 0, 1, 2, 2, 2], [3, 5, 6, 10, 11, 20])).toEqual([
      [0, 0, 5],
      [1, 5, 6],
      [2, 6, 20],
    ]);
  });

  it('drops silence after merging, so that it keeps equal phones apart', () => {
    expect(decoded([3, 1, 3, 3, 1, 1, 3])).toEqual([
      [1, 2, 4],
      [1, 8, 12],
    ]);
  });

  it('keeps every symbol of a model without silence', () => {
    expect(decodeGreedy(emission([3, 3, 0]), 4, -1).map(({ phone }) => phone)).toEqual([3, 0]);
  });

  it('gives nothing for silence alone and for an empty emission', () => {
    expect(decoded([3, 3])).toEqual([]);
    expect(decoded([])).toEqual([]);
  });

  it('takes the first of equally good symbols', () => {
    expect(
      decodeGreedy({ logProbs: new Float32Array(4).fill(-1.4), rows: 1, ends: Int32Array.of(7) }, 4, silence),
    ).toEqual([{ phone: 0, startFrame: 0, endFrame: 7 }]);
    expect(
      decodeGreedy({ logProbs: new Float32Array(4).fill(-Infinity), rows: 1, ends: Int32Array.of(7) }, 4, silence),
    ).toHaveLength(1);
  });

  it('refuses what is not an emission', () => {
    expect(() =>
      decodeGreedy({ logProbs: new Float32Array(7), rows: 2, ends: Int32Array.of(1, 2) }, 4, silence),
    ).toThrow('7 log-probabilities and 2 ends for 2 rows of 4 symbols');
    expect(() => decoded([0, 1], [4, 4])).toThrow('row 1 ends at frame 4, which is not after 4');
    const spoilt = emission([0, 1]);
    spoilt.logProbs[6] = NaN;
    expect(() => decodeGreedy(spoilt, 4, silence)).toThrow('symbol 2 in row 1 is NaN');
  });
});

describe('collapse', () => {
  it('leaves spans alone that differ from their neighbours', () => {
    const spans = [0, 1, 0].map((phone, i) => ({ phone, startFrame: i, endFrame: i + 1 }));
    expect(collapse(spans)).toEqual(spans);
  });
});
