// The parts of sentence translation on examples whose answer is known: tokens, phrases, singular vectors, aligned
// words, extracted phrases, the search.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { estimateNgram } from '../../src/lm/kneser-ney.js';
import { truncatedSvd } from '../../src/numeric/truncated-svd.js';
import { corpusOf, phrasesOf } from '../../src/translation/corpus.js';
import { createDecoder, type DecoderSettings } from '../../src/translation/decoder.js';
import { extractedTable, withOldWords } from '../../src/translation/extracted-table.js';
import { frequencyStart } from '../../src/translation/frequency-start.js';
import type { PhraseTable } from '../../src/translation/phrase-table.js';
import { rotatedClouds } from '../../src/translation/simulate.js';
import { lineOf, tokensOf } from '../../src/translation/tokens.js';
import { alignWords, type SentencePair } from '../../src/translation/word-alignment.js';

const words = (line: string): string[] => line.split(' ');

describe('tokens', () => {
  it('are lower-case words, numbers and signs, and come back as a line', () => {
    const line = 'Öffnen Sie (z.B.) die Datei: 1.234,5 % – isn’t e-mail';
    expect(tokensOf(line)).toEqual(words('öffnen sie ( z . b . ) die datei : 1.234,5 % – isn’t e-mail'));
    expect(lineOf(tokensOf('Save (the file), please!'))).toBe('save (the file), please!');
    expect(tokensOf(' \t ')).toEqual([]);
  });
});

describe('phrases', () => {
  it('are n-grams of words inside one sentence, most frequent first, with their places', () => {
    const corpus = corpusOf([words('a b , a b'), words('a b c'), words('b a')]);
    const phrases = phrasesOf(corpus, { most: [10, 10], leastCount: 2 });
    expect(phrases.names).toEqual(['a', 'b', 'a b']);
    const last = phrases.names.length - 1;
    expect([...phrases.occurrences.subarray(phrases.starts[last], phrases.starts[last + 1])]).toEqual([0, 3, 5]);
  });
});

describe('truncated singular vectors', () => {
  it('rebuild a matrix of low rank', async () => {
    const rng = Rng.fromSeed('svd');
    const [rows, columns, rank] = [30, 20, 3];
    const draw = (n: number): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
    const [left, right] = [draw(rows * rank), draw(rank * columns)];
    const values = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++)
        for (let k = 0; k < rank; k++) values[r * columns + c]! += left[r * rank + k]! * right[k * columns + c]!;
    const found = await truncatedSvd(
      {
        rows,
        columns,
        starts: Int32Array.from({ length: rows + 1 }, (_, r) => r * columns),
        at: Int32Array.from({ length: rows * columns }, (_, i) => i % columns),
        values,
      },
      rank,
      rng,
    );
    expect(found.values[0]).toBeGreaterThanOrEqual(found.values[1]!);
    const total = values.reduce((sum, value) => sum + value * value, 0);
    expect(found.values.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(total, 2);
    for (let r = 0; r < rows; r++) {
      const row = values.subarray(r * columns, (r + 1) * columns);
      let kept = 0;
      for (let k = 0; k < rank; k++)
        kept += row.reduce((sum, value, c) => sum + value * found.right[c * rank + k]!, 0) ** 2;
      expect(kept).toBeCloseTo(
        row.reduce((sum, value) => sum + value * value, 0),
        3,
      );
    }
  });
});

const pairs: SentencePair[] = [
  ['das haus', 'the house'],
  ['das buch', 'the book'],
  ['ein buch', 'a book'],
  ['ein haus', 'a house'],
  ['das kleine haus', 'the small house'],
  ['ein kleine buch', 'a small book'],
].map(([a, b]) => [words(a!), words(b!)] as const);

