// Transcripts in JSON, in: records of {id, text}, decode's hypotheses, what `asr transcribe` writes; what is said by id
// out. Records come with their place, for errors.
import { basename } from 'node:path';
import { z } from 'zod';
import { safeId, stem } from '../audio/ids.js';
import { checked } from '../core/checked.js';
import { AsrError } from '../core/errors.js';
import type { LocatedLine, ReferenceTranscript } from './transcript.js';

export interface PlacedRecord {
  readonly value: unknown;
  readonly where: string;
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

export async function* jsonLines(lines: AsyncIterable<LocatedLine>): AsyncGenerator<PlacedRecord> {
  for await (const { line, where } of lines) yield { value: parsed(line, where), where };
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AsrError('input', `${where}: not valid JSON`, 'The file may be cut short; make it again.', error);
  }
}

/** The records of a file that is one JSON value as a whole; undefined where it is not. */
export function jsonRecords(text: string, path: string): PlacedRecord[] | undefined {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return undefined;
  }
  const values = Array.isArray(whole) ? (whole as unknown[]) : [whole];
  return values.map((value, i) => ({ value, where: `${path}, record ${i + 1}` }));
}

/** {id, text}; decode's hypotheses {id, phones}; or what `asr transcribe --json` writes, by the name of its file. */
export async function* jsonTranscripts(
  records: AsyncIterable<PlacedRecord>,
  path: string,
  tokens: 'phones' | 'words',
): AsyncGenerator<ReferenceTranscript> {
  for await (const { value, where } of records) {
    const refuse = (problems: string): AsrError =>
      new AsrError('input', `${where}: ${problems}`, 'Compare the record with docs/formats.md.');
    const { id, file, text, phones, words, error } = checked(recordSchema, value, refuse, 'record');
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
