// A phrase table from sentence pairs with aligned words: all pairs of phrases whose words are linked to each other
// alone (Och and Ney, 2004), their relative frequencies both ways, and both ways by words.
import { byWords, type TranslationTable } from './lexicon.js';
import type { PhraseOption, PhraseTable } from './phrase-table.js';
import type { SentencePair } from './word-alignment.js';

interface ExtractSettings {
  /** Words of the longest phrase, on either side. */
  readonly longest: number;
  /** Options of each source phrase that are kept. */
  readonly options: number;
}

/** @param links of each pair, as `alignWords` gives them */
export function extractedTable(
  pairs: readonly SentencePair[],
  links: readonly Int32Array[],
  { longest, options }: ExtractSettings,
): PhraseTable {
  const counts = new Map<string, Map<string, number>>();
  const targets = new Map<string, number>();
  pairs.forEach(([source, target], p) => {
    for (const [from, to, first, last] of phrasePairs(source.length, target.length, links[p]!, longest)) {
      const name = source.slice(from, to + 1).join(' ');
      const other = target.slice(first, last + 1).join(' ');
      let row = counts.get(name);
      if (!row) counts.set(name, (row = new Map<string, number>()));
      row.set(other, (row.get(other) ?? 0) + 1);
      targets.set(other, (targets.get(other) ?? 0) + 1);
    }
  });
  const lexical = wordChances(pairs, links);
  const table = new Map<string, PhraseOption[]>();
  for (const [name, row] of counts) {
    const words = name.split(' ');
    const total = [...row.values()].reduce((sum, count) => sum + count, 0);
    const entries = [...row].map(([other, count]): PhraseOption => {
      const target = other.split(' ');
      return {
        target,
        features: [
          Math.log(count / total),
          Math.log(count / targets.get(other)!),
          byWords(words, target, lexical.there),
          byWords(target, words, lexical.back),
        ],
      };
    });
    entries.sort((a, b) => b.features[0]! + b.features[1]! - a.features[0]! - a.features[1]!);
    table.set(name, entries.slice(0, options));
  }
  return table;
}

/** Places of both phrases, first and last word; words without a link may stand at the edges of the target's. */
function* phrasePairs(
  n: number,
  m: number,
  links: Int32Array,
  longest: number,
): Generator<readonly [number, number, number, number]> {
  const linked = new Uint8Array(m);
  for (const link of links) linked[link & 255] = 1;
  for (let from = 0; from < n; from++)
    for (let to = from; to < Math.min(n, from + longest); to++) {
      let first = m;
      let last = -1;
      for (const link of links) {
        const i = link >> 8;
        if (i < from || i > to) continue;
        first = Math.min(first, link & 255);
        last = Math.max(last, link & 255);
      }
      if (last < 0 || last - first >= longest) continue;
      if (links.some((link) => (link & 255) >= first && (link & 255) <= last && (link >> 8 < from || link >> 8 > to)))
        continue;
      for (let start = first; start >= 0 && (start === first || !linked[start]); start--)
        for (let end = last; end < m && (end === last || !linked[end]) && end - start < longest; end++)
          yield [from, to, start, end];
    }
}

/** How often linked words are each other's, as logarithms of shares, both ways. */
function wordChances(
  pairs: readonly SentencePair[],
  links: readonly Int32Array[],
): { there: TranslationTable; back: TranslationTable } {
  const there = new Map<string, Map<string, number>>();
  const back = new Map<string, Map<string, number>>();
  const count = (table: Map<string, Map<string, number>>, from: string, to: string): void => {
    let row = table.get(from);
    if (!row) table.set(from, (row = new Map<string, number>()));
    row.set(to, (row.get(to) ?? 0) + 1);
  };
  pairs.forEach(([source, target], p) => {
    for (const link of links[p]!) {
      count(there, source[link >> 8]!, target[link & 255]!);
      count(back, target[link & 255]!, source[link >> 8]!);
    }
  });
  for (const table of [there, back])
    for (const row of table.values()) {
      const total = [...row.values()].reduce((sum, value) => sum + value, 0);
      for (const [word, value] of row) row.set(word, Math.log(value / total));
    }
  return { there, back };
}

/** What the new table has, and for single words that it does not know what the old one has. */
export function withOldWords(table: PhraseTable, old: PhraseTable): PhraseTable {
  const all = new Map(table);
  for (const [name, options] of old) if (!name.includes(' ') && !all.has(name)) all.set(name, options);
  return all;
}
