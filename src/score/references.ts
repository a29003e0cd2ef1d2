// With score/corpora/ the only place of the project that reads a reference. Transcripts by id in the
// formats that people have, and in all that `asr transcribe` writes; an ending that is not known is
// refused. Hypotheses come in the same ones.
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { isSoundFile, safeId, stem } from '../audio/ids.js';
import { readCsv } from '../core/csv.js';
import { AsrError } from '../core/errors.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { idAndRest, notUtf8, readLines } from '../core/lines.js';
import { shown } from '../core/shown.js';
import { eafText, subtitleText, textGridText } from './transcript-documents.js';
import {
  ctmTranscripts,
  looksLikeHeader,
  stmTranscripts,
  tableTranscripts,
  type PlacedLine,
} from './transcript-tables.js';

export interface ReferenceTranscript {
  readonly id: string;
  /** What follows the id, in NFC; '' for an utterance in which nothing is said. */
  readonly text: string;
}

/** `text` is what `asr transcribe --format text` writes: the words alone, or `file: words` where there are several. */
export const transcriptFormats = [
  ...(['kaldi', 'csv', 'tsv', 'trn', 'ctm', 'stm', 'json', 'jsonl', 'textgrid', 'srt', 'vtt', 'eaf', 'text'] as const),
] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

export interface ReadOptions {
  /** Default: by the file's ending. */
  readonly format?: TranscriptFormat | undefined;
  /** What to take of a JSON record that has no `text`, or of a TextGrid: phones and words; default phones. */
  readonly tokens?: 'phones' | 'words' | undefined;
}

/** Endings of files with an id and its text a line; Kaldi's own has none. */
const plainEndings = ['', '.txt', '.text', '.kaldi', '.ref', '.hyp', '.tra'];

const hint = `Give the format by name (--ref-format, --hyp-format or score.format): ${transcriptFormats.join(', ')}.`;

/**
 * @throws AsrError 'input' when the file is not there, its format is not known, or a
 * line cannot be read (with its number)
 */
export async function* readTranscripts(path: string, options: ReadOptions = {}): AsyncGenerator<ReferenceTranscript> {
  if (!existsSync(path))
    throw new AsrError(
      'input',
      `${path}: no such file of transcripts`,
      'Check the path; score.references is relative to the data folder.',
    );
  const info = statSync(path);
  if (info.isDirectory()) {
    yield* folderTranscripts(path, options);
    return;
  }
  if (!info.isFile() && (options.format === undefined || options.format === 'csv'))
    throw new AsrError(
      'input',
      `${path}: a pipe can be read only once, and finding out its format takes a second reading`,
      options.format === undefined ? hint : 'Write it to a file first.',
    );
  const format = options.format ?? (await formatOf(path));
  const tokens = options.tokens ?? 'phones';
  const own = (text: string): ReferenceTranscript => ({
    id: safeId(stem(basename(path, extname(path)))),
    text: nfc(text),
  });
  if (format === 'jsonl') yield* jsonTranscripts(jsonLines(path), path, tokens);
  else if (format === 'json') yield* jsonTranscripts(jsonRecords(path), path, tokens);
  else if (format === 'ctm') yield* ctmTranscripts(numberedLines(path));
  else if (format === 'stm') yield* stmTranscripts(numberedLines(path));
  else if (format === 'tsv') yield* tableTranscripts(tsvRows(path));
  else if (format === 'csv') yield* csvTranscripts(path);
  else if (format === 'srt' || format === 'vtt') yield own(subtitleText(await wholeText(path), path));
  else if (format === 'textgrid') yield own(textGridText(await wholeText(path), path, tokens));
  else if (format === 'eaf') yield own(eafText(await wholeText(path), path, tokens));
  else if (format === 'text') yield* plainTranscripts(path, own);
  else for await (const { line, where } of numberedLines(path)) yield parsers[format](line, where);
}

const nfc = (text: string): string => text.normalize('NFC').trim();

async function formatOf(path: string): Promise<TranscriptFormat> {
  const ending = extname(path).toLowerCase();
  const named = transcriptFormats.find((format) => ending === `.${format}` && format !== 'text');
  if (named) return named;
  if (!plainEndings.includes(ending))
    throw new AsrError('input', `${path}: what is in a file that ends in ${shown(ending, 20)} is not known`, hint);
  for await (const { line, where } of numberedLines(path, 20_000)) {
    const other = lookalike(line);
    if (other !== undefined)
      throw new AsrError('input', `${where}: expected "id words" a line, and this looks like ${other}`, hint);
    const name = line.indexOf(': ');
    return name > 0 && isSoundFile(basename(line.slice(0, name))) ? 'text' : 'kaldi';
  }
  return 'kaldi';
}

