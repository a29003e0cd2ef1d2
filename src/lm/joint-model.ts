// How words are written that no list has: pieces of letters with their phones under an n-gram model (joint n-grams; Bisani
// and Ney, 2008, "Joint-sequence models for grapheme-to-phoneme conversion"), learned from words and their phones; phones
// in, the likeliest letters with their probability out.
import { alignWords, lettersOf, longestPiece, type JointPiece, type SpokenWord } from './joint-alignment.js';
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
  const all: SpokenWord[] = [];
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

export interface Reader {
  /** The likeliest phones of a word. @returns undefined where some letter was in no word that it learned from */
  read(word: string): string[] | undefined;
}

interface Hypothesis {
  readonly text: string;
  readonly state: number;
  /** log10 */
  readonly score: number;
}

/** What a piece becomes: letters, or phones with a space before each. */
interface KnownPiece {
  readonly id: number;
  readonly text: string;
}

/** Hypotheses after each phone, and letters (or phones) in a row that nothing stands for. */
const beam = 60;
const mostSilent = 2;

export function createSpeller(lm: NgramModel): Speller {
  const pieces = piecesBy(lm, (letters, phones) => [phones, letters]);
  return { spell: (phones) => rewritten(phones, ' ', pieces, lm) };
}

/** The same the other way: how a word sounds that no list has. */
export function createReader(lm: NgramModel): Reader {
  const pieces = piecesBy(lm, (letters, phones) => [letters, phones === '' ? '' : ` ${phones}`]);
  return { read: (word) => rewritten(lettersOf(word), '', pieces, lm)?.text.trim().split(' ') };
}

/** @param sides of a piece: what it is looked up by, and what it becomes */
function piecesBy(
  lm: NgramModel,
  sides: (letters: string, phones: string) => [from: string, to: string],
): Map<string, KnownPiece[]> {
  const pieces = new Map<string, KnownPiece[]>();
  lm.symbols.forEach((symbol, id) => {
    if ([unknownSymbol, startSymbol, endSymbol].includes(symbol)) return;
    const at = symbol.indexOf(' ');
    const [from, text] = sides(symbol.slice(0, at), symbol.slice(at + 1));
    pieces.set(from, [...(pieces.get(from) ?? []), { id, text }]);
  });
  return pieces;
}

function rewritten(
  given: readonly string[],
  separator: string,
  pieces: ReadonlyMap<string, readonly KnownPiece[]>,
  lm: NgramModel,
): Spelling | undefined {
  const after = Array.from({ length: given.length + 1 }, () => new Map<string, Hypothesis>());
  offer(after[0]!, { text: '', state: lm.startState, score: 0 });
  for (let j = 0; j <= given.length; j++) {
    let ends = best(after[j]!);
    for (let round = 0; round < mostSilent; round++) ends = best(extended(after[j]!, ends, pieces.get('') ?? [], lm));
    for (let length = 1; length <= Math.min(longestPiece, given.length - j); length++)
      extended(after[j + length]!, ends, pieces.get(given.slice(j, j + length).join(separator)) ?? [], lm);
  }
  return likeliest([...after[given.length]!.values()], lm);
}

function extended(
  into: Map<string, Hypothesis>,
  from: readonly Hypothesis[],
  pieces: readonly KnownPiece[],
  lm: NgramModel,
): Map<string, Hypothesis> {
  for (const { text, state, score } of from)
    for (const { id, text: more } of pieces)
      offer(into, { text: text + more, state: lm.advance(state, id), score: score + lm.score(state, id) });
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
