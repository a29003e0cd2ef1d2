// The lexicon of word decoding: lines of `word p h o n e s` (a tab after the word, or a space) in; words and their
// pronunciations in the model's phones out. A line that cannot be used is named and left out, never the whole.
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import type { LexiconEntry } from '../search/prefix-tree.js';

export interface DecodingLexicon {
  readonly words: readonly string[];
  /** A word has as many as it has pronunciations. */
  readonly entries: readonly LexiconEntry[];
}

/**
 * @param columns column of each phone that may stand in a word
 * @param skip told of every line that is left out, with its word or line number
 * @throws AsrError 'input' when no line can be used
 */
export async function readDecodingLexicon(
  path: string,
  columns: ReadonlyMap<string, number>,
  skip: (id: string, reason: string) => Promise<void>,
): Promise<DecodingLexicon> {
  const ids = new Map<string, number>();
  const entries: LexiconEntry[] = [];
  const seen = new Set<string>();
  let number = 0;
  for await (const raw of readLines(path)) {
    number++;
    const line = raw.normalize('NFC');
    if (line.trim() === '') continue;
    const where = `line ${number}`;
    const at = line.includes('\t') ? line.indexOf('\t') : line.trimEnd().search(/\s/u);
    const word = (at < 0 ? line : line.slice(0, at)).trim();
    const phones =
      at < 0
        ? []
        : line
            .slice(at + 1)
            .split(/\s+/u)
            .filter((phone) => phone !== '');
    const unknown = phones.find((phone) => !columns.has(phone));
    const key = `${word}\t${phones.join(' ')}`;
    if (word === '') await skip(`lexicon, ${where}`, 'no word before its phones');
    else if (phones.length === 0) await skip(`lexicon, ${where}: "${word}"`, 'no phones');
    else if (unknown !== undefined) await skip(`lexicon, ${where}: "${word}"`, `the model has no phone "${unknown}"`);
    else if (seen.has(key)) await skip(`lexicon, ${where}: "${word}"`, 'the same line stands above');
    else {
      seen.add(key);
      let id = ids.get(word);
      if (id === undefined) ids.set(word, (id = ids.size));
      entries.push({ word: id, phones: phones.map((phone) => columns.get(phone) as number) });
    }
  }
  if (entries.length === 0)
    throw new AsrError(
      'input',
      `${path}: no line of the lexicon can be used`,
      `Each line is \`word<TAB>p h o n e s\` with phones of the model: ${[...columns.keys()].slice(0, 12).join(' ')} …`,
    );
  return { words: [...ids.keys()], entries };
}
