// With corpora.ts beside it the only place of the project that opens a transcript. Transcripts by id in the
// formats that people have, and in all that `asr transcribe` writes; an ending that is not known is
// refused. Hypotheses come in the same ones.
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { isSoundFile, safeId, stem } from '../audio/ids.js';
import { readCsv } from '../core/csv.js';
import { AsrError } from '../core/errors.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { notUtf8, readLines } from '../core/lines.js';
import { shown } from '../core/shown.js';
import { eafText, subtitleText, textGridText } from './transcript-documents.js';
import { jsonLines, jsonRecords, jsonTranscripts, type PlacedRecord } from './transcript-json.js';
import { lineParsers, lookalike } from './transcript-lines.js';
import { ctmTranscripts, looksLikeHeader, stmTranscripts, tableTranscripts } from './transcript-tables.js';
import type { LocatedLine, ReferenceTranscript } from './transcript.js';

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
  if (format === 'jsonl') yield* jsonTranscripts(jsonLines(numberedLines(path)), path, tokens);
  else if (format === 'json') yield* jsonTranscripts(jsonFile(path), path, tokens);
  else if (format === 'ctm') yield* ctmTranscripts(numberedLines(path));
  else if (format === 'stm') yield* stmTranscripts(numberedLines(path));
  else if (format === 'tsv') yield* tableTranscripts(tsvRows(path));
  else if (format === 'csv') yield* csvTranscripts(path);
  else if (format === 'srt' || format === 'vtt') yield own(subtitleText(await wholeText(path), path));
  else if (format === 'textgrid') yield own(textGridText(await wholeText(path), path, tokens));
  else if (format === 'eaf') yield own(eafText(await wholeText(path), path, tokens));
  else if (format === 'text') yield* plainTranscripts(path, own);
  else for await (const { line, where } of numberedLines(path)) yield lineParsers[format](line, where);
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

/** Lines that are not blank. @param longest beyond this many characters a line is cut, for those who only look */
async function* numberedLines(path: string, longest = Infinity): AsyncGenerator<LocatedLine> {
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

/** One record, a list of them, or one a line (what `asr transcribe --format json` gives for several recordings). */
async function* jsonFile(path: string): AsyncGenerator<PlacedRecord> {
  yield* jsonRecords(await wholeText(path), path) ?? jsonLines(numberedLines(path));
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
