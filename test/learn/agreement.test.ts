// How far two transcripts follow each other, on strings whose edits are plain to count.
import { expect, it } from 'vitest';
import { agreementOf } from '../../src/learn/agreement.js';

const lines = (...texts: string[]): string[][] => texts.map((text) => [...text]);

it('is 1 for equal transcripts, 0 where those of another utterance fit as well', () => {
  expect(agreementOf(lines('abcd', 'efgh'), lines('abcd', 'efgh'))).toBe(1);
  expect(agreementOf(lines('abcd', 'abcd'), lines('abxx', 'abxx'))).toBe(0);
  // 1 edit of 4 and none, against 4 and 4.
  expect(agreementOf(lines('abcd', 'efgh'), lines('abcx', 'efgh'))).toBe(1 - 1 / 8);
});

it('is not known of one utterance, and 0 where nothing is said', () => {
  expect(agreementOf(lines('ab'), lines('ab'))).toBeNull();
  expect(agreementOf(lines('', ''), lines('', ''))).toBe(0);
});
