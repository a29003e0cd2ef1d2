// The tables before any back-translation: vectors of n-grams in each text, the map that brings the words together,
// nearest neighbours as translations.
import { AsrError } from '../core/errors.js';
import { corpusOf, phrasesOf } from './corpus.js';
import { normalised, unitRows } from './embeddings.js';
import { inducedTables, type NamedSide } from './induced-table.js';
import type { SentenceInput } from './sentence-input.js';
import type { PhraseTable } from './phrase-table.js';
import { phraseVectors } from './phrase-vectors.js';
import { translate } from './translate.js';

/** Fewer words that both texts have are no help, but chance. */
const enoughAlike = 40;

/** Fewer words with vectors cannot be told apart by their surroundings. */
const fewestWords = 50;

interface Embedded extends NamedSide {
  /** How often each row's phrase stands in the text. */
  readonly counts: Int32Array;
  /** How many of the rows, from the first, are single words. */
  readonly words: number;
}

export async function firstTables(input: SentenceInput): Promise<{ forward: PhraseTable; backward: PhraseTable }> {
  const { config, compute, log, signal } = input;
  const { dim, options, sharpness } = config;
  const source = await embedded(input, 'source');
  const target = await embedded(input, 'target');
  const words = ({ data, words: rows }: Embedded) => ({ rows, data: data.subarray(0, rows * dim) });
  const numbers = new Map(target.names.slice(0, target.words).map((name, row) => [name, row]));
  const both = source.names
    .slice(0, source.words)
    .flatMap((name, row) => (numbers.has(name) ? [[row, numbers.get(name)!] as const] : []));
  const alike = config.alike && both.length >= enoughAlike ? both : [];
  log.info(
    `${source.rows} and ${target.rows} phrases with vectors; ${both.length} words stand in both texts, ` +
      (alike.length > 0 ? 'the first dictionary' : 'not used'),
  );
  const found = await translate({
    source: words(source),
    target: words(target),
    alike,
    counts: { source: source.counts.subarray(0, source.words), target: target.counts.subarray(0, target.words) },
    config: alike.length > 0 ? { ...config.map, starts: 0, similarityStart: false } : config.map,
    rng: input.rng.fork('map'),
    compute,
    log,
    signal,
  });
  const mapped: NamedSide = { ...source, data: unitRows(placed(source.data, found.map, dim), dim) };
  return inducedTables(mapped, target, { options, sharpness, neighbours: config.map.neighbours }, compute);
}

async function embedded(input: SentenceInput, side: 'source' | 'target'): Promise<Embedded> {
  const { config } = input;
  const corpus = corpusOf(input[side]);
  const phrases = phrasesOf(corpus, { most: config.phrases, leastCount: config.leastCount });
  const words = phrases.lengths.findLastIndex((length) => length === 1) + 1;
  if (words < fewestWords)
    throw new AsrError(
      'input',
      `the ${side} text: ${words} words stand in it ${config.leastCount} times or more, expected ${fewestWords}`,
      'Give more text in that language: ten thousand sentences are a beginning.',
    );
  const data = await phraseVectors(corpus, phrases, config, {
    rng: input.rng.fork(`vectors of ${side}`),
    signal: input.signal,
  });
  return {
    names: phrases.names,
    rows: phrases.names.length,
    counts: phrases.starts.slice(1).map((end, i) => end - phrases.starts[i]!),
    words,
    data: normalised({ data, dim: config.dim }),
  };
}

/** Every row times the map: [rows, dim] and [dim, dim] -> [rows, dim]. */
function placed(data: Float32Array, map: Float32Array, dim: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length; row += dim)
    for (let a = 0; a < dim; a++) {
      const x = data[row + a]!;
      for (let b = 0; b < dim; b++) out[row + b]! += x * map[a * dim + b]!;
    }
  return out;
}
