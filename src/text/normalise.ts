// One raw line of text to its word tokens: Unicode NFC, everything but letters, marks, digits, apostrophe and
// hyphen becomes a space, lower case (the rules of wav2vec-U's text preparation, prepare_text.sh).

const typographicApostrophe = /[\u2018\u2019\u02BC\uFF07]/gu;
const typographicHyphen = /[\u2010\u2011]/gu;
const outside = /[^\p{L}\p{N}\p{M}' -]+/gu;
const spoken = /[\p{L}\p{N}]/u;
/** Marks that choose between pictures and letters, and the frames around them: signs, not speech. */
const pictureMarks = /[\uFE00-\uFE0F\u20D0-\u20FF]/gu;

/**
 * Letters and digits in other dress, which eSpeak reads by their numbers: bold and script alphabets, full and half
 * width, ligatures, small raised letters, Roman numbers as one sign, forms of Arabic letters for print.
 */
const dressedRanges = [
  '\\u{1D400}-\\u{1D7FF}', // mathematical alphabets
  '\\uFF10-\\uFFEF', // full and half width
  '\\uFB00-\\uFDFF\\uFE70-\\uFEFC', // ligatures, forms of Arabic and Hebrew for print
  '\\u2160-\\u2188\\u2102-\\u213F', // Roman numbers, letter-like signs
  '\\u1D2C-\\u1D6A\\u2071\\u207F\\u2090-\\u209C', // small and raised
];
const dressed = new RegExp(`(?:(?=[\\p{L}\\p{N}])[${dressedRanges.join('')}])+`, 'gu');
/** Signs that nobody sees, inside words: soft hyphens, word joiners, marks of the direction of writing. */
const unseen = /[\u00AD\u061C\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/gu;
/** Text as it is read: composed, without what nobody sees. */
export const legibleText = (line: string): string => line.replace(unseen, '').normalize('NFC');
const plain = (line: string): string => legibleText(line).replace(dressed, (letters) => letters.normalize('NFKC'));

/** Languages whose lower case differs from Unicode's default (dotless i and the like). */
const ownLowerCase = new Set(['tr', 'az', 'lt']);

/**
 * @param language an eSpeak voice or language tag, '' where unknown
 * @returns the words in order; tokens without a letter or digit are left out
 */
export function wordsOf(line: string, language = ''): string[] {
  const cleaned = plain(line)
    .replace(pictureMarks, '')
    .replace(typographicApostrophe, "'")
    .replace(typographicHyphen, '-')
    .replace(outside, ' ');
  return lowerCase(cleaned, language)
    .split(/\s+/u)
    .map(trimHyphens)
    .filter((word) => spoken.test(word));
}

/** Punctuation that parts what is spoken, where it stands at an end of a word; inside one eSpeak would read it out. */
const parting = /[,.;:!?\u2026\u060C\u061B\u061F\u0964\u0965\u3001\u3002\uFF01\uFF0C\uFF1A\uFF1B\uFF1F]/u;
const quoting = /[()"\u00AB\u00BB\u201C-\u201F\u00BF\u00A1\u2013\u2014]/u;

/**
 * A line as eSpeak gets it: the words that `wordsOf` keeps as they are written, with the punctuation that parts them.
 * Signs that it would read by name (emoji, *, ~, %, $, <tags>) are blanks.
 */
export function speakable(line: string): string {
  const letters = [...plain(line).replace(pictureMarks, '').replace(typographicHyphen, '-')];
  const isSpoken = (letter: string | undefined): boolean => letter !== undefined && /[\p{L}\p{N}\p{M}]/u.test(letter);
  const isEnd = (letter: string | undefined): boolean => letter === undefined || !isSpoken(letter);
  return letters
    .map((letter, i) => {
      const [before, after] = [letters[i - 1], letters[i + 1]];
      if (/\p{M}/u.test(letter)) return isSpoken(before) ? letter : ' ';
      if (isSpoken(letter) || letter === ' ') return letter;
      if (letter === '-') return isSpoken(before) && isSpoken(after) ? letter : ' ';
      if (/['\u2018\u2019\u02BC\uFF07]/u.test(letter)) return isSpoken(before) || isSpoken(after) ? "'" : ' ';
      if (parting.test(letter)) return isEnd(after) && after !== '/' && after !== '\\' ? letter : ' ';
      return quoting.test(letter) && (isEnd(before) || isEnd(after)) ? letter : ' ';
    })
    .join('');
}

function lowerCase(text: string, language: string): string {
  const tag = language.split('-')[0] ?? '';
  return (ownLowerCase.has(tag) ? text.toLocaleLowerCase(tag) : text.toLowerCase()).normalize('NFC');
}

const trimHyphens = (word: string): string => word.replace(/^-+|-+$/gu, '');

/** Words with so long a number are read in too many ways to be trusted. */
export function hasLongNumber(word: string): boolean {
  return /\p{N}{5,}/u.test(word);
}

/** Phone strings: tokens between spaces, grouped into words where `|` (or a silence symbol) stands between them. */
export function phoneGroupsOf(line: string, silence: string): string[][] {
  const groups: string[][] = [[]];
  for (const token of line
    .normalize('NFC')
    .replace(/^\uFEFF/u, '')
    .split(/\s+/u)) {
    if (token === '') continue;
    if (token === '|' || token === silence) groups.push([]);
    else (groups.at(-1) as string[]).push(token);
  }
  return groups.filter((group) => group.length > 0);
}
