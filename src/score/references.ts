// With score/corpora/ the only place of the project that reads a reference. Transcripts by id in the formats that people have: Kaldi text
// (`id tokens…`), `id|text` (.csv), sclite's trn and CTM, JSONL; hypotheses of `asr score` come in the same ones.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { safeId, stem } from '../audio/ids.js';
import { AsrError } from '../core/errors.js';
import { readJsonl, readLines } from '../core/jsonl.js';

export interface ReferenceTranscript {
  readonly id: string;
  /** What follows the id, in NFC; '' for an utterance in which nothing is said. */
  readonly text: string;
}

export const transcriptFormats = ['kaldi', 'csv', 'trn', 'ctm', 'jsonl'] as const;
export type TranscriptFormat = (typeof transcriptFormats)[number];

export interface ReadOptions {
  /** Default: by the file's ending, Kaldi text where it is none of the others. */
  readonly format?: TranscriptFormat | undefined;
  /** What to take of a JSON record that has no `text` but phones and words; default phones. */
  readonly tokens?: 'phones' | 'words' | undefined;
}

const formatOf = (path: string): TranscriptFormat =>
  transcriptFormats.find((format) => path.toLowerCase().endsWith(`.${format}`)) ?? 'kaldi';

/** @throws AsrError 'input' when the file is not there or a line cannot be read (with its number) */
export async function* readTranscripts(path: string, options: ReadOptions = {}): AsyncGenerator<ReferenceTranscript> {
  if (!existsSync(path))
    throw new AsrError(
      'input',
      `${path}: no such file of transcripts`,
      'Check the path; score.references is relative to the data folder.',
    );
  const format = options.format ?? formatOf(path);
  if (format === 'jsonl') yield* jsonTranscripts(path, options.tokens ?? 'phones');
  else if (format === 'ctm') yield* ctmTranscripts(path);
  else for await (const { line, where } of numberedLines(path)) yield parsers[format](line, where);
}

async function* numberedLines(path: string): AsyncGenerator<{ line: string; where: string }> {
  let number = 0;
  for await (const raw of readLines(path)) {
    number++;
    const line = raw
      .replace(/^\uFEFF/u, '')
      .normalize('NFC')
      .trim();
    if (line !== '') yield { line, where: `${path}, line ${number}` };
  }
}

const shown = (line: string): string => `"${line.slice(0, 40)}"`;

const parsers: Record<'kaldi' | 'csv' | 'trn', (line: string, where: string) => ReferenceTranscript> = {
  kaldi: (line) => {
    const at = line.search(/\s/u);
    return at < 0 ? { id: line, text: '' } : { id: line.slice(0, at), text: line.slice(at).trim() };
  },
  csv: (line, where) => {
    const at = line.indexOf('|');
    if (at < 1)
      throw new AsrError(
        'input',
        `${where}: expected id|text, found ${shown(line)}`,
        'A file without | belongs to the Kaldi format: give it another ending than .csv.',
      );
    return { id: line.slice(0, at), text: line.slice(at + 1).trim() };
  },
  trn: (line, where) => {
    const found = /^(.*?)\s*\(([^()\s]+)\)$/u.exec(line);
    if (!found)
      throw new AsrError(
        'input',
        `${where}: expected "tokens (id)", found ${shown(line)}`,
        'Every line of a trn file ends with the id of its utterance in parentheses.',
      );
    const text = found[1] as string;
    if (/(^|\s)[{}](\s|$)/u.test(text))
      throw new AsrError(
        'input',
        `${where}: alternatives in braces are not supported`,
        'Keep one of them; asr score compares with one reference.',
      );
    return { id: found[2] as string, text };
  },
};

/** Tokens of a recording in order of time; a second channel is a recording of its own (`id_2`). */
async function* ctmTranscripts(path: string): AsyncGenerator<ReferenceTranscript> {
  const recordings = new Map<string, { start: number; token: string }[]>();
  for await (const { line, where } of numberedLines(path)) {
    if (line.startsWith(';;')) continue;
    const [id, channel, start, duration, token] = line.split(/\s+/u);
    if (token === undefined || !Number.isFinite(Number(start)) || !Number.isFinite(Number(duration))) {
      throw new AsrError(
        'input',
        `${where}: expected "recording channel start duration token", found ${shown(line)}`,
        'Times are seconds; lines that begin with ;; are comments.',
      );
    }
    const name = ['1', 'A', 'a'].includes(channel as string) ? (id as string) : `${id}_${channel}`;
    const tokens = recordings.get(name) ?? [];
    recordings.set(name, tokens);
    tokens.push({ start: Number(start), token });
  }
  for (const [id, tokens] of recordings)
    yield {
      id,
      text: tokens
        .sort((a, b) => a.start - b.start)
        .map(({ token }) => token)
        .join(' '),
    };
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

/** {id, text}; decode's hypotheses {id, phones}; or what `asr transcribe --json` writes, by the name of its file. */
async function* jsonTranscripts(path: string, tokens: 'phones' | 'words'): AsyncGenerator<ReferenceTranscript> {
  let number = 0;
  for await (const { id, file, text, phones, words, error } of readJsonl(path, recordSchema)) {
    number++;
    if (error !== undefined) continue; // a file that could not be transcribed has no hypothesis
    const list = tokens === 'words' ? (words ?? phones) : (phones ?? words);
    const name = id ?? (file === undefined ? undefined : safeId(stem(basename(file))));
    const said = text ?? list?.join(' ');
    if (name === undefined || said === undefined)
      throw new AsrError(
        'input',
        `${path}, record ${number}: expected id (or file) and text, phones or words`,
        'Compare it with docs/formats.md.',
      );
    yield { id: name, text: said.normalize('NFC') };
  }
}

/** A whole file by id. @throws AsrError 'input' on a repeated id, since either could be meant */
export async function loadTranscripts(path: string, options: ReadOptions = {}): Promise<Map<string, string>> {
  const byId = new Map<string, string>();
  for await (const { id, text } of readTranscripts(path, options)) {
    if (byId.has(id))
      throw new AsrError('input', `${path}: id "${id}" appears twice`, 'Ids must be unique; remove one of the lines.');
    byId.set(id, text);
  }
  return byId;
}
