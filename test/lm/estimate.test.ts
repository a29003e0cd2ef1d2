// The estimator for texts of any size against the one in memory, with and without spilling; pruning by its definition.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { fromArpa } from '../../src/lm/arpa.js';
import { estimateLm, type LmEstimateOptions } from '../../src/lm/estimate.js';
import { estimatedArpa, estimatedModel } from '../../src/lm/estimated-model.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { endSymbol, startSymbol, unknownSymbol, type NgramModel } from '../../src/lm/ngram.js';

function sentences(seed: number, count: number, words: number): string[][] {
  const rng = Rng.fromSeed(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: rng.integer(9) }, () => `w${Math.floor(words * rng.uniform() ** 3)}`),
  );
}

async function estimate(
  text: string[][],
  options: LmEstimateOptions,
): Promise<{ model: NgramModel; arpa: string; counts: readonly number[]; prune: readonly number[] }> {
  const lm = await estimateLm(text, options);
  try {
    return { model: estimatedModel(lm), arpa: [...estimatedArpa(lm)].join(''), counts: lm.counts, prune: lm.prune };
  } finally {
    await lm.dispose();
  }
}

const occurrences = (text: string[][], length: number): Map<string, number> => {
  const found = new Map<string, number>();
  for (const sentence of text) {
    const line = [startSymbol, ...sentence, endSymbol];
    for (let i = 0; i + length <= line.length; i++) {
      const gram = line.slice(i, i + length).join(' ');
      found.set(gram, (found.get(gram) ?? 0) + 1);
    }
  }
  return found;
};

describe('estimateLm', () => {
  it.each([1, 2, 3, 4, 6])('gives the model of the estimator in memory, order %i', async (order) => {
    const text = sentences(order, 400, 40);
    const expected = estimateNgram(text, { order });
    for (const memory of [2 ** 22, 4000]) {
      const { model } = await estimate(text, { order, memory });
      expect(model.parts.trie.size).toBe(expected.parts.trie.size);
      for (const sentence of sentences(99, 60, 50))
        expect(model.scoreSentence(sentence)).toBeCloseTo(expected.scoreSentence(sentence), 4);
    }
  });

  it('gives the same bytes whether it spills or not', async () => {
    const text = sentences(5, 500, 200);
    const { arpa } = await estimate(text, { order: 3 });
    expect((await estimate(text, { order: 3, memory: 3000 })).arpa).toBe(arpa);
  });

  it('leaves out what occurs no more often than the threshold, and nothing else', async () => {
    const text = sentences(3, 600, 60);
    const { model, counts, arpa } = await estimate(text, { order: 3, prune: [0, 1, 2] });
    for (const [length, threshold] of [
      [2, 1],
      [3, 2],
    ] as const) {
      const kept = [...occurrences(text, length)].filter(([, count]) => count > threshold).map(([gram]) => gram);
      const section = arpa
        .split(`\\${length}-grams:\n`)[1]!
        .split('\n\n')[0]!
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[1]!);
      expect(section.toSorted()).toEqual(kept.toSorted());
      expect(counts[length - 1]).toBe(kept.length);
    }
    const words = model.symbols.filter((symbol) => symbol !== startSymbol);
    for (const context of [[], [startSymbol], ['w0'], ['w0', 'w1'], ['w3', 'w0'], ['w59']]) {
      expect(words.reduce((sum, word) => sum + 10 ** model.logProb10(context, word), 0)).toBeCloseTo(1, 5);
    }
  });

  it('raises thresholds, the longest first, until no more n-grams are left than may be', async () => {
    const text = sentences(3, 600, 60);
    const ladder = [
      [0, 0, 0],
      [0, 0, 1],
      [0, 1, 1],
      [0, 1, 2],
      [0, 2, 2],
    ];
    const made = await Promise.all(ladder.map((prune) => estimate(text, { order: 3, prune })));
    for (const [step, { counts, arpa }] of made.entries()) {
      const longer = counts[1]! + counts[2]!;
      const bounded = await estimate(text, { order: 3, mostNgrams: longer });
      expect(bounded.prune).toEqual(ladder[step]);
      expect(bounded.arpa).toBe(arpa);
      // What is set already is the least.
      const { prune } = await estimate(text, { order: 3, prune: [0, 1, 1], mostNgrams: longer });
      expect(prune).toEqual(ladder[Math.max(2, step)]);
    }
    const few = await estimate(text, { order: 3, mostNgrams: 1 });
    expect(few.counts[1]! + few.counts[2]!).toBeLessThanOrEqual(1);
  });

  it('prunes by the value worked out by hand', async () => {
    // a b | a b | b, bigrams: <s> a 2, a b 2, b </s> 3, <s> b 1; discounts .2, 1.7, 3. Without <s> b, which occurs
    // once, <s> a keeps (2 - 1.7) / 3 and leaves 2.7 / 3; unigrams stay: b .375, <unk> .125.
    const { model } = await estimate([['a', 'b'], ['a', 'b'], ['b']], { order: 2, prune: [0, 1] });
    const p = (context: string[], word: string): number => 10 ** model.logProb10(context, word);
    expect(p([startSymbol], 'a')).toBeCloseTo(0.1 + 0.9 * 0.25, 5);
    expect(p([startSymbol], 'b')).toBeCloseTo(0.9 * 0.375, 5);
    expect(p([], unknownSymbol)).toBeCloseTo(0.125, 6);
  });

  it('writes ARPA that reads back to the same scores', async () => {
    const text = sentences(8, 300, 30);
    const { model, arpa } = await estimate(text, { order: 4, prune: [0, 0, 1] });
    const again = fromArpa(arpa);
    for (const sentence of text.slice(0, 40))
      expect(again.scoreSentence(sentence)).toBeCloseTo(model.scoreSentence(sentence), 4);
  });

  it.each<[string, string[][], LmEstimateOptions, RegExp]>([
    ['no sentence', [], { order: 2 }, /no sentence/],
    ['falling thresholds', [['a']], { order: 3, prune: [0, 2, 1] }, /never fall/],
    ['pruned words', [['a']], { order: 2, prune: [1] }, /the first of them 0/],
    ['more thresholds than orders', [['a']], { order: 1, prune: [0, 1] }, /at most 1/],
    ['a sentence boundary as a word', [['a', '</s>']], { order: 2 }, /"<\/s>" as a word in sentence 1/],
  ])('refuses %s', async (_name, text, options, message) => {
    await expect(estimateLm(text, options)).rejects.toThrow(message);
  });
});
