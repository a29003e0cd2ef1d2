// Of several <UNK> in capitals only the first on a line was known, so "<UNK> <UNK>" was "not among the 1-grams".
import { expect, it } from 'vitest';
import { fromArpa } from '../../src/lm/arpa.js';

const arpa = (unknown: string): string =>
  ['\\data\\', 'ngram 1=4', 'ngram 2=2', '', '\\1-grams:', `-1\t${unknown}\t-0.2`, '-99\t<s>\t-0.3', '-0.5\t</s>']
    .concat('-0.6\tA\t-0.1', '\\2-grams:', `-0.4\t${unknown} ${unknown}`, '-0.3\t<s> A', '\\end\\', '')
    .join('\n');

it('reads capitals as it reads small letters', () => {
  const score = (text: string): number => {
    const lm = fromArpa(text);
    const unknown = lm.id('nobody knows this');
    return lm.score(lm.advance(lm.startState, unknown), unknown);
  };
  expect(score(arpa('<UNK>'))).toBeCloseTo(-0.4, 12);
  expect(score(arpa('<UNK>'))).toBe(score(arpa('<unk>')));
});
