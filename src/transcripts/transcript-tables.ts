// Transcripts whose tokens have times, in: CTM, STM and the table of `asr transcribe --format tsv`; what is said in
// each recording out, in order of time. Lines come with their place, for errors.
import { basename } from 'node:path';
import { safeId, stem } from '../audio/ids.js';
import { AsrError } from '../core/errors.js';
import { shown } from '../core/shown.js';
import type { LocatedLine, ReferenceTranscript } from './transcript.js';

/** Tokens by recording; those of one recording come out in order of time. */
class Recordings {
  readonly #tokens = new Map<string, { start: number; text: string }[]>();

  add(id: string, start: number, text: string): void {
    const tokens = this.#tokens.get(id) ?? [];
    this.#tokens.set(id, tokens);
    tokens.push({ start, text });
  }

  *transcripts(): Generator<ReferenceTranscript> {
    for (const [id, tokens] of this.#tokens)
      yield {
        id,
        text: tokens
          .sort((a, b) => a.start - b.start)
          .map(({ text }) => text)
          .filter((text) => text !== '')
          .join(' '),
      };
  }
}

/** A second channel is a recording of its own (`id_2`). */
const nameOf = (id: string, channel: string): string => (['1', 'A', 'a'].includes(channel) ? id : `${id}_${channel}`);

const isTime = (text: string | undefined): boolean => text !== undefined && Number.isFinite(Number(text));

export async function* ctmTranscripts(lines: AsyncIterable<LocatedLine>): AsyncGenerator<ReferenceTranscript> {
  const recordings = new Recordings();
  for await (const { line, where } of lines) {
    if (line.startsWith(';;')) continue;
    const [id = '', channel = '', start, duration, token] = line.split(/\s+/u);
    if (token === undefined || !isTime(start) || !isTime(duration) || Number(duration) < 0)
      throw new AsrError(
        'input',
        `${where}: expected "recording channel start duration token", found ${shown(line, 40)}`,
        'Times are seconds; lines that begin with ;; are comments.',
      );
    recordings.add(nameOf(id, channel), Number(start), token);
  }
  yield* recordings.transcripts();
}

/** NIST's segment time marks: `recording channel speaker start end [<labels>] words`. */
export async function* stmTranscripts(lines: AsyncIterable<LocatedLine>): AsyncGenerator<ReferenceTranscript> {
  const recordings = new Recordings();
  for await (const { line, where } of lines) {
    if (line.startsWith(';;')) continue;
    const [id = '', channel = '', , start, end, ...rest] = line.split(/\s+/u);
    if (end === undefined || !isTime(start) || !isTime(end) || Number(end) < Number(start))
      throw new AsrError(
        'input',
        `${where}: expected "recording channel speaker start end words", found ${shown(line, 40)}`,
        'Times are seconds; lines that begin with ;; are comments.',
      );
    const words = /^<.*>$/.test(rest[0] ?? '') ? rest.slice(1) : rest;
    if (words.some((word) => /^[{}]$/.test(word)) || words[0]?.toLowerCase() === 'ignore_time_segment_in_scoring')
      throw new AsrError(
        'input',
        `${where}: alternatives in braces and segments to ignore are not supported`,
        'Keep one of the words, and take such segments out of references and hypotheses.',
      );
    recordings.add(nameOf(id, channel), Number(start), words.join(' '));
  }
  yield* recordings.transcripts();
}

const fileColumns = ['file', 'path', 'file_name', 'filename', 'audio', 'audio_filepath', 'audio_path', 'clip'];
const idColumns = [
  ...['id', 'utt_id', 'utt', 'uttid', 'utterance', 'utterance_id', 'recording', 'audio_id', 'segment_id', 'key'],
  ...fileColumns,
];
const textColumns = [
  ...['text', 'sentence', 'transcript', 'transcription', 'words', 'phones', 'normalized_text', 'orthography'],
];

/**
 * Rows of cells, the first of which name the columns: an id (or file) and a text; with a `start`, as `asr transcribe
 * --format tsv` writes it, a row is a part of its recording.
 * @throws AsrError 'input' where the header names no such columns
 */
export async function* tableTranscripts(
  rows: AsyncIterable<{ readonly cells: readonly string[]; readonly where: string }>,
): AsyncGenerator<ReferenceTranscript> {
  const recordings = new Recordings();
  let columns: { id: number; text: number; start: number; isFile: boolean } | undefined;
  for await (const { cells, where } of rows) {
    if (!columns) {
      columns = columnsIn(cells, where);
      continue;
    }
    const id = cells[columns.id]?.trim() ?? '';
    const text = cells[columns.text]?.normalize('NFC').trim() ?? '';
    if (id === '') throw new AsrError('input', `${where}: no id`, 'Every row names its recording.');
    const name = columns.isFile ? safeId(stem(basename(id))) : id;
    if (columns.start < 0) yield { id: name, text };
    else {
      const start = cells[columns.start]?.trim() ?? '';
      if (start === '' || !isTime(start))
        throw new AsrError(
          'input',
          `${where}: start: expected seconds, found ${shown(start, 40)}`,
          'Times order a recording.',
        );
      recordings.add(name, Number(start), text);
    }
  }
  yield* recordings.transcripts();
}

function columnsIn(
  header: readonly string[],
  where: string,
): { id: number; text: number; start: number; isFile: boolean } {
  const names = header.map((name) => name.trim().toLowerCase());
  const ids = idColumns.filter((name) => names.includes(name));
  const texts = textColumns.filter((name) => names.includes(name));
  const [id] = ids;
  const [text] = texts;
  if (id === undefined || text === undefined || texts.length > 1)
    throw new AsrError(
      'input',
      `${where}: a table whose header names ` +
        `${texts.length > 1 ? `several texts (${texts.join(', ')})` : 'no id or no text'}: ` +
        shown(header.slice(0, 12).join(', ')),
      'Name the columns id and text, write "id text" a line (Kaldi) with the ' +
        "ending .txt, or set score.layout to the corpus's.",
    );
  return {
    id: names.indexOf(id),
    text: names.indexOf(text),
    start: names.indexOf('start'),
    isFile: fileColumns.includes(id),
  };
}

/** Whether a line begins like the header of a table that can be read. */
export const looksLikeHeader = (cells: readonly string[]): boolean => {
  const names = cells.map((name) => name.trim().toLowerCase());
  return idColumns.some((name) => names.includes(name)) && textColumns.some((name) => names.includes(name));
};