describe('a start by frequencies', () => {
  it('finds a rotation where words are about equally frequent in both texts', async () => {
    const rng = Rng.fromSeed('frequencies');
    const [rows, dim] = [400, 20];
    const { source, target, truth } = rotatedClouds({ words: rows, dim, topics: 8, noise: 0.1 }, rng);
    const count = (row: number): number => (20_000 / (row + 1)) * Math.exp(0.1 * rng.normal());
    const counted = Array.from(truth, (to, from) => ({ to, from, count: count(from) })).sort(
      (a, b) => b.count - a.count,
    );
    const ordered = new Float32Array(rows * dim);
    counted.forEach(({ to }, row) => {
      ordered.set(target.data.subarray(to * dim, (to + 1) * dim), row * dim);
    });
    const map = await frequencyStart(
      source,
      { rows, data: ordered },
      {
        source: Array.from({ length: rows }, (_, row) => 20_000 / (row + 1)),
        target: counted.map((word) => word.count),
      },
    );
    const close = counted.filter(({ from }, row) => {
      let cosine = 0;
      for (let b = 0; b < dim; b++) {
        let value = 0;
        for (let a = 0; a < dim; a++) value += source.data[from * dim + a]! * map[a * dim + b]!;
        cosine += value * ordered[row * dim + b]!;
      }
      return cosine > 0.9;
    });
    expect(close.length).toBeGreaterThan(0.95 * rows);
  });
});

describe('aligned words', () => {
  it('are found from sentences alone', () => {
    const links = alignWords(pairs);
    expect([...links[0]!]).toEqual([0, 257]);
    expect([...links[4]!]).toEqual([0, 257, 514]);
  });

  it('give phrases, and the old table fills what is missing', () => {
    const table = extractedTable(pairs, alignWords(pairs), { longest: 2, options: 5 });
    expect(table.get('haus')?.[0]?.target).toEqual(['house']);
    expect(table.get('kleine haus')?.[0]?.target).toEqual(['small', 'house']);
    expect(table.has('das kleine haus')).toBe(false);
    for (const options of table.values())
      for (const { features } of options) for (const value of features) expect(value).toBeLessThanOrEqual(0);
    const old: PhraseTable = new Map([
      ['haus', [{ target: ['wrong'], features: [0, 0, 0, 0] }]],
      ['baum', [{ target: ['tree'], features: [0, 0, 0, 0] }]],
    ]);
    const both = withOldWords(table, old);
    expect(both.get('haus')?.[0]?.target).toEqual(['house']);
    expect(both.get('baum')?.[0]?.target).toEqual(['tree']);
  });
});

describe('the decoder', () => {
  const settings = (jumps: number): DecoderSettings => ({
    weights: { phrases: [1, 0, 0, 0], lm: 1, word: 0, phrase: 0, jump: 0.1 },
    beam: 50,
    jumps,
    options: 10,
    longest: 2,
  });
  const lm = estimateNgram(
    ['the red house stands', 'the red car stands', 'a red house falls', 'the house stands'].map(words),
    { order: 3 },
  );
  const single = (entries: Record<string, string>): PhraseTable =>
    new Map(Object.entries(entries).map(([from, to]) => [from, [{ target: words(to), features: [-0.1, 0, 0, 0] }]]));
  const table = single({ la: 'the', casa: 'house', roja: 'red', esta: 'stands' });

  it('puts words in the order that the language model wants, within the limit of jumps', () => {
    const sentence = words('la casa roja esta');
    expect(createDecoder(table, lm, settings(3))(sentence)).toEqual(words('the red house stands'));
    expect(createDecoder(table, lm, settings(0))(sentence)).toEqual(words('the house red stands'));
  });

  it('copies what it does not know, and every word is translated once', () => {
    expect(createDecoder(table, lm, settings(3))(words('la casa 42 debian'))).toHaveLength(4);
    expect(createDecoder(table, lm, settings(3))([])).toEqual([]);
    const many = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 'casa' : 'roja'));
    expect(createDecoder(table, lm, settings(6))(many)).toHaveLength(60);
  });
});
