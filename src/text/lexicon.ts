// Pronunciation lexicons: lines of `word<TAB>p h o n e s`, read into a map, and written back the same way.
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { silenceSymbol } from './phone-text.js';

const reserved = new Set([silenceSymbol, '<s>', '</s>', '<unk>', '|']);

/**
 * Words are compared in lower case and NFC; the first of several pronunciations counts.
 * @throws AsrError 'input' with the line's number for a line without tab or phones, or with a reserved symbol
 */
export async function readLexicon(path: string): Promise<Map<string, readonly string[]>> {
  const lexicon = new Map<string, readonly string[]>();
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    const text = line.normalize('NFC');
    if (text.trim() === '') continue;
    const [word = '', pronunciation = ''] = text.split('\t');
    const phones = pronunciation.split(/\s+/u).filter((phone) => phone !== '');
    const bad = (found: string): AsrError =>
      new AsrError(
        'input',
        `${path}, line ${number}: ${found}`,
        'Each line is `word<TAB>p h o n e s`: one tab, phones separated by spaces.',
      );
    if (!text.includes('\t')) throw bad('no tab between word and phones');
    if (word.trim() === '') throw bad('no word before the tab');
    if (phones.length === 0) throw bad(`no phones for "${word}"`);
    const taken = phones.find((phone) => reserved.has(phone));
    if (taken !== undefined) throw bad(`the phone "${taken}" is reserved`);
    const key = word.trim().toLowerCase();
    if (!lexicon.has(key)) lexicon.set(key, phones);
  }
  if (lexicon.size === 0)
    throw new AsrError('input', `${path}: the lexicon is empty`, 'Each line is `word<TAB>p h o n e s`.');
  return lexicon;
}

export function lexiconLine(word: string, phones: readonly string[]): string {
  return `${word}\t${phones.join(' ')}\n`;
}
