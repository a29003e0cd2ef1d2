// Is a text what it has to be, a sentence a line? The first lines of a file in; an error where they are records of
// another format (subtitles, JSON, HTML, tables, lines that begin with an id), whose names and numbers would be spoken
// as if they were the language. Only what nearly all lines say counts: prose never looks like that.
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/lines.js';
import { shown } from '../core/shown.js';

/** Lines that are looked at, and characters of each. */
const looked = { lines: 300, characters: 2000 };
/** Fewer lines are not judged by what they share. */
const least = 5;

interface Form {
  /** What the lines are, after "this is". */
  readonly name: string;
  /** What makes a text of them. */
  readonly remedy: string;
}

type Test = (lines: readonly string[]) => Form | undefined;

const share = (lines: readonly string[], test: (line: string) => boolean): number =>
  lines.length === 0 ? 0 : lines.filter(test).length / lines.length;

const documents: readonly (readonly [RegExp, string, string])[] = [
  [/^%PDF-/, 'a PDF', 'pdftotext FILE text.txt'],
  [/^\{\\rtf/, 'RTF of a word processor', 'save it as plain text (UTF-8)'],
  [/^(?:<!doctype html|<html)/i, 'HTML', 'save it as plain text, for instance `lynx -dump FILE > text.txt`'],
  [/^<\?xml/i, 'XML', 'take the text out of its elements'],
];

/** `1`, `12.`, `3)` */
const numberOf = (line: string): number => Number(/^(\d{1,9})[.):]?(?:\s|$)/.exec(line)?.[1] ?? NaN);
const idLike = /^(?=[^\s]*\d)(?=[^\s]*[\p{L}_-])[\p{L}\p{N}_./-]{3,100}$/u;
const columnNames = new Set([
  'id',
  'path',
  'file',
  'file_name',
  'filename',
  'text',
  'sentence',
  'transcript',
  'transcription',
  'speaker',
  'utt_id',
]);

const tests: readonly Test[] = [
  ([first = '']) => {
    const found = documents.find(([pattern]) => pattern.test(first));
    return found && { name: found[1], remedy: found[2] };
  },
  (lines) =>
    lines.filter((line) => /^(?:\d+:)?\d\d:\d\d[.,]\d{3} --> /.test(line)).length > 1
      ? { name: 'subtitles', remedy: "leave out numbers and times: grep -v -e '-->' -e '^[0-9]*$' -e WEBVTT FILE" }
      : undefined,
  (lines) =>
    /^[[{]/.test(lines[0] ?? '') && share(lines, (line) => /"[^"]{1,100}"\s*:/.test(line)) > 0.25
      ? { name: 'JSON', remedy: 'take the text alone: jq -r .text FILE > text.txt' }
      : undefined,
  (lines) =>
    share(lines, (line) => /^<[a-z/!?][^<>]{0,500}>/i.test(line) && line.endsWith('>')) > 0.7
      ? { name: 'lines of markup', remedy: 'take the text out of its elements' }
      : undefined,
  (lines) => table(lines, '\t', 'cut -f2 FILE > text.txt takes the second column'),
  (lines) => table(lines, '|', "cut -d'|' -f2 FILE > text.txt takes the second column"),
  (lines) => {
    const names = (lines[0] ?? '').split(',').map((name) => name.trim().toLowerCase());
    const commas = (line: string): number => line.split(',').length;
    return names.length > 1 &&
      names.some((name) => columnNames.has(name)) &&
      names.every((name) => /^[\w ]{1,40}$/.test(name)) &&
      share(lines.slice(1), (line) => commas(line) >= names.length) > 0.9
      ? { name: `a table with the columns ${shown(names.join(','), 80)}`, remedy: 'take the column of the text' }
      : undefined;
  },
  (lines) => {
    const words = lines.map((line) => line.split(/\s/, 1)[0] ?? '');
    return lines.length >= least &&
      new Set(words).size === words.length &&
      share(words, (word) => idLike.test(word)) > 0.9 &&
      share(lines, (line) => /\s/.test(line)) > 0.9
      ? { name: `lines that begin with an id (${shown(words[0] ?? '', 40)})`, remedy: "cut -d' ' -f2- FILE > text.txt" }
      : undefined;
  },
  (lines) => {
    const follows = (line: string, i: number): boolean =>
      i === 0 || numberOf(line) === numberOf(lines[i - 1] ?? '') + 1;
    return lines.length >= least &&
      lines.filter(follows).length > 0.9 * lines.length &&
      !Number.isNaN(numberOf(lines[0] ?? ''))
      ? { name: 'numbered lines', remedy: "take the numbers off: sed 's/^[0-9]*[.):]*[[:space:]]*//' FILE > text.txt" }
      : undefined;
  },
  (lines) =>
    lines.length >= least && share(lines, (line) => /\([^()\s]{3,100}\)$/.test(line) && /\d/.test(line.slice(-8))) > 0.9
      ? { name: 'lines that end in an id (trn)', remedy: "sed 's/ *([^()]*)$//' FILE > text.txt" }
      : undefined,
];

/** The same number of separators, one at least, in nearly all lines. */
function table(lines: readonly string[], separator: string, remedy: string): Form | undefined {
  const columns = (line: string): number => line.split(separator).length;
  const usual = columns(lines[lines.length >> 1] ?? '');
  return lines.length >= least && usual > 1 && share(lines, (line) => columns(line) === usual) > 0.9
    ? { name: `a table of ${usual} columns`, remedy }
    : undefined;
}

/** What the lines are, where they are no plain text. */
export function formOf(lines: readonly string[]): Form | undefined {
  for (const test of tests) {
    const form = test(lines);
    if (form) return form;
  }
  return undefined;
}

/** @throws AsrError 'input' for a file in another format */
export async function refuseOtherForms(path: string): Promise<void> {
  const lines: string[] = [];
  for await (const line of readLines(path)) {
    if (line.trim() !== '') lines.push(line);
    if (lines.length === looked.lines) break;
  }
  refuseForm(lines, path);
}

/** The same for lines that are there. */
export function refuseForm(lines: readonly string[], path: string): void {
  const form = formOf(
    lines
      .map((line) => line.slice(0, looked.characters).trim())
      .filter((line) => line !== '')
      .slice(0, looked.lines),
  );
  if (!form) return;
  throw new AsrError(
    'input',
    `${path}: a text has one sentence a line and nothing else, and this is ${form.name}, which would be spoken`,
    `To make one of it: ${form.remedy}.`,
  );
}
