// Lines of a text in, words and punctuation out, and back: translation works on lower-case words, one sentence a list.
import { existsSync, statSync } from 'node:fs';
import { AsrError } from '../core/errors.js';
import { notUtf8, readLines } from '../core/lines.js';

/** A word with inner apostrophes and hyphens, a number with its points, or any other single sign. */
const token = /\p{L}[\p{L}\p{M}\p{N}]*(?:['’-][\p{L}\p{M}\p{N}]+)*|\p{N}+(?:[.,:]\p{N}+)*|[^\s\p{L}\p{M}\p{N}]/gu;

/** Words in lower case, numbers and signs, in their order. */
export const tokensOf = (line: string): string[] => line.normalize('NFC').toLowerCase().match(token) ?? [];

/** Whether a token is a word: numbers and signs stand for themselves in every language. */
export const isWord = (text: string): boolean => /\p{L}/u.test(text);

const closing = new Set([...'.,;:!?)]}”…%']);
const opening = new Set([...'([{„“']);

/** Tokens as a line that people read: no blank before a full stop or behind a bracket. */
export function lineOf(tokens: readonly string[]): string {
  let line = '';
  let glued = true;
  for (const text of tokens) {
    line += glued || closing.has(text) ? text : ` ${text}`;
    glued = opening.has(text);
  }
  return line;
}

/** Tokens in one sentence; longer ones are cut into pieces of this size. */
const longest = 60;
const fewestSentences = 20;
/** So many lines in a foreign encoding, and most of all, are no accident. */
const manyForeign = 50;

/**
 * The sentences of a text file, one or more a line; `.gz` is unpacked.
 * @param bad told of lines that are left out
 * @throws AsrError 'input' when there is no such file, or hardly a sentence in it
 */
export async function readSentences(
  path: string,
  bad: (id: string, reason: string) => Promise<void>,
  fewest = fewestSentences,
): Promise<string[][]> {
  if (!existsSync(path) || !statSync(path).isFile())
    throw new AsrError('input', `${path}: no such file`, 'Give a text with one sentence a line, relative to --data.');
  const sentences: string[][] = [];
  let number = 0;
  let foreign = 0;
  for await (const line of readLines(path)) {
    number++;
    if (notUtf8(line)) {
      if (++foreign >= manyForeign && 2 * foreign > number)
        throw new AsrError(
          'input',
          `${path}: ${foreign} of the first ${number} lines are not UTF-8`,
          'Convert it, for instance by: iconv -f LATIN1 -t UTF-8 IN > OUT',
        );
      await bad(`${path}, line ${number}`, 'not UTF-8');
      continue;
    }
    const tokens = tokensOf(line);
    for (let at = 0; at < tokens.length; at += longest) sentences.push(tokens.slice(at, at + longest));
  }
  if (sentences.length < fewest)
    throw new AsrError(
      'input',
      `${path}: ${sentences.length} sentences that can be read in ${number} lines, expected ${fewest} or more`,
      'Give a text with one sentence a line; ten thousand are a beginning.',
    );
  return sentences;
}
