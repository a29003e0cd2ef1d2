// States and scores of an n-gram model asked in any order: what is remembered of the last question changes no answer.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { NgramModel, unknownId } from '../../src/lm/ngram.js';

const sentences = [
  ['the', 'cat', 'sat', 'on', 'the', 'mat'],
  ['the', 'cat', 'ran'],
  ['a', 'dog', 'sat', 'on', 'the', 'cat'],
  ['the', 'mat', 'sat'],
];

describe('NgramModel', () => {
  it('has the same states and scores after whatever was asked before', () => {
    const { parts } = estimateNgram(sentences, { order: 3 });
    const asked = new NgramModel(parts);
    const states = new Set([asked.emptyState, asked.startState]);
    for (const sentence of sentences) {
      let state = asked.startState;
      for (const word of sentence) states.add((state = asked.advance(state, asked.id(word))));
    }
    const rng = Rng.fromSeed('questions');
    const all = [...states];
    for (let i = 0; i < 2000; i++) {
      const state = all[rng.integer(all.length)]!;
      const symbol = rng.integer(parts.symbols.length);
      const fresh = new NgramModel(parts);
      if (rng.uniform() < 0.5) expect(asked.score(state, symbol)).toBe(fresh.score(state, symbol));
      if (rng.uniform() < 0.5) expect(asked.advance(state, symbol)).toBe(fresh.advance(state, symbol));
    }
  });

  it('goes back to nothing known, at the price of <unk>, after a symbol that it has no unigram of', () => {
    const { parts } = estimateNgram(sentences, { order: 3 });
    const lm = new NgramModel(parts);
    const strange = parts.symbols.length;
    expect(lm.score(lm.emptyState, strange)).toBe(lm.score(lm.emptyState, unknownId));
    expect(lm.advance(lm.emptyState, strange)).toBe(lm.emptyState);
  });
});
