// CTC models through the same search as the others, against every path of symbols: repeated symbols are one, blanks
// are nothing and keep equal phones apart. Weights of blank and silence under their usual names.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { decodeConfig, type DecodeConfig } from '../../src/decode/config.js';
import { wordListOf } from '../../src/decode/lexicon-file.js';
import { createDecoder, type Decoder } from '../../src/decode/decoder.js';
import type { Emission } from '../../src/learn/emission.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

const phones = ['a', 'b', '<SIL>', '<blank>'];
const [silence, blank] = [2, 3];
const phoneLm = estimateNgram(
  ['a a b', 'b a', 'a b b a', 'a'].map((line) => line.split(' ')),
  { order: 3 },
);
const words = ['a', 'b', 'aa', 'ab', 'AB'];
const entries = [
  [0, 0],
  [1, 1],
  [2, 0, 0],
  [3, 0, 1],
  [4, 0, 1],
].map(([word, ...columns]) => ({ word: word!, phones: columns }));
const wordLm = estimateNgram(
  ['a ab', 'aa b', 'b AB a', 'ab', 'b b'].map((line) => line.split(' ')),
  { order: 2 },
);
const wide = { beam: 10_000, beamThreshold: 1e6, nbest: 6, lmWeight: 0.7, wordScore: 0.2 };

function emissionOf(seed: number, rows: number): Emission {
  const rng = Rng.fromSeed(seed);
  return {
    logProbs: Float32Array.from({ length: rows * phones.length }, () => -2.5 * rng.uniform()),
    rows,
    ends: Int32Array.from({ length: rows }, (_, i) => 3 * i + 3),
  };
}

const decoder = (settings: Partial<DecodeConfig>): Decoder =>
  createDecoder({ phones, silence: '<SIL>' }, decodeConfig.parse({ ...wide, ...settings }), {
    phoneLm,
    wordLm,
    lexicon: wordListOf({ words, entries }, wordLm),
  });

/** Every path of symbols with its score; what it says, silence included, repeats joined and blanks gone. */
function* paths(
  { logProbs, rows }: Emission,
  weigh: (column: number, score: number) => number,
): Generator<{ said: number[]; score: number }> {
  for (let code = 0; code < phones.length ** rows; code++) {
    const path = Array.from({ length: rows }, (_, row) => Math.floor(code / phones.length ** row) % phones.length);
    const score = path.reduce((sum, column, row) => sum + weigh(column, logProbs[row * phones.length + column]!), 0);
    yield { said: path.filter((column, row) => column !== path[row - 1]).filter((column) => column !== blank), score };
  }
}

/** Word sequences that make up a stretch of phones. */
function splits(spoken: readonly number[]): number[][] {
  if (spoken.length === 0) return [[]];
  return entries.flatMap(({ word, phones: begin }) =>
    begin.every((column, i) => column === spoken[i])
      ? splits(spoken.slice(begin.length)).map((rest) => [word, ...rest])
      : [],
  );
}

function bestOf(scored: Iterable<readonly [string, number]>): [string, number][] {
  const best = new Map<string, number>();
  for (const [text, score] of scored) best.set(text, Math.max(best.get(text) ?? -Infinity, score));
  return [...best].sort((a, b) => b[1] - a[1]).slice(0, wide.nbest);
}

const ofPhones = (said: readonly number[]): string[] =>
  said.filter((column) => column !== silence).map((column) => phones[column]!);

