// Transcripts in, utterances out: text with its times where the file holds them. What `asr transcribe --json` writes
// comes by its utterances, what decode writes by its phones, and every other format of transcripts as one text an id.
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { AsrError, toAsrError } from '../core/errors.js';
import { readLines, standardInput } from '../core/lines.js';
import { sampleRate } from '../core/time.js';
import { readTranscripts } from '../transcripts/references.js';
import { jsonRecords } from '../transcripts/transcript-json.js';

export interface TranscribedText {
  /** Of the recording or the utterance, as the file has it. */
  readonly id: string;
  readonly text: string;
  /** Seconds of the recording; null where the file does not say. */
  readonly start: number | null;
  readonly end: number | null;
  readonly speaker?: string;
}

const seconds = z.number().min(0).max(1e9);
const recordingSchema = z.object({
  file: z.string(),
  utterances: z.array(z.object({ start: seconds, end: seconds, text: z.string(), speaker: z.string().optional() })),
});
const timed = z.object({ start: seconds, end: seconds });
const hypothesisSchema = z.object({
  id: z.string().min(1),
  phones: z.array(timed.extend({ phone: z.string() })),
  words: z.array(timed.extend({ word: z.string() })).optional(),
});

/** @param path a file, a folder of them, or - @throws AsrError 'input' for what is no transcript */
export async function* spokenUtterances(path: string): AsyncGenerator<TranscribedText> {
  if (path !== standardInput && isFolder(path)) {
    const records = readdirSync(path).filter((name) => extname(name).toLowerCase() === '.json');
    if (records.length > 0) {
      for (const name of records.sort()) yield* spokenUtterances(join(path, name));
      return;
    }
  } else if (path === standardInput || ['.json', '.jsonl'].includes(extname(path).toLowerCase())) {
    yield* ofRecords(path);
    return;
  }
  for await (const { id, text } of readTranscripts(path, { tokens: 'words' }))
    yield { id, text, start: null, end: null };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw toAsrError(error);
  }
}

async function* ofRecords(path: string): AsyncGenerator<TranscribedText> {
  if (extname(path).toLowerCase() === '.json') {
    const records = jsonRecords(await readFile(path, 'utf8'), path);
    if (records) {
      for (const { value, where } of records) yield* ofRecord(value, where);
      return;
    }
  }
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    if (line.trim() === '') continue;
    const where = `${path === standardInput ? 'standard input' : path}, line ${number}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new AsrError('input', `${where}: not valid JSON`, 'asr transcribe --json writes such lines.', error);
    }
    yield* ofRecord(value, where);
  }
}

const plainSchema = z.object({ id: z.string().optional(), file: z.string().optional(), text: z.string() });

function* ofRecord(value: unknown, where: string): Generator<TranscribedText> {
  if (z.object({ error: z.string() }).safeParse(value).success) return; // could not be transcribed
  const recording = recordingSchema.safeParse(value);
  if (recording.success) {
    for (const { speaker, text, start, end } of recording.data.utterances)
      yield { id: recording.data.file, text, start, end, ...(speaker === undefined ? {} : { speaker }) };
    return;
  }
  const hypothesis = hypothesisSchema.safeParse(value);
  if (hypothesis.success) {
    const { id, phones, words } = hypothesis.data;
    const tokens = words ? words.map(({ word }) => word) : phones.map(({ phone }) => phone);
    const [first, last] = [phones[0], phones.at(-1)];
    const at = (samples: number): number => Math.round((1000 * samples) / sampleRate) / 1000;
    yield { id, text: tokens.join(' '), start: first ? at(first.start) : null, end: last ? at(last.end) : null };
    return;
  }
  const plain = plainSchema.safeParse(value);
  const id = plain.data?.id ?? plain.data?.file;
  if (!plain.success || id === undefined)
    throw new AsrError(
      'input',
      `${where}: expected file and utterances, or id and text or phones`,
      'asr transcribe --json writes such records (docs/transcript.schema.json).',
    );
  yield { id, text: plain.data.text, start: null, end: null };
}
