// Lengths of words outside the lexicon: against every word that a small model can make.
import { describe, expect, it } from 'vitest';
import { LengthMatched, lengthClasses, lengthScores } from '../../src/decode/word-lengths.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';

const spoken = ['a b a', 'b a', 'a b b a b', 'b a b', 'a a'].map((word) => word.split(' '));
const model = estimateNgram(spoken, { order: 3 });
const ofWords = spoken.map((word) => word.length);
const matched = new LengthMatched(model, lengthScores(model, ofWords));

/** Probability of a word that two phones make, from its start to its end. */
function probability(word: readonly string[]): number {
  let state = matched.startState;
  let log10 = 0;
  for (const phone of word) {
    log10 += matched.score(state, model.id(phone));
    state = matched.advance(state, model.id(phone));
  }
  return 10 ** (log10 + matched.finish(state));
}

const wordsOf = (length: number): string[][] =>
  Array.from({ length: 2 ** length }, (_, code) => Array.from({ length }, (__, i) => ((code >> i) & 1 ? 'b' : 'a')));

describe('lengths of unknown words', () => {
  it('come as often as among the words, whatever the model of phones thinks', () => {
    for (const length of [1, 2, 3, 5, 8]) {
      const made = wordsOf(length).reduce((sum, word) => sum + probability(word), 0);
      const count = ofWords.filter((own) => own === length).length;
      expect(made).toBeCloseTo((count + 0.5) / (ofWords.length + 0.5 * (lengthClasses - 1)), 6);
    }
  });

  it('keep what the model says of words of one length', () => {
    const [one, other] = ['a b a', 'b b b'].map((word) => word.split(' '));
    const own = (word: readonly string[]): number => model.scoreSentence(word);
    expect(Math.log10(probability(one!) / probability(other!))).toBeCloseTo(own(one!) - own(other!), 9);
  });

  it('go on beyond the longest that is counted', () => {
    const long = Array.from({ length: lengthClasses + 10 }, () => 'a');
    expect(probability(long)).toBeGreaterThan(0);
  });
});
