// One raw line of text to its word tokens: Unicode NFC, everything but letters, marks, digits, apostrophe and
// hyphen becomes a space, lower case (the rules of wav2vec-U's text preparation, prepare_text.sh).

const typographicApostrophe = /[\u2018\u2019\u02BC\uFF07]/gu;
const typographicHyphen = /[\u2010\u2011]/gu;
const outside = /[^\p{L}\p{N}\p{M}' -]+/gu;
const spoken = /[\p{L}\p{N}]/u;

/** Languages whose lower case differs from Unicode's default (dotless i and the like). */
const ownLowerCase = new Set(['tr', 'az', 'lt']);

/**
 * @param language an eSpeak voice or language tag, '' where unknown
 * @returns the words in order; tokens without a letter or digit are left out
 */
export function wordsOf(line: string, language = ''): string[] {
  const cleaned = line
    .normalize('NFC')
    .replace(typographicApostrophe, "'")
    .replace(typographicHyphen, '-')
    .replace(outside, ' ');
  return lowerCase(cleaned, language)
    .split(/\s+/u)
    .map(trimHyphens)
    .filter((word) => spoken.test(word));
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
