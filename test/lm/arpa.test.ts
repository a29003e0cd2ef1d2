import { describe, expect, it } from 'vitest';
import { AsrError } from '../../src/core/errors.js';
import { fromArpa, toArpa } from '../../src/lm/arpa.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { startSymbol } from '../../src/lm/ngram.js';

const written = `
\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-1	<unk>
-99	<s>	-0.5
-0.6	</s>
-0.4	a	-0.2
-0.7	b	-0.3

\\2-grams:
-0.1	<s> a	-0.05
-0.2	a b	-0.15
-0.9	b </s>

\\3-grams:
-0.01	<s> a b

\\end\\
`;

describe('ARPA', () => {
  it('scores by backoff as the format says', () => {
    const model = fromArpa(written);
    expect(model.logProb10([startSymbol, 'a'], 'b')).toBeCloseTo(-0.01);
    expect(model.logProb10(['a'], 'b')).toBeCloseTo(-0.2);
    expect(model.logProb10(['a', 'b'], 'a')).toBeCloseTo(-0.15 - 0.3 - 0.4);
    expect(model.logProb10(['b'], 'b')).toBeCloseTo(-0.3 - 0.7);
    expect(model.logProb10(['a', 'b'], 'zzz')).toBeCloseTo(-0.15 - 0.3 - 1);
    expect(model.scoreSentence(['a', 'b'])).toBeCloseTo(-0.1 - 0.01 - 0.15 - 0.9);
  });

  it(
    'reads what KenLM and SRILM write alike: spaces, -inf, no <unk>, <UNK>, ' +
      'Windows line ends, words with a no-break space',
    () => {
      const expected = fromArpa(written);
      const spaces = fromArpa(written.replaceAll('\t', ' ').replace('ngram 1=5', 'ngram  1 = 5'));
      const windows = fromArpa(`\uFEFF${written.replaceAll('\n', '\r\n')}`);
      const capitals = fromArpa(written.replace('<unk>', '<UNK>'));
      const infinite = fromArpa(written.replace('-99', '-inf'));
      for (const model of [spaces, windows, capitals, infinite]) {
        for (const words of [['a', 'b'], ['b', 'zzz', 'a'], []])
          expect(model.scoreSentence(words)).toBeCloseTo(expected.scoreSentence(words), 9);
      }
      const closed = fromArpa(written.replace('-1\t<unk>\n', '').replace('ngram 1=5', 'ngram 1=4'));
      expect(closed.logProb10(['b'], 'b')).toBeCloseTo(-0.3 - 0.7);
      expect(closed.logProb10(['a', 'b'], 'zzz')).toBeCloseTo(-0.15 - 0.3 - 100);
      const french = fromArpa(written.replaceAll(' b', ' b\u00a0!').replaceAll('\tb', '\tb\u00a0!'));
      expect(french.logProb10(['a'], 'b\u00a0!')).toBeCloseTo(-0.2);
    },
  );

  it('merges states with equal futures', () => {
    const model = fromArpa(written);
    const after = (...words: string[]): number =>
      words.reduce((state, word) => model.advance(state, model.id(word)), model.emptyState);
    expect(after('b', 'a')).toBe(after('a'));
    expect(after('a', 'b')).not.toBe(after('b'));
    expect(after(startSymbol, 'a', 'b')).toBe(after('a', 'b'));
    expect(after('a', 'zzz')).toBe(model.emptyState);
  });

  it('survives writing and reading', () => {
    const sentences = ['a b c a', 'b b a', 'c a b', 'a', 'a b c a b c'].map((line) => line.split(' '));
    for (const order of [1, 2, 3, 6]) {
      const model = estimateNgram(sentences, { order });
      const again = fromArpa(toArpa(model));
      expect(again.order).toBe(order);
      for (const sentence of [...sentences, ['c', 'c', 'zzz', 'a'], []])
        expect(again.scoreSentence(sentence)).toBeCloseTo(model.scoreSentence(sentence), 5);
      expect(toArpa(again)).toBe(toArpa(model));
    }
  });

  it.each([
    ['no data line', 'hello', /no \\data\\/],
    ['cut short', written.slice(0, written.indexOf('\\end')), /ends before/],
    ['a wrong count', written.replace('ngram 2=3', 'ngram 2=4'), /line 19: 4 2-grams declared, 3 found/],
    ['a word for a probability', written.replace('-0.2\ta b', 'x\ta b'), /line 16: log10 probability "x"/],
    ['a probability above one', written.replace('-0.4\ta', '0.4\ta'), /above 0/],
    ['too many fields', written.replace('-0.9\tb </s>', '-0.9\tb </s> 0 0 0'), /found 6 fields/],
    [
      'a missing context',
      written.replace('<s> a b\n', '<s> b a\n'),
      /the beginning of "<s> b a" is not among the 2-grams/,
    ],
    ['an unlisted word', written.replace('b </s>', 'b q'), /"q" is not among the 1-grams/],
    ['a repeated n-gram', written.replace('b </s>', 'a b'), /appears twice/],
    [
      'a context without a weight',
      written.replace('-0.1\t<s> a\t-0.05', '-0.1\t<s> a'),
      /line 20: "<s> a" begins longer n-grams, but has no backoff weight/,
    ],
    ['a weight that is NaN', written.replace('a\t-0.2', 'a\tnan'), /backoff weight "nan" is no number/],
    ['a skipped order', written.replace('\\2-grams:', '\\3-grams:'), /after the 1-grams/],
    ['a broken header', written.replace('ngram 2=3', 'ngram two'), /expected "ngram 2=<count>"/],
  ])('names the line of %s', (_name, text, message) => {
    expect(() => fromArpa(text, 'lm.arpa')).toThrow(AsrError);
    expect(() => fromArpa(text, 'lm.arpa')).toThrow(message);
  });
});
