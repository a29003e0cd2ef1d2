// Tuning without labels: the criterion by hand, and a case where the language model must be trusted just so far.
import { describe, expect, it } from 'vitest';
import { decodeConfig, type DecodeConfig } from '../../src/decode/config.js';
import type { DecoderParts } from '../../src/decode/decoder.js';
import { wordListOf } from '../../src/decode/lexicon-file.js';
import type { TextAims, TuningTask } from '../../src/decode/trial.js';
import { tunePhones, tuneWeights, tuneWords } from '../../src/decode/tune.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

const symbols = { phones: ['a', 'b', 'c', '<SIL>'], silence: '<SIL>' };
const phoneLm = estimateNgram(
  Array.from({ length: 30 }, () => [...'abcabcabc']),
  { order: 3 },
);

/** Rows that say the letters; `?` says a, and b nearly as loudly. */
function emission(said: string): { logProbs: Float32Array; rows: number; ends: Int32Array } {
  const logProbs = [...said].flatMap((letter) =>
    symbols.phones.map((phone) => {
      if (letter === '?') return phone === 'a' ? -0.5 : phone === 'b' ? -1 : -6;
      return phone === letter ? -0.1 : -6;
    }),
  );
  return {
    logProbs: Float32Array.from(logProbs),
    rows: said.length,
    ends: Int32Array.from({ length: said.length }, (_, i) => i + 1),
  };
}

/** All that is tuned by, heard by nobody. */
const task = (
  emissions: TuningTask['emissions'],
  settings: DecodeConfig,
  aims: TextAims,
  parts: DecoderParts = { phoneLm },
): TuningTask => ({ symbols, emissions, config: settings, parts, aims, onTrial: () => undefined });

const config = decodeConfig.parse({ method: 'beam', tune: { lmWeight: [0, 1, 9], wordScore: [0], minDistance: 0 } });

