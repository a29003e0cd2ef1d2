// Word decoding against every sequence of words and every alignment, on cases small enough to list them.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import type { Acoustics } from '../../src/search/acoustics.js';
import { decodeConfig } from '../../src/decode/config.js';
import { createDecoder } from '../../src/decode/decoder.js';
import { wordListOf } from '../../src/decode/lexicon-file.js';
import { LengthMatched, lengthScores } from '../../src/decode/word-lengths.js';
import { bestPaths } from '../../src/search/paths.js';
import { LmStates } from '../../src/search/lm-states.js';
import { phoneIds } from '../../src/search/phone-network.js';
import { posteriors, wordConfidence } from '../../src/search/posteriors.js';
import { buildPrefixTree, unigrams, type LexiconEntry } from '../../src/search/prefix-tree.js';
import { search } from '../../src/search/beam.js';
import { createWordNetwork } from '../../src/search/word-network.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { unknownSymbol } from '../../src/lm/ngram.js';

const phones = ['a', 'b', 'c', '<SIL>'];
const silence = 3;
// ab and abb share a beginning, ba1 and ba2 sound alike, c has two pronunciations, bb needs a repeated phone and is
// <unk> to the language model.
const words = ['ab', 'abb', 'ba1', 'ba2', 'c', 'bb'];
const entries: LexiconEntry[] = [
  [0, 0, 1],
  [1, 0, 1, 1],
  [2, 1, 0],
  [3, 1, 0],
  [4, 2],
  [4, 2, 0],
  [5, 1, 1],
].map(([word, ...columns]) => ({ word: word!, phones: columns }));
const lm = estimateNgram(
  ['ab c', 'ba1 c ab', 'abb ba2', 'c', '<unk> ab', 'ab ba1'].map((line) => line.split(' ')),
  { order: 2 },
);
const phoneLm = estimateNgram(
  [
    ['a', 'b', 'c'],
    ['b', 'a'],
    ['c', 'a', 'b'],
  ],
  { order: 2 },
);
const settings = { lmWeight: 0.7, wordScore: 0.4, unkWeight: -1 };
const wide = { beam: 100_000, beamThreshold: 1e9, insertionWeight: null };
const tree = buildPrefixTree(entries, (word) => unigrams(lm, words)[word]!);
const list = { tree, words: words.length, ids: Int32Array.from(words, (word) => lm.id(word)) };
const unknown = { doublePhones: false, unknownScore: settings.unkWeight, rareScore: -0.3 };

const fillerLengths = lengthScores(
  phoneLm,
  entries.map(({ phones: spoken }) => spoken.length),
);

function acousticsOf(seed: number, rows: number): Acoustics {
  const rng = Rng.fromSeed(seed);
  return {
    scores: Float32Array.from({ length: rows * 4 }, () => -4 * rng.uniform()),
    rows,
    columns: 4,
    statesPerPhone: 1,
    ends: Int32Array.from({ length: rows }, (_, i) => 2 * i + 2),
    stay: 0,
    leave: 0,
    silence,
    blank: -1,
  };
}

/**
 * Best score of every word sequence: pronunciations laid end to end with silence or not between them,
 * aligned by a small dynamic programme.
 */
function enumerate({ scores, rows }: Acoustics, filler: boolean): Map<string, number> {
  const best = new Map<string, number>();
  const fillers: { word: number; phones: number[] }[] = [];
  if (filler)
    for (let length = 1; length <= rows; length++)
      for (let code = 0; code < 3 ** length; code++) {
        const spoken = Array.from({ length }, (_, i) => Math.floor(code / 3 ** i) % 3);
        if (spoken.every((phone, i) => phone !== spoken[i - 1])) fillers.push({ word: words.length, phones: spoken });
      }
  const align = (columns: readonly number[]): number => {
    let row = columns.map((_, j) => (j === 0 ? scores[columns[0]!]! : -Infinity));
    for (let t = 1; t < rows; t++)
      row = columns.map((column, j) => Math.max(row[j]!, j > 0 ? row[j - 1]! : -Infinity) + scores[t * 4 + column]!);
    return row.at(-1) ?? -Infinity;
  };
  const extra = (spoken: readonly number[]): number => {
    // From the start of a word to its end.
    const log10 = phoneLm.scoreSentence(spoken.map((column) => phones[column]!)) + fillerLengths[spoken.length]!;
    return settings.unkWeight + settings.lmWeight * Math.LN10 * log10;
  };
  const walk = (sequence: number[], columns: number[], weight: number): void => {
    for (const tail of [[], [silence]]) {
      if (columns.at(-1) === silence && tail.length > 0) continue;
      const line = [...columns, ...tail];
      if (line.length === 0 || line.length > rows) continue;
      const text = sequence.map((word) => words[word] ?? unknownSymbol);
      const score =
        align(line) +
        weight +
        settings.lmWeight * Math.LN10 * lm.scoreSentence(text) +
        settings.wordScore * sequence.length +
        unknown.rareScore * sequence.filter((word) => words[word] === 'bb').length;
      best.set(text.join(' '), Math.max(best.get(text.join(' ')) ?? -Infinity, score));
    }
    for (const { word, phones: spoken } of [...entries, ...fillers]) {
      for (const lead of [[], [silence]]) {
        const next = [...columns, ...lead, ...spoken];
        if (next.length <= rows) walk([...sequence, word], next, weight + (word === words.length ? extra(spoken) : 0));
      }
    }
  };
  walk([], [], 0);
  return best;
}

