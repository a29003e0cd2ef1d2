// How words are written that no list has: pieces of letters with their phones under an n-gram model (joint n-grams;
// Bisani and Ney, 2008, "Joint-sequence models for grapheme-to-phoneme conversion"), learned from words and their
// phones; phones in, the likeliest letters with their probability out.
import { alignWords, lettersOf, longestPiece, type JointPiece, type PronouncedWord } from './joint-alignment.js';
import { estimateNgram } from './kneser-ney.js';
import { endSymbol, startSymbol, unknownSymbol, type NgramModel } from './ngram.js';

/** As KenLM's longest; a piece is about a letter, so that most endings fit. */
const order = 6;
/** Words that are learned from; more of them do not write better, and take time and memory. */
const mostWords = 40_000;

/** Between the letters and the phones of a piece, which have no white space. */
const symbolOf = ({ letters, phones }: JointPiece): string => `${letters.join('')} ${phones.join(' ')}`;

/**
 * @param words with their phones; those that are numbers, or longer than any word, teach nothing
 * @returns undefined where there is nothing to learn from
 */
export function estimateSpelling(words: Iterable<{ word: string; phones: readonly string[] }>): NgramModel | undefined {
  const all: PronouncedWord[] = [];
  for (const { word, phones } of words) {
    const letters = lettersOf(word);
    if (
      letters.length > 0 &&
      letters.length <= 40 &&
      phones.length > 0 &&
      phones.length <= 60 &&
      !/[\p{N}\s]/u.test(word)
    )
      all.push({ letters, phones });
  }
  const step = Math.max(1, all.length / mostWords);
  const chosen = all.filter((_, i) => i === 0 || Math.floor(i / step) !== Math.floor((i - 1) / step));
  const sentences = alignWords(chosen).filter((pieces) => pieces.length > 0);
  return sentences.length === 0
    ? undefined
    : estimateNgram(
        sentences.map((pieces) => pieces.map(symbolOf)),
        { order },
      );
}

export interface Spelling {
  readonly text: string;
  /** Of these letters for these phones, among all that the search kept. */
  readonly probability: number;
}

export interface Speller {
  /** @returns undefined for phones that no piece stands for */
  spell(phones: readonly string[]): Spelling | undefined;
}

interface Hypothesis {
  readonly text: string;
  readonly state: number;
  /** log10 */
  readonly score: number;
}

/** A piece as one side is read: what the other side then says. */
interface KnownPiece {
  readonly id: number;
  readonly text: string;
}

/** Hypotheses after each token, and pieces in a row that no token stands for. */
const beam = 60;
const mostSilent = 2;

export function createSpeller(lm: NgramModel): Speller {
  const search = createSearch(lm, ({ letters, phones }) => ({ key: phones, text: letters }), ' ');
  return { spell: search };
}

export interface Reader {
  /**
   * @param letters with their marks, as lettersOf gives them
   * @returns phones with blanks between them; undefined for letters that no piece stands for
   */
  read(letters: readonly string[]): Spelling | undefined;
}

/** The other way round: how a word is spoken that no list has. */
export function createReader(lm: NgramModel): Reader {
  const search = createSearch(
    lm,
    ({ letters, phones }) => ({ key: letters, text: phones === '' ? '' : `${phones} ` }),
    '',
  );
  return {
    read: (letters) => {
      const found = search(letters);
      return found && { ...found, text: found.text.trim() };
    },
  };
}

/** @param sides what of a piece is read and what is written; @param separator between tokens of what is read */
function createSearch(
  lm: NgramModel,
  sides: (piece: { letters: string; phones: string }) => { key: string; text: string },
  separator: string,
): (tokens: readonly string[]) => Spelling | undefined {
  const byKey = new Map<string, KnownPiece[]>();
  lm.symbols.forEach((symbol, id) => {
    if ([unknownSymbol, startSymbol, endSymbol].includes(symbol)) return;
    const at = symbol.indexOf(' ');
    const { key, text } = sides({ letters: symbol.slice(0, at), phones: symbol.slice(at + 1) });
    const pieces = byKey.get(key) ?? [];
    pieces.push({ id, text });
    byKey.set(key, pieces);
  });
  return (tokens) => {
    const after = Array.from({ length: tokens.length + 1 }, () => new Map<string, Hypothesis>());
    offer(after[0]!, { text: '', state: lm.startState, score: 0 });
    for (let j = 0; j <= tokens.length; j++) {
      let ends = best(after[j]!);
      for (let round = 0; round < mostSilent; round++) ends = best(extended(after[j]!, ends, byKey.get('') ?? [], lm));
      for (let length = 1; length <= Math.min(longestPiece, tokens.length - j); length++)
        extended(after[j + length]!, ends, byKey.get(tokens.slice(j, j + length).join(separator)) ?? [], lm);
    }
    return likeliest([...after[tokens.length]!.values()], lm);
  };
}

function extended(
  into: Map<string, Hypothesis>,
  from: readonly Hypothesis[],
  pieces: readonly KnownPiece[],
  lm: NgramModel,
): Map<string, Hypothesis> {
  for (const { text, state, score } of from)
    for (const { id, text: piece } of pieces)
      offer(into, { text: text + piece, state: lm.advance(state, id), score: score + lm.score(state, id) });
  return into;
}

/** Of equal letters in the same state the likelier way stays. */
function offer(into: Map<string, Hypothesis>, hypothesis: Hypothesis): void {
  const key = `${hypothesis.state} ${hypothesis.text}`;
  const known = into.get(key);
  if (!known || known.score < hypothesis.score) into.set(key, hypothesis);
}

function best(hypotheses: ReadonlyMap<string, Hypothesis>): Hypothesis[] {
  return [...hypotheses.values()].sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1)).slice(0, beam);
}

function likeliest(hypotheses: readonly Hypothesis[], lm: NgramModel): Spelling | undefined {
  const sums = new Map<string, number>();
  const finished = hypotheses
    .filter(({ text }) => text !== '')
    .map(({ text, state, score }) => ({ text, score: score + lm.finish(state) }));
  const top = finished.reduce((most, { score }) => Math.max(most, score), -Infinity);
  for (const { text, score } of finished) sums.set(text, (sums.get(text) ?? 0) + 10 ** (score - top));
  const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
  const [first] = [...sums].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return first && { text: first[0], probability: first[1] / total };
}
