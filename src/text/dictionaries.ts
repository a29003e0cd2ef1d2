// Word lists of the programs in which dictionaries are written, in: SIL's standard format (Toolbox, Shoebox: lines that
// begin with a marker, `\lx` and `\ph`) and LIFT (FieldWorks, WeSay, Lexique Pro: XML). Words with their pronunciations
// out; entries without one are passed over, since most dictionaries have some.
import { createReadStream } from 'node:fs';
import sax from 'sax';
import { AsrError } from '../core/errors.js';
import { notUtf8, readLines } from '../core/lines.js';
import { shown } from '../core/shown.js';

export interface Pronounced {
  readonly line: number;
  readonly word: string;
  /** As it stands there, IPA as a rule. */
  readonly pronunciation: string;
}

const firstLines = 50;

/** What the file is, by its first lines and its name; undefined for lists of lines. */
export async function dictionaryKind(path: string): Promise<'sfm' | 'lift' | undefined> {
  if (/\.lift$/i.test(path)) return 'lift';
  let number = 0;
  for await (const line of readLines(path)) {
    if (/^\\(_sh|lx)\s/.test(line)) return 'sfm';
    if (/^\s*<lift[\s>]/.test(line)) return 'lift';
    if (++number === firstLines) break;
  }
  return undefined;
}

/**
 * Entries begin at `\lx` and subentries at `\se`; the first `\ph` of each is its pronunciation. A field goes on in
 * lines without a marker.
 * @throws AsrError 'input' where the file is not UTF-8
 */
export async function sfmWords(path: string): Promise<Pronounced[]> {
  const found: Pronounced[] = [];
  let entry = { line: 0, word: '', pronunciation: '' };
  let field: 'word' | 'pronunciation' | undefined;
  const close = (): void => {
    if (entry.word !== '' && entry.pronunciation !== '') found.push(entry);
  };
  let line = 0;
  for await (const raw of readLines(path)) {
    line++;
    if (notUtf8(raw))
      throw new AsrError(
        'input',
        `${path}, line ${line}: the file is not UTF-8`,
        'Toolbox: save it as Unicode (Language Encodings, UTF-8), or convert it with iconv.',
      );
    const blank = raw.search(/\s/u);
    const marker = raw.startsWith('\\') ? raw.slice(1, blank < 0 ? undefined : blank) : undefined;
    const value = (marker === undefined ? raw : raw.slice(1 + marker.length)).trim().normalize('NFC');
    if (marker === 'lx' || marker === 'se') {
      close();
      entry = { line, word: value, pronunciation: '' };
      field = 'word';
    } else if (marker === 'ph' && entry.pronunciation === '') {
      entry.pronunciation = value;
      field = 'pronunciation';
    } else if (marker !== undefined) {
      field = undefined;
    } else if (field !== undefined && value !== '') {
      entry[field] = `${entry[field]} ${value}`.trim();
    }
  }
  close();
  return checked(found, path, '\\lx with \\ph');
}

/** Where an element lies, from `entry` on: only these hold what is read here. */
const wordPlaces = ['lexical-unit/form/text', 'citation/form/text'];
const soundPlace = 'pronunciation/form/text';
const deepest = 100;
const longestText = 1000;

/**
 * The citation form where an entry has one, else its lexical unit, with the first pronunciation whose language is
 * IPA (`seh-fonipa`), or the first of any.
 * @throws AsrError 'input' with the line for a file that is no XML
 */
export async function liftWords(path: string): Promise<Pronounced[]> {
  const parser = sax.parser(true, { position: true });
  const found: Pronounced[] = [];
  const stack: string[] = [];
  let entry: { line: number; texts: Map<string, { ipa: boolean; text: string }> } | undefined;
  let language = '';
  let text = '';
  const fail = (what: string): never => {
    throw new AsrError('input', `${path}, line ${parser.line + 1}: ${what}`, 'Export it as LIFT once more.');
  };
  /** Below the entry. */
  const place = (): string => stack.slice(stack.lastIndexOf('entry') + 1).join('/');
  parser.onerror = (error) => fail(`no XML: ${shown(error.message.split('\n')[0] ?? '')}`);
  parser.onopentag = ({ name, attributes }) => {
    stack.push(name);
    if (stack.length > deepest) fail(`elements lie ${stack.length} deep`);
    if (stack.length === 1 && name !== 'lift') fail(`its root is ${shown(name)}, not lift`);
    if (name === 'entry') entry = { line: parser.line + 1, texts: new Map() };
    if (name === 'form') language = typeof attributes['lang'] === 'string' ? attributes['lang'] : '';
    if (name === 'text') text = '';
  };
  parser.ontext = (part) => {
    if (stack.includes('text') && text.length < longestText) text += part;
  };
  parser.onclosetag = (name) => {
    const at = place();
    if (entry && (at === soundPlace || wordPlaces.includes(at))) {
      const ipa = /fonipa|(^|-)ipa/i.test(language);
      const before = entry.texts.get(at);
      // A word is not written in IPA where there is another form of it; a pronunciation is.
      const better = at === soundPlace ? ipa && before?.ipa === false : !ipa && before?.ipa === true;
      const value = text.replace(/\s+/gu, ' ').trim().normalize('NFC');
      if (value !== '' && (before === undefined || better)) entry.texts.set(at, { ipa, text: value });
    }
    if (name === 'entry' && entry) {
      const said = (where: string): string => entry?.texts.get(where)?.text ?? '';
      const word = said('citation/form/text') || said('lexical-unit/form/text');
      const pronunciation = said(soundPlace);
      if (word !== '' && pronunciation !== '') found.push({ line: entry.line, word, pronunciation });
      entry = undefined;
    }
    stack.pop();
  };
  for await (const chunk of createReadStream(path, 'utf8')) parser.write(String(chunk));
  parser.close();
  return checked(found, path, '<pronunciation> with <form>');
}

function checked(found: Pronounced[], path: string, wanted: string): Pronounced[] {
  if (found.length > 0) return found;
  throw new AsrError(
    'input',
    `${path}: no entry has a pronunciation (${wanted})`,
    'Fill in that field, or export word and pronunciation as a table with a header (docs/corpora.md).',
  );
}
