// Sentences kept as one block against the same sentences as arrays of their own.
import { expect, it } from 'vitest';
import { asSymbols, TextLines } from '../../src/learn/text-lines.js';

it('gives sentences back, with and without a symbol', () => {
  const sentences = [[2, 0, 1, 2], [2], [], ...Array.from({ length: 900 }, (_, i) => [i % 3, 1, 2])];
  const text = new TextLines();
  for (const sentence of sentences) text.add(sentence);
  expect(text.length).toBe(sentences.length);
  expect(text.symbols).toBe(sentences.flat().length);
  expect(text.views.map((line) => [...line])).toEqual(sentences);
  const spoken = sentences.map((line) => line.filter((symbol) => symbol !== 2)).filter((line) => line.length > 0);
  expect(text.without(2).views.map((line) => [...line])).toEqual(spoken);
  expect([...asSymbols(text.views.slice(0, 2), ['a', 'b', '_'])]).toEqual([['_', 'a', 'b', '_'], ['_']]);
  expect(new TextLines().views).toEqual([]);
});
