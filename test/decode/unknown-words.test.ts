// What a text lets expect of the next word, and the language model that learns where unknown words come.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unknownScoreOf } from '../../src/decode/unknown-scores.js';
import { wordShares } from '../../src/decode/unknown-words.js';
import { NgramCounter } from '../../src/lm/kneser-ney.js';
import { unknownId, unknownSymbol } from '../../src/lm/ngram.js';
import { estimateLm } from '../../src/lm/estimate.js';

describe('shares of words', () => {
  it('are those of words that stand once, and twice those that stand twice', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'asr-shares-')), 'words.txt');
    await writeFile(path, 'a b a c\na d d e\n');
    // b, c and e once, d twice, of eight.
    expect(await wordShares(path)).toEqual({ unseen: 3 / 8, rare: 2 / 8 });
    expect(await wordShares(`${path}.missing`)).toBeUndefined();
  });
});

describe('a model of words that are unknown to it', () => {
  const sentences = ['the <unk> sings', 'the <unk> runs', 'the dog runs', 'a dog sings'].map((line) => line.split(' '));

  it('expects them where they stood', async () => {
    const counter = new NgramCounter(2);
    for (const sentence of sentences) counter.add(sentence);
    const lm = counter.estimate();
    const after = (word: string): number => lm.score(lm.advance(lm.emptyState, lm.id(word)), unknownId);
    expect(after('the')).toBeGreaterThan(after('a') + 0.3);
    // Such a model says itself how likely they are; one that never saw any is told.
    const settings = { unkWeight: null, unknownShare: 0.1, lmWeight: 2 };
    expect(unknownScoreOf(settings, lm)).toBe(0);
    const plain = new NgramCounter(2);
    for (const sentence of sentences) plain.add(sentence.filter((word) => word !== unknownSymbol));
    const other = plain.estimate();
    const own = other.score(other.emptyState, unknownId) * Math.LN10;
    expect(unknownScoreOf(settings, other)).toBeCloseTo(2 * (Math.log(0.1) - own), 9);
    const large = await estimateLm(sentences, { order: 2 });
    try {
      expect(large.symbols.filter((symbol) => symbol === unknownSymbol)).toHaveLength(1);
    } finally {
      await large.dispose();
    }
  });
});
