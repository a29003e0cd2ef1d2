// The only file of the project that reads a reference. Transcripts by id: Kaldi text (`id tokens…`), `id|text`
// (.csv) or JSONL with id and text; hypotheses of `asr score` come in the same formats.
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJsonl, readLines } from '../core/jsonl.js';

export interface Transcript {
  readonly id: string;
  /** What follows the id, in NFC; '' for an utterance in which nothing is said. */
  readonly text: string;
}

const transcriptSchema = z.object({ id: z.string().min(1), text: z.string() });

/** @throws AsrError 'input' when the file is not there or a line cannot be read (with its number) */
export async function* readTranscripts(path: string): AsyncGenerator<Transcript> {
  if (!existsSync(path)) throw new AsrError('input', `${path}: no such file of transcripts`, 'Check the path; score.references is relative to the data folder.');
  if (path.endsWith('.jsonl')) {
    for await (const { id, text } of readJsonl(path, transcriptSchema)) yield { id, text: text.normalize('NFC') };
    return;
  }
  const separator = path.endsWith('.csv') ? /\|/u : /\s+/u;
  let number = 0;
  for await (const raw of readLines(path)) {
    number++;
    const line = raw.replace(/^\uFEFF/u, '').normalize('NFC').trim();
    if (line === '') continue;
    const at = line.search(separator);
    const id = at < 0 ? line : line.slice(0, at);
    if (id === '' || (at < 0 && path.endsWith('.csv'))) throw new AsrError('input', `${path}, line ${number}: expected id|text, found "${line.slice(0, 40)}"`, 'A file without | belongs to the Kaldi format: give it another ending than .csv.');
    yield { id, text: at < 0 ? '' : line.slice(at + 1).trim() };
  }
}

/** A whole small file by id. @throws AsrError 'input' on a repeated id, since either could be meant */
export async function loadTranscripts(path: string): Promise<Map<string, string>> {
  const byId = new Map<string, string>();
  for await (const { id, text } of readTranscripts(path)) {
    if (byId.has(id)) throw new AsrError('input', `${path}: id "${id}" appears twice`, 'Ids must be unique; remove one of the lines.');
    byId.set(id, text);
  }
  return byId;
}