/** What a line that is no `id words` begins; undefined for one that may be. */
function lookalike(line: string): string | undefined {
  if (/^[[{]/.test(line)) return 'JSON';
  if (line.startsWith('WEBVTT') || /^\d+$/.test(line) || line.includes('-->')) return 'subtitles';
  if (line.startsWith('File type')) return 'a TextGrid';
  if (line.startsWith('#!MLF!#')) return 'an MLF of HTK';
  if (line.startsWith(';;') || /^\S+\s+\S+\s+(\S+\s+)?\d+\.\d+\s+\d+\.\d+(\s|$)/.test(line)) return 'CTM or STM';
  if (line.split('\t').length > 2) return 'a table';
  const words = line.split(/\s+/u);
  if (looksLikeHeader(line.split(/[\t,|;]/)) || (words.length === 2 && looksLikeHeader(words)))
    return 'a table with a header';
  if (/^[^\s|]+\|/.test(line)) return 'id|text (.csv)';
  if (/^[^\s,]+,[^\s,]/.test(line)) return 'comma-separated values without a header';
  return line.startsWith('<') ? 'markup' : undefined;
}

/** Lines that are not blank. @param longest beyond this many characters a line is cut, for those who only look */
async function* numberedLines(path: string, longest = Infinity): AsyncGenerator<PlacedLine> {
  let number = 0;
  for await (const raw of readLines(path)) {
    number++;
    const where = `${path}, line ${number}`;
    if (notUtf8(raw)) throw notText(where);
    const line = (raw.length > longest ? raw.slice(0, longest) : raw).normalize('NFC').trim();
    if (line !== '') yield { line, where };
  }
}

const notText = (where: string): AsrError =>
  new AsrError(
    'input',
    `${where}: the file is not UTF-8`,
    'Convert it: iconv -f LATIN1 -t UTF-8 OLD > NEW (-f UTF-16 for Unicode text of Windows).',
  );

/** A file of its own for a recording: small. Praat also writes UTF-16, with a byte order mark. */
async function wholeText(path: string): Promise<string> {
  const bytes = await readFile(path);
  refuseLfsPointer(bytes, path, 'input');
  const wide =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(wide, { fatal: true }).decode(bytes);
  } catch {
    throw notText(path);
  }
}

const parsers: Record<'kaldi' | 'trn', (line: string, where: string) => ReferenceTranscript> = {
  kaldi: (line) => {
    const [id, text] = idAndRest(line);
    return { id, text };
  },
  trn: (line, where) => {
    const at = line.lastIndexOf('(');
    const id = line.endsWith(')') && at >= 0 ? line.slice(at + 1, -1) : '';
    if (id === '' || /[\s)]/u.test(id))
      throw new AsrError(
        'input',
        `${where}: expected "tokens (id)", found ${shown(line, 40)}`,
        'Every line of a trn file ends with the id of its utterance in parentheses.',
      );
    const text = line.slice(0, at).trim();
    if (/(^|\s)[{}](\s|$)/u.test(text))
      throw new AsrError(
        'input',
        `${where}: alternatives in braces are not supported`,
        'Keep one of them; asr score compares with one reference.',
      );
    return { id, text };
  },
};

/**
 * `id|text`, or LJ Speech's `id|text|text with its numbers written out`; or, with a header that names both,
 * comma-separated.
 */
async function* csvTranscripts(path: string): AsyncGenerator<ReferenceTranscript> {
  for await (const { line } of numberedLines(path)) {
    if (!line.includes('|') && looksLikeHeader(line.split(',').map((name) => name.replaceAll('"', '')))) {
      yield* tableTranscripts(csvRows(path));
      return;
    }
    break;
  }
  for await (const { line, where } of numberedLines(path)) {
    const at = line.indexOf('|');
    if (at < 1)
      throw new AsrError(
        'input',
        `${where}: expected id|text, found ${shown(line, 40)}`,
        'A file without | belongs to the Kaldi format (.txt); with commas its header names id and text.',
      );
    const texts = line.slice(at + 1).split('|');
    yield { id: line.slice(0, at), text: (texts.findLast((text) => text.trim() !== '') ?? '').trim() };
  }
}

async function* csvRows(path: string): AsyncGenerator<{ cells: readonly string[]; where: string }> {
  for await (const { line, cells } of readCsv(path)) {
    if (cells.some(notUtf8)) throw notText(`${path}, line ${line}`);
    yield { cells, where: `${path}, line ${line}` };
  }
}