describe('tuneWeights', () => {
  it('scores by ln(perplexity) x distance, each with its bound, and decodes every choice once', async () => {
    const told: number[] = [];
    const { best, trials } = await tuneWeights({
      ...task(
        [emission('ca?cabc'), emission('abcab')],
        { ...config, tune: { ...config.tune, minDistance: 0.1 } },
        { minPerplexity: 1.5 },
      ),
      onTrial: ({ lmWeight }) => told.push(lmWeight),
    });
    expect(told).toEqual([1, 0, 9]);
    expect(trials.map(({ lmWeight }) => lmWeight)).toEqual(told);
    for (const { score, perplexity, distance } of trials)
      expect(score).toBeCloseTo(Math.log(Math.max(1.5, perplexity)) * Math.max(0.1, distance), 12);
    expect(best.score).toBe(Math.min(...trials.map(({ score }) => score)));
    // With no weight the LM changes nothing: that is the greedy transcript, caabc's equal neighbours merged.
    expect(trials.find(({ lmWeight }) => lmWeight === 0)!.distance).toBe(0);
    // ca(?)cabc: the LM reads ? as b: one of eleven phones is inserted.
    expect(trials.find(({ lmWeight }) => lmWeight === 1)!.distance).toBeCloseTo(1 / 11, 12);
  });

  it('takes the language model where it repairs, and not where it overrules', async () => {
    const data = Array.from({ length: 4 }, () => emission('abca?cabc'));
    const { best } = await tuneWeights(
      task(data, { ...config, tune: { ...config.tune, minDistance: 0.15 } }, { minPerplexity: 1 }),
    );
    expect(best.lmWeight).not.toBe(0);
  });

  it('takes, of choices at both bounds, the one that edits least and has the length that is expected', async () => {
    const data = [emission('abc?abc'), emission('abcabc')];
    const tune = { ...config.tune, lmWeight: [1], wordScore: [-9, 0, 9], minDistance: 1 };
    const chosen = async (phones?: number): Promise<number> =>
      (await tuneWeights(task(data, { ...config, tune }, { minPerplexity: 99, phones }))).best.wordScore;
    const { trials } = await tuneWeights(task(data, { ...config, tune }, { minPerplexity: 99, phones: 12 }));
    expect(new Set(trials.map(({ score }) => score)).size).toBe(1);
    for (const { lengthRatio } of trials) expect(lengthRatio! * 12).toBeCloseTo(Math.round(lengthRatio! * 12), 9);
    expect(new Set(trials.map(({ lengthRatio }) => lengthRatio)).size).toBe(3);
    const least = trials.reduce((a, b) => (b.distance < a.distance ? b : a));
    expect(await chosen()).toBe(least.wordScore);
    const shortest = trials.reduce((a, b) => (b.lengthRatio! < a.lengthRatio! ? b : a));
    expect(await chosen(1)).toBe(shortest.wordScore);
    expect(shortest).not.toBe(least);
  });

  it('gives words the weights of phones, lowered, and the score that makes them as long as in the text', async () => {
    const wordLm = estimateNgram(
      ['ab c', 'a b c', 'abc', 'abc ab c'].map((line) => line.split(' ')),
      { order: 2 },
    );
    const words = ['a', 'b', 'c', 'ab', 'abc'];
    const lexicon = {
      words,
      entries: words.map((word, i) => ({ word: i, phones: [...word].map((letter) => symbols.phones.indexOf(letter)) })),
    };
    const ofWords = decodeConfig.parse({
      method: 'words',
      beam: 200,
      filler: false,
      tune: { lmWeight: [1, 2], wordScore: [0], wordScoreOfWords: [-4, 0, 4] },
    });
    const data = [emission('abcabc'), emission('abca?c')];
    const lengths: number[] = [];
    for (const phonesPerWord of [3, 1]) {
      const parts = { phoneLm, wordLm, lexicon: wordListOf(lexicon, wordLm) };
      const { best, trials } = await tuneWords(task(data, ofWords, { minPerplexity: 1 }, parts), phonesPerWord);
      const ofPhones = await tuneWeights(task(data, { ...ofWords, method: 'beam', beam: null }, { minPerplexity: 1 }));
      expect(best).toMatchObject({ method: 'words', lmWeight: 0.7 * ofPhones.best.lmWeight });
      expect(best.score).toBeCloseTo(Math.abs(Math.log(best.phonesPerWord! / phonesPerWord)), 12);
      expect(trials.filter(({ method }) => method === 'words').map(({ wordScore }) => wordScore)).toEqual([-4, 0, 4]);
      expect(best.score).toBe(Math.min(...trials.filter(({ method }) => method === 'words').map(({ score }) => score)));
      lengths.push(best.phonesPerWord!);
    }
    expect(lengths[0]!).toBeGreaterThan(lengths[1]!);
  });

  it('lets words that no list has come as often as the text lets expect', async () => {
    // Every third word is one that the list lacks, or lacks a phone that is unsure: free phones fit it better.
    const said = ['abc', 'ab?', 'cab', 'abc', 'b?c', 'ab?'];
    const wordLm = estimateNgram(
      ['abc abc', 'bac abc', 'abc bac abc'].map((line) => line.split(' ')),
      { order: 2 },
    );
    const words = ['abc', 'bac'];
    const entries = words.map((word, i) => ({
      word: i,
      phones: [...word].map((letter) => symbols.phones.indexOf(letter)),
    }));
    const shares: number[] = [];
    for (const unknownShare of [0.1, 0.4]) {
      const ofWords = decodeConfig.parse({
        ...{ method: 'words', beam: 200, unknownShare },
        tune: { lmWeight: [1], wordScore: [0] },
      });
      const parts = {
        ...{ phoneLm, wordLm, filler: estimateNgram([[...'cab'], [...'aba']], { order: 2 }) },
        lexicon: wordListOf({ words, entries }, wordLm),
      };
      const data = said.map((word) => emission(word));
      const { best, trials } = await tuneWords(task(data, ofWords, { minPerplexity: 1 }, parts), 3);
      const tried = trials.filter(({ method }) => method === 'words');
      expect(tried.length).toBeGreaterThan(1);
      for (const trial of tried) {
        expect(trial.unkWeight).toBeDefined();
        expect(trial.score).toBeCloseTo(Math.abs(Math.log((trial.unknownShare || 1e-9) / unknownShare)), 9);
      }
      expect(best.score).toBe(Math.min(...tried.map(({ score }) => score)));
      shares.push(best.unknownShare!);
    }
    expect(shares[0]!).toBeLessThan(shares[1]!);
  });

  it('counts silence everywhere as the worst there is', async () => {
    const quiet = { ...emission(''), logProbs: Float32Array.from([-9, -9, -9, -0.1]), rows: 1, ends: Int32Array.of(5) };
    const silent = await tuneWeights(task([quiet], config, { minPerplexity: 1 }));
    expect(silent.trials.map(({ score }) => score)).toEqual(silent.trials.map(() => Infinity));
  });
});

describe('tuning to a length', () => {
  it('fits the word score of every weight of the language model, and chooses among equals', async () => {
    // Letters that are said faintly: how many of them come out is a matter of the word score.
    const faint = (said: string): ReturnType<typeof emission> => {
      const { logProbs, ...rest } = emission(said);
      return { ...rest, logProbs: logProbs.map((value, i) => (i % 8 < 4 ? value : value / 8)) };
    };
    const data = ['abcabcab', 'cabcabca', 'bcabcabc'].map(faint);
    const config9 = { ...config, tune: { ...config.tune, lmWeight: [0, 0.5, 1] } };
    const told: number[] = [];
    const { best, trials } = await tunePhones({
      ...task(data, config9, { minPerplexity: 1, phones: 24, fitted: true }),
      onTrial: (trial) => told.push(trial.lmWeight),
    });
    expect(told).toEqual([0, 0.5, 1]);
    for (const { lengthRatio } of trials) expect(Math.abs(Math.log(lengthRatio!))).toBeLessThan(0.2);
    expect(best.score).toBe(Math.min(...trials.map(({ score }) => score)));
    // Without a fitted length the lists decide, as ever.
    const listed = await tunePhones(task(data, config9, { minPerplexity: 1, phones: 24 }));
    expect(listed.best.wordScore).toBe(0);
  });
});
