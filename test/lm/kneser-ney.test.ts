import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { estimateNgram, fallbackDiscounts, kneserNeyDiscounts } from '../../src/lm/kneser-ney.js';
import { endSymbol, perplexity, startSymbol, unknownSymbol } from '../../src/lm/ngram.js';

function randomSentences(seed: number, count: number, symbols: number): string[][] {
  const rng = Rng.fromSeed(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: rng.integer(9) }, () => String.fromCharCode(97 + Math.floor(symbols * rng.uniform() ** 2))),
  );
}

/** Chen and Goodman's recursion, straight from strings, without any trie. */
function independentProbability(
  sentences: readonly string[][],
  order: number,
): (context: readonly string[], word: string) => number {
  const counts: Map<string, number>[] = Array.from({ length: order + 1 }, () => new Map<string, number>());
  const padded = sentences.map((sentence) => [startSymbol, ...sentence, endSymbol]);
  const raw = (n: number): Map<string, number> => {
    const found = new Map<string, number>();
    for (const line of padded)
      for (let i = 0; i + n <= line.length; i++) {
        const gram = line.slice(i, i + n).join(' ');
        found.set(gram, (found.get(gram) ?? 0) + 1);
      }
    return found;
  };
  for (let n = 1; n <= order; n++) {
    if (n === order) counts[n] = raw(n);
    else {
      for (const gram of raw(n + 1).keys()) {
        const suffix = gram.split(' ').slice(1).join(' ');
        counts[n]!.set(suffix, (counts[n]!.get(suffix) ?? 0) + 1);
      }
      for (const [gram, count] of raw(n)) if (gram.startsWith(startSymbol)) counts[n]!.set(gram, count);
    }
    counts[n]!.delete(startSymbol);
  }
  const discounts = counts.map((table) => {
    const n = (k: number): number => [...table.values()].filter((count) => count === k).length;
    return kneserNeyDiscounts([0, n(1), n(2), n(3), n(4)]);
  });
  const vocabulary = new Set(sentences.flat()).size + 2;
  const probability = (context: readonly string[], word: string): number => {
    const n = context.length + 1;
    const prefix = [...context, ''].join(' ');
    const followers = [...counts[n]!].filter(([gram]) => gram.startsWith(prefix) && gram.split(' ').length === n);
    const lower = n === 1 ? 1 / vocabulary : probability(context.slice(1), word);
    if (followers.length === 0) return lower;
    const discount = (count: number): number => discounts[n]![Math.min(count, 3) - 1]!;
    const total = followers.reduce((sum, [, count]) => sum + count, 0);
    const freed = followers.reduce((sum, [, count]) => sum + discount(count), 0);
    const count = counts[n]!.get(prefix + word) ?? 0;
    return (count === 0 ? 0 : (count - discount(count)) / total) + (freed / total) * lower;
  };
  return probability;
}

describe('modified Kneser-Ney', () => {
  it('gives the values worked out by hand for three sentences', () => {
    // a b | a b | b. Bigrams: <s> a 2, a b 2, b </s> 3, <s> b 1: n1 1, n2 2, n3 1, so Y .2 and discounts .2, 1.7, 3.
    // Left neighbours: a 1, b 2, </s> 1: no n3, so .5, 1, 1.5; freed 2 of 4, uniform over <unk> </s> a b.
    const model = estimateNgram([['a', 'b'], ['a', 'b'], ['b']], { order: 2 });
    const p = (context: string[], word: string): number => 10 ** model.logProb10(context, word);
    expect(p([], 'a')).toBeCloseTo(0.25, 12);
    expect(p([], 'b')).toBeCloseTo(0.375, 12);
    expect(p([], endSymbol)).toBeCloseTo(0.25, 12);
    expect(p([], unknownSymbol)).toBeCloseTo(0.125, 12);
    expect(p([startSymbol], 'a')).toBeCloseTo(0.3 / 3 + (1.9 / 3) * 0.25, 12);
    expect(p([startSymbol], 'b')).toBeCloseTo(0.8 / 3 + (1.9 / 3) * 0.375, 12);
    expect(p(['a'], 'b')).toBeCloseTo(0.15 + 0.85 * 0.375, 12);
    expect(p(['b'], endSymbol)).toBeCloseTo(0.25, 12);
    expect(p(['a'], 'a')).toBeCloseTo(0.85 * 0.25, 12);
    expect(p(['a'], 'never seen')).toBeCloseTo(0.85 * 0.125, 12);
    const sentence = p([startSymbol], 'b') * p(['b'], endSymbol);
    expect(10 ** model.scoreSentence(['b'])).toBeCloseTo(sentence, 12);
    expect(perplexity(model, [['b']])).toBeCloseTo(sentence ** (-1 / 2), 9);
  });

  it.each([1, 2, 3, 4, 5, 6])('agrees with the recursion over strings, order %i', (order) => {
    const sentences = randomSentences(order, 120, 5);
    const model = estimateNgram(sentences, { order });
    const independent = independentProbability(sentences, order);
    for (const sentence of sentences.slice(0, 12)) {
      const line = [startSymbol, ...sentence, endSymbol];
      for (let i = 1; i < line.length; i++) {
        const context = line.slice(Math.max(0, i - order + 1), i);
        expect(10 ** model.logProb10(context, line[i]!)).toBeCloseTo(independent(context, line[i]!), 10);
      }
    }
  });

  it.each([1, 2, 4, 6])('sums to one after seen and unseen contexts, order %i', (order) => {
    const model = estimateNgram(randomSentences(7, 200, 6), { order });
    const words = model.symbols.filter((symbol) => symbol !== startSymbol);
    for (const context of [[], [startSymbol], ['a'], ['a', 'b', 'a'], ['f', 'f', 'f', 'f', 'f'], ['x']]) {
      expect(words.reduce((sum, word) => sum + 10 ** model.logProb10(context, word), 0)).toBeCloseTo(1, 9);
    }
  });

  it('falls back where counts of counts are degenerate', () => {
    expect(kneserNeyDiscounts([0, 0, 0, 0, 0])).toEqual(fallbackDiscounts);
    expect(kneserNeyDiscounts([0, 5, 0, 3, 1])).toEqual(fallbackDiscounts);
    expect(kneserNeyDiscounts([0, 10, 5, 100, 1])).toEqual(fallbackDiscounts);
    expect(kneserNeyDiscounts([0, 4, 2, 1, 1])).toEqual([1 - 0.5, 2 - 3 * 0.5 * 0.5, 3 - 4 * 0.5]);
  });

  it('predicts sentences of its own kind better with a longer context', () => {
    const chain = (seed: number): string[][] => {
      const rng = Rng.fromSeed(seed);
      return Array.from({ length: 300 }, () => {
        const line = ['a', 'b'];
        for (let i = 2; i < 12; i++) line.push(rng.uniform() < 0.9 ? (line[i - 2] === 'a' ? 'c' : 'a') : 'b');
        return line;
      });
    };
    const held = chain(2);
    const [one, two, three] = [1, 2, 3].map((order) => perplexity(estimateNgram(chain(1), { order }), held));
    expect(two).toBeLessThan(one!);
    expect(three).toBeLessThan(two! * 0.8);
  });
});
