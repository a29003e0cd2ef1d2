// Pronunciation lexicons in the forms that people have, into a map of words to phones; and lines of our own form,
// written. Read: `word<TAB>p h o n e s`; the same with a space after the word (Kaldi, CMUdict); with probabilities
// between them (MFA, Kaldi's lexiconp); tables with a header, by tabs or commas; IPA without blanks between its phones;
// Toolbox and LIFT (dictionaries.ts).
import { readCsv } from '../core/csv.js';
import { AsrError } from '../core/errors.js';
import { notUtf8, readLines } from '../core/lines.js';
import { shown } from '../core/shown.js';
import { dictionaryKind, liftWords, sfmWords } from './dictionaries.js';
import { segmentIpa } from './ipa.js';
import { wordsOf } from './normalise.js';
import { silenceSymbol } from './phone-text.js';

/** CMUdict's `;;;` and `#`, but not a word that begins with it. */
const isComment = /^(;;;|#(?![^\s#]{1,100}\t))/u;
const reserved = new Set([silenceSymbol, '<s>', '</s>', '<unk>', '|']);
const form =
  'Each line is `word<TAB>p h o n e s`; probabilities between them, a header line that names the columns (word, ' +
  'phones), IPA without blanks, Toolbox (\\lx, \\ph) and LIFT are read, too.';

/** A line as it is written: the word, and what stands for its pronunciation. */
interface Entry {
  readonly line: number;
  readonly word: string;
  readonly tokens: readonly string[];
}

/**
 * Words are normalised as those of a text are; the first of several pronunciations counts; entries that a text cannot
 * hold (`<UNK>`, several words) are passed over.
 * @param language as `text.language`, for its small letters
 * @throws AsrError 'input' with the line's number for a line without word or phones, or with a reserved symbol
 */
export async function readLexicon(path: string, language = ''): Promise<Map<string, readonly string[]>> {
  const bad = (line: number, found: string): AsrError => new AsrError('input', `${path}, line ${line}: ${found}`, form);
  const entries = withoutProbabilities(await entriesOf(path, bad));
  const joined = areJoined(entries);
  const lexicon = new Map<string, readonly string[]>();
  for (const { line, word, tokens } of entries) {
    const words = /^[<[{(!]/.test(word) ? [] : wordsOf(word.replace(/\(\d{1,3}\)$/, ''), language);
    const phones: readonly (string | undefined)[] = joined
      ? tokens.flatMap((token) => segmentIpa(token) ?? [undefined])
      : tokens;
    if (phones.length === 0) throw bad(line, `no phones for ${shown(word)}`);
    if (phones.includes(undefined))
      throw bad(line, `the phones of ${shown(word)} are not separated, and ${shown(tokens.join(' '))} is no IPA`);
    const taken = phones.find((phone) => reserved.has(phone ?? ''));
    if (taken !== undefined) throw bad(line, `the phone "${taken}" is reserved`);
    const [key] = words;
    if (words.length === 1 && key !== undefined && !lexicon.has(key)) lexicon.set(key, phones as string[]);
  }
  if (lexicon.size === 0) throw new AsrError('input', `${path}: the lexicon is empty`, form);
  return lexicon;
}

type Bad = (line: number, found: string) => AsrError;

async function entriesOf(path: string, bad: Bad): Promise<Entry[]> {
  if (path.toLowerCase().endsWith('.csv')) return csvEntries(path, bad);
  const kind = path.endsWith('.gz') ? undefined : await dictionaryKind(path);
  if (kind !== undefined)
    return (await (kind === 'sfm' ? sfmWords : liftWords)(path)).map(({ line, word, pronunciation }) => ({
      ...{ line, word, tokens: tokensOf(pronunciation) },
    }));
  const rows: { line: number; text: string }[] = [];
  let line = 0;
  for await (const raw of readLines(path)) {
    line++;
    if (notUtf8(raw)) throw bad(line, 'the file is not UTF-8');
    const text = raw.normalize('NFC');
    if (text.trim() !== '' && !isComment.test(text)) rows.push({ line, text });
  }
  const withTabs = rows.some(({ text }) => text.includes('\t'));
  const header = withTabs ? headerOf(rows[0]?.text.split('\t') ?? []) : undefined;
  const entries = (header ? rows.slice(1) : rows).map((row): Entry => {
    const { text } = row;
    if (withTabs && !text.includes('\t')) throw bad(row.line, 'no tab between word and phones');
    const cells = withTabs ? text.split('\t') : splitWord(text.trim());
    const word = (header ? cells[header.word] : cells[0])?.trim() ?? '';
    if (word === '') throw bad(row.line, 'no word before the tab');
    return { line: row.line, word, tokens: tokensOf(header ? (cells[header.phones] ?? '') : pronunciationOf(cells)) };
  });
  if (!withTabs) refuseText(entries, path);
  return entries;
}

/** The word and the rest of a line without tabs. */
function splitWord(text: string): string[] {
  const blank = text.search(/\s/u);
  return blank < 0 ? [text] : [text.slice(0, blank), text.slice(blank)];
}

/** The second cell, or the one behind cells of numbers. */
const pronunciationOf = (cells: readonly string[]): string =>
  cells.slice(1).find((cell) => cell.trim() !== '' && !isDecimal(cell.trim())) ?? '';

/** Of several pronunciations in one cell (`kæt, kət`) the first, without the slashes or brackets around it. */
function tokensOf(text: string): string[] {
  const tokens = text.split(/\s+/u).filter((token) => token !== '');
  const end = tokens.findIndex((token) => /[,;]$/.test(token) && !isNumber(token.slice(0, -1)));
  const first = end < 0 ? tokens : [...tokens.slice(0, end), (tokens[end] ?? '').slice(0, -1)];
  // `[the] ð ə` prints a word before its phones; `[ð ə]` and `[ə]` are phones in brackets.
  const whole = first.length === 1 || !/[/\]]$/.test(first[0] ?? '');
  if (whole && /^[/[]/.test(first[0] ?? '') && /.[/\]]$/.test(first.at(-1) ?? '')) {
    first[0] = first[0]?.slice(1) ?? '';
    first.push(first.pop()?.slice(0, -1) ?? '');
  }
  return first.filter((token) => token !== '');
}

const wordColumns = ['word', 'words', 'orthography', 'orth', 'grapheme', 'graphemes', 'spelling', 'entry', 'headword'];
const phoneColumns = ['phones', 'phonemes', 'pronunciation', 'pron', 'ipa', 'transcription', 'phone', 'segments'];

/** Where a header says word and phones stand; undefined where it is none. */
function headerOf(cells: readonly string[]): { word: number; phones: number } | undefined {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const columnOf = (wanted: readonly string[]): number => names.findIndex((name) => wanted.includes(name));
  const [word, phones] = [columnOf(wordColumns), columnOf(phoneColumns)];
  return word >= 0 && phones >= 0 ? { word, phones } : undefined;
}

async function csvEntries(path: string, bad: Bad): Promise<Entry[]> {
  const entries: Entry[] = [];
  let columns: { word: number; phones: number } | undefined;
  for await (const { line, cells } of readCsv(path)) {
    if (cells.some(notUtf8)) throw bad(line, 'the file is not UTF-8');
    if (isComment.test(cells[0] ?? '')) continue;
    if (!columns) {
      const header = headerOf(cells);
      columns = header ?? { word: 0, phones: 1 };
      if (header) continue;
      if (cells.length !== 2)
        throw bad(line, `${cells.length} columns, and no header that names word and phones: ${shown(cells.join(','))}`);
    }
    const word = cells[columns.word]?.normalize('NFC').trim() ?? '';
    if (word === '') throw bad(line, 'no word');
    entries.push({ line, word, tokens: tokensOf((cells[columns.phones] ?? '').normalize('NFC')) });
  }
  return entries;
}

/** Probabilities and their logarithms, with a point or a comma: `0.99`, `0,5`, `1e-05`, `-2.3`. */
const isNumber = (token: string): boolean => /^-?\d{0,6}[.,]\d+(e[-+]?\d+)?$|^-?\d{1,6}e[-+]?\d+$/i.test(token);
const isDecimal = (token: string): boolean => isNumber(token) || /^[01]$/.test(token);
/** What HTK and Julius print for a word. */
const isPrinted = (token: string): boolean => /^\[[^\]]*\]$/.test(token);

/** MFA and Kaldi write one to four numbers before the phones; `2` and `9` alone may be vowels of SAMPA. */
function withoutProbabilities(entries: readonly Entry[]): readonly Entry[] {
  const printed = entries.every(({ tokens }) => tokens.length > 1 && isPrinted(tokens[0] ?? ''));
  const bare = printed ? entries.map((entry) => ({ ...entry, tokens: entry.tokens.slice(1) })) : entries;
  const everywhere = bare.every(({ tokens }) => tokens.length > 1 && isDecimal(tokens[0] ?? ''));
  return bare.map((entry) => {
    let skip = 0;
    while (skip < 4 && isDecimal(entry.tokens[skip] ?? '') && (isNumber(entry.tokens[skip] ?? '') || everywhere)) {
      // A whole number is one only in the first place.
      if (skip > 0 && !isNumber(entry.tokens[skip] ?? '')) break;
      skip++;
    }
    return skip === 0 ? entry : { ...entry, tokens: entry.tokens.slice(skip) };
  });
}

/** True where nearly every word of some length has a single "phone", of several letters: nothing separates them. */
function areJoined(entries: readonly Entry[]): boolean {
  const long = entries.filter(({ word }) => [...word].length >= 3);
  const single = long.flatMap(({ tokens }) => (tokens.length === 1 ? [tokens[0] as string] : []));
  const letters = single.reduce((sum, token) => sum + (token.match(/\p{L}/gu) ?? []).length, 0);
  return single.length > 0 && single.length >= 0.8 * long.length && letters >= 2 * single.length;
}

/** No language has so many phones; a text, whose sentences would pass for entries, has more words. */
const mostPhones = 400;

function refuseText(entries: readonly Entry[], path: string): void {
  const phones = new Set(entries.flatMap(({ tokens }) => tokens.filter((token) => !isDecimal(token))));
  if (phones.size > mostPhones && !areJoined(entries))
    throw new AsrError(
      'input',
      `${path}: no tab in any line, and ${phones.size} different phones: this is a text`,
      form,
    );
}

export function lexiconLine(word: string, phones: readonly string[]): string {
  return `${word}\t${phones.join(' ')}\n`;
}