async function* tsvRows(path: string): AsyncGenerator<{ cells: readonly string[]; where: string }> {
  for await (const { line, where } of numberedLines(path)) yield { cells: line.split('\t'), where };
}

async function* plainTranscripts(
  path: string,
  own: (text: string) => ReferenceTranscript,
): AsyncGenerator<ReferenceTranscript> {
  const alone: string[] = [];
  for await (const { line } of numberedLines(path)) {
    const at = line.indexOf(': ');
    const file = at < 0 ? (line.endsWith(':') ? line.slice(0, -1) : '') : line.slice(0, at);
    if (isSoundFile(basename(file))) yield { id: safeId(stem(basename(file))), text: at < 0 ? '' : line.slice(at + 2) };
    else alone.push(line);
  }
  if (alone.length > 0) yield own(alone.join(' '));
}

const tokenList = (key: 'phone' | 'word') =>
  z.array(z.union([z.string(), z.object({ [key]: z.string() }).transform((token) => token[key] as string)])).optional();
const recordSchema = z.object({
  id: z.string().min(1).optional(),
  file: z.string().min(1).optional(),
  text: z.string().optional(),
  phones: tokenList('phone'),
  words: tokenList('word'),
  error: z.string().optional(),
});

async function* jsonLines(path: string): AsyncGenerator<{ value: unknown; where: string }> {
  for await (const { line, where } of numberedLines(path)) yield { value: parsed(line, where), where };
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AsrError('input', `${where}: not valid JSON`, 'The file may be cut short; make it again.', error);
  }
}

/** One record, a list of them, or one a line (what `asr transcribe --format json` gives for several recordings). */
async function* jsonRecords(path: string): AsyncGenerator<{ value: unknown; where: string }> {
  const text = await wholeText(path);
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    yield* jsonLines(path);
    return;
  }
  let number = 0;
  for (const value of Array.isArray(whole) ? (whole as unknown[]) : [whole])
    yield { value, where: `${path}, record ${++number}` };
}

/** {id, text}; decode's hypotheses {id, phones}; or what `asr transcribe --json` writes, by the name of its file. */
async function* jsonTranscripts(
  records: AsyncIterable<{ value: unknown; where: string }>,
  path: string,
  tokens: 'phones' | 'words',
): AsyncGenerator<ReferenceTranscript> {
  for await (const { value, where } of records) {
    const record = recordSchema.safeParse(value);
    if (!record.success)
      throw new AsrError(
        'input',
        `${where}: ` +
          record.error.issues.map((issue) => `${issue.path.join('.') || 'record'}: ${issue.message}`).join('; '),
        'Compare the record with docs/formats.md.',
      );
    const { id, file, text, phones, words, error } = record.data;
    if (error !== undefined) continue; // a file that could not be transcribed has no hypothesis
    const list = tokens === 'words' ? (words ?? phones) : (phones ?? words);
    const name = id ?? (file === undefined ? undefined : safeId(stem(basename(file))));
    const said = text ?? list?.join(' ');
    if (name === undefined || said === undefined)
      throw new AsrError(
        'input',
        `${where}: expected id (or file) and text, phones or words`,
        `Compare ${basename(path)} with docs/formats.md.`,
      );
    yield { id: name, text: said.normalize('NFC') };
  }
}

/**
 * What `asr transcribe --output-dir` leaves: a file for each recording, in the first of these formats that is there.
 */
async function* folderTranscripts(folder: string, options: ReadOptions): AsyncGenerator<ReferenceTranscript> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  const format =
    options.format ??
    (['json', 'textgrid', 'eaf', 'ctm', 'tsv', 'srt', 'vtt', 'text'] as const).find((known) =>
      names.some((name) => name.toLowerCase().endsWith(endingOf(known))),
    );
  const chosen = format && names.filter((name) => name.toLowerCase().endsWith(endingOf(format)));
  if (!chosen || chosen.length === 0) throw new AsrError('input', `${folder}: no transcripts in this folder`, hint);
  for (const name of chosen) yield* readTranscripts(join(folder, name), { ...options, format });
}

const endingOf = (format: TranscriptFormat): string => (format === 'text' ? '.txt' : `.${format}`);

/** A whole file by id. @throws AsrError 'input' on a repeated id, since either could be meant */
export async function loadTranscripts(path: string, options: ReadOptions = {}): Promise<Map<string, string>> {
  const byId = new Map<string, string>();
  for await (const { id, text } of readTranscripts(path, options)) {
    if (byId.has(id))
      throw new AsrError(
        'input',
        `${path}: id ${shown(id)} appears twice`,
        'Ids must be unique; remove one of the lines.',
      );
    byId.set(id, text);
  }
  return byId;
}