function decode(acoustics: Acoustics, count: number, filler: boolean): { text: string; score: number }[] {
  const scores = filler
    ? new LmStates(
        new LengthMatched(phoneLm, fillerLengths),
        phoneIds(phoneLm, phones, (column) => column !== silence),
        settings.lmWeight,
      )
    : undefined;
  const network = createWordNetwork({ ...list, lm, columns: 4, silence, filler: scores, ...unknown }, settings);
  return bestPaths(search(acoustics, network, wide), count, silence, true).map((path) => ({
    text: path.words.map(({ word }) => words[word] ?? unknownSymbol).join(' '),
    score: path.score,
  }));
}

describe('word decoding with nothing pruned', () => {
  it.each([
    [false, 6],
    [true, 4],
  ])('finds the best word sequences of all, in order (filler %s)', (filler, rows) => {
    for (let seed = 1; seed <= 5; seed++) {
      const acoustics = acousticsOf(seed, rows);
      const expected = [...enumerate(acoustics, filler)].sort((a, b) => b[1] - a[1]).slice(0, 6);
      const found = decode(acoustics, 6, filler);
      expect(found.map(({ score }) => score.toFixed(4))).toEqual(expected.map(([, score]) => score.toFixed(4)));
      expect(found[0]!.text).toBe(expected[0]![0]);
    }
  });

  it('gives words a confidence that adds up over homophones and other words in their place', () => {
    const acoustics = acousticsOf(3, 6);
    const network = createWordNetwork({ ...list, lm, columns: 4, silence, filler: undefined, ...unknown }, settings);
    const trellis = search(acoustics, network, wide);
    const found = posteriors(trellis, 4, 1);
    const ends = found.wordEnds.at(-1)!;
    expect([...ends.values()].reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1 + 1e-6);
    const [path] = bestPaths(trellis, 1, silence, true);
    for (const confidence of wordConfidence(path!, found)) {
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  });
});

describe('the decoder with words', () => {
  const emissionOf = (columns: string): { logProbs: Float32Array; rows: number; ends: Int32Array } => ({
    logProbs: Float32Array.from(
      [...columns].flatMap((letter) => phones.map((phone) => (phone[0] === letter ? -0.1 : -8))),
    ),
    rows: columns.length,
    ends: Int32Array.from({ length: columns.length }, (_, i) => 3 * i + 3),
  });
  const decoder = (over: object = {}): ReturnType<typeof createDecoder> =>
    createDecoder(
      { phones, silence: '<SIL>' },
      decodeConfig.parse({ method: 'words', lmWeight: 1, filler: true, unkWeight: -3, ...over }),
      { filler: phoneLm, wordLm: lm, lexicon: wordListOf({ words, entries }, lm) },
    );

  it('places words and phones in frames, and leaves silence out', () => {
    const { words: found, phones: heard } = decoder().decode(emissionOf('<aab<<c<'));
    expect(found!.map(({ text, startFrame, endFrame }) => [text, startFrame, endFrame])).toEqual([
      ['ab', 3, 12],
      ['c', 18, 21],
    ]);
    expect(heard.map(({ text }) => text).join('')).toBe('abc');
    for (const { confidence } of found!) expect(confidence).toBeGreaterThan(0.5);
  });

  it('hears a word that the lexicon lacks as <unk>, with its phones', () => {
    const { words: found, phones: heard } = decoder({ unkWeight: -1 }).decode(emissionOf('<aca<ab'));
    expect(found!.map(({ text }) => text)).toContain('<unk>');
    expect(found!.at(-1)!.text).toBe('ab');
    expect(heard.map(({ text }) => text).join('')).toBe('acaab');
    expect(
      decoder({ filler: false })
        .decode(emissionOf('<aca<ab'))
        .words!.map(({ text }) => text),
    ).not.toContain('<unk>');
  });

  it('gives the n best in order, all different', () => {
    const { nbest } = decoder({ nbest: 5 }).decode(emissionOf('<ba<c'));
    expect(nbest!.length).toBe(5);
    expect(new Set(nbest!.map(({ words: said }) => said!.join(' '))).size).toBe(5);
    expect(nbest!.map(({ score }) => score)).toEqual(nbest!.map(({ score }) => score).toSorted((a, b) => b - a));
    expect(
      nbest!
        .slice(0, 2)
        .map(({ words: said }) => said!.join(' '))
        .toSorted(),
    ).toEqual(['ba1 c', 'ba2 c']);
  });

  it('has nothing to say about nothing', () => {
    expect(decoder().decode(emissionOf(''))).toEqual({ phones: [], words: [] });
  });

  it('names the part that is missing', () => {
    expect(() =>
      createDecoder({ phones, silence: '<SIL>' }, decodeConfig.parse({ method: 'words' }), { phoneLm }),
    ).toThrow(/needs a word language model/);
    const foreign = estimateNgram([['x', 'y']], { order: 2 });
    expect(() =>
      createDecoder({ phones, silence: '<SIL>' }, decodeConfig.parse({ method: 'beam' }), { phoneLm: foreign }),
    ).toThrow(/knows none of the model's phones/);
  });
});