describe('CTC models', () => {
  it.each<[string, Partial<DecodeConfig>, (column: number, score: number) => number]>([
    ['as they are', {}, (_, score) => score],
    ['with a blank weight', { blankWeight: -0.8 }, (column, score) => (column === blank ? score - 0.8 : score)],
    [
      'with the blank set',
      { blankWeight: -1.1, blankMode: 'set' },
      (column, score) => (column === blank ? -1.1 : score),
    ],
    [
      'with a silence weight and an acoustic scale',
      { silenceWeight: 0.6, acousticScale: 1.5 },
      (column, score) => 1.5 * score + (column === silence ? 0.6 : 0),
    ],
  ])('give the best phones of all paths, in order: %s', (_, settings, weigh) => {
    for (let seed = 1; seed <= 4; seed++) {
      const emission = emissionOf(seed, 5);
      const expected = bestOf(
        [...paths(emission, weigh)].map(({ said, score }) => {
          const spoken = ofPhones(said);
          return [
            spoken.join(' '),
            score + wide.lmWeight * Math.LN10 * phoneLm.scoreSentence(spoken) + wide.wordScore * spoken.length,
          ] as const;
        }),
      );
      const found = decoder({ method: 'beam', ...settings }).decode(emission).nbest!;
      expect(found.map(({ score }) => score.toFixed(3))).toEqual(expected.map(([, score]) => score.toFixed(3)));
      expect(found.map((transcript) => transcript.phones.join(' '))).toEqual(expected.map(([text]) => text));
    }
  });

  it('give the best words of all paths, with silence only between words', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const emission = emissionOf(seed, 5);
      const scored = [...paths(emission, (_, score) => score)].flatMap(({ said, score }) => {
        if (said.some((column, i) => column === silence && said[i - 1] === silence)) return [];
        const stretches: number[][] = [[]];
        for (const column of said)
          if (column === silence) stretches.push([]);
          else stretches.at(-1)!.push(column);
        const sequences = stretches.reduce<number[][]>(
          (all, stretch) => all.flatMap((before) => splits(stretch).map((after) => [...before, ...after])),
          [[]],
        );
        return sequences.map((sequence) => {
          const text = sequence.map((word) => words[word]!);
          return [
            text.join(' '),
            score + wide.lmWeight * Math.LN10 * wordLm.scoreSentence(text) + wide.wordScore * text.length,
          ] as const;
        });
      });
      const expected = bestOf(scored);
      const found = decoder({ method: 'words' }).decode(emission).nbest!;
      expect(found.map(({ score }) => score.toFixed(3))).toEqual(expected.map(([, score]) => score.toFixed(3)));
      expect(found[0]!.words!.join(' ')).toBe(expected[0]![0]);
    }
  });

  it('are decoded greedily by the same rule', () => {
    const rows = [0, 0, blank, 0, silence, 1, blank, blank, 1, 1];
    const emission: Emission = {
      logProbs: Float32Array.from(rows.flatMap((best) => phones.map((_, column) => (column === best ? -0.1 : -5)))),
      rows: rows.length,
      ends: Int32Array.from(rows, (_, i) => i + 1),
    };
    const { phones: found } = decoder({ method: 'greedy' }).decode(emission);
    expect(found.map(({ text, startFrame, endFrame }) => [text, startFrame, endFrame])).toEqual([
      // Each until half-way to the next.
      ['a', 0, 2],
      ['a', 2, 4],
      ['b', 4, 7],
      ['b', 7, 10],
    ]);
  });
});

describe('rows that are nothing but blank', () => {
  /** A phone every few rows, sure blanks between, as a trained network gives them. */
  const peaky = (said: readonly number[], gap: number): Emission => {
    const rows = said.flatMap((column) => [column, ...new Array<number>(gap).fill(blank)]);
    const rng = Rng.fromSeed(5);
    const logProbs = rows.flatMap((own) => {
      const raw = phones.map((_, column) => (column === own ? (own === blank ? 1e6 : 20) : rng.uniform()));
      const sum = raw.reduce((a, b) => a + b, 0);
      return raw.map((value) => Math.log(value / sum));
    });
    return {
      logProbs: Float32Array.from(logProbs),
      rows: rows.length,
      ends: Int32Array.from(rows, (_, i) => 2 * i + 1),
    };
  };

  it.each(['beam', 'words'] as const)('are walked through at once, and change nothing: %s', (method) => {
    const emission = peaky([0, 0, 1, 0, 1], 4);
    const joined = decoder({ method, nbest: 1 }).decode(emission);
    // A weight of the blank counts every row.
    const each = decoder({ method, nbest: 1, blankWeight: 1e-9 }).decode(emission);
    const places = ({ phones: found }: typeof each): unknown =>
      found.map(({ text, startFrame, endFrame }) => ({ text, startFrame, endFrame }));
    expect(places(joined)).toEqual(places(each));
    expect(joined.words?.map(({ text }) => text)).toEqual(each.words?.map(({ text }) => text));
    joined.phones.forEach(({ confidence }, i) => {
      expect(confidence).toBeCloseTo(each.phones[i]!.confidence!, 3);
    });
  });

  it('and columns far below the best are passed over, which changes nothing either', () => {
    const emission = peaky([0, 1, 1, 0], 3);
    const text = (settings: Partial<DecodeConfig>): string =>
      decoder({ method: 'words', nbest: 1, ...settings })
        .decode(emission)
        .phones.map((phone) => phone.text)
        .join(' ');
    expect(text({ columnThreshold: 5 })).toBe(text({}));
  });
});
