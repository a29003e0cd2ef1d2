// Divides a transcribed corpus so that text and sound stay unpaired: some recordings lend their sentence to the
// text and their sound to nobody, the rest lend their sound; of these some are held out as test. Or the text is a file
// of its own, without the sentences that are spoken.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../src/core/errors.js';
import { readLines } from '../src/core/jsonl.js';
import type { Split } from '../src/core/records.js';
import type { Rng } from '../src/core/rng.js';
import { wordsOf } from '../src/text/normalise.js';

export const splitSettings = {
  textShare: z
    .number()
    .min(0.05)
    .max(0.95)
    .default(0.5)
    .describe('share of the recordings whose sentence becomes text and whose sound is not used'),
  testShare: z.number().min(0).max(0.5).default(0.1).describe('share of the other recordings that is never trained on'),
};

export interface TranscribedRecording {
  readonly id: string;
  /** Absolute path of the sound. */
  readonly path: string;
  readonly speaker: string;
  /** What was said; goes to the text or to the references, never both. undefined where nobody wrote it down. */
  readonly transcript: string | undefined;
  /** The corpus's own division, where it has one: what is test lends no sentence to the text. */
  readonly split?: Split;
  /** Seconds, for a part of a file. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

export interface SplitSettings {
  readonly textShare: number;
  readonly testShare: number;
  /** Absolute path of a text that is no transcript of the corpus; then every recording keeps its sound. */
  readonly textFile?: string | undefined;
}

/** Writes audio.tsv, text.txt and references.txt into `out`. @returns counts for the stage record */
export async function splitCorpus(
  recordings: readonly TranscribedRecording[],
  settings: SplitSettings,
  rng: Rng,
  out: string,
): Promise<Record<string, number>> {
  const inParts = recordings.some(({ start, end }) => start !== undefined || end !== undefined);
  const table = [['id', 'path', 'speaker', 'split', ...(inParts ? ['start', 'end'] : [])].join('\t')];
  const references: string[] = [];
  let test = 0;
  const spoken = new Set<string>();
  const forText: string[] = [];
  for (const { id, path, speaker, transcript, split, start, end } of recordings) {
    const draw = rng.fork(id);
    if (
      draw.uniform() < settings.textShare &&
      split !== 'test' &&
      transcript !== undefined &&
      settings.textFile === undefined
    ) {
      forText.push(transcript);
      continue;
    }
    const isTest = split === undefined ? draw.uniform() < settings.testShare : split === 'test';
    if (isTest) test++;
    table.push([id, path, speaker, isTest ? 'test' : 'train', ...(inParts ? [start ?? '', end ?? ''] : [])].join('\t'));
    if (transcript === undefined) continue;
    references.push(`${id} ${transcript}`);
    spoken.add(transcript);
  }
  // A sentence that two people read must not be in the text when one of the recordings is used as sound.
  const text =
    settings.textFile === undefined
      ? forText.filter((transcript) => !spoken.has(transcript))
      : await unspokenLines(settings.textFile, spoken);
  if (table.length === 1 || text.length === 0)
    throw new AsrError(
      'input',
      `the corpus has ${recordings.length} recordings: too few to divide into text and sound`,
      'Check --data.',
    );
  rng.fork('text').shuffleInPlace(text);
  await writeFile(join(out, 'audio.tsv'), `${table.join('\n')}\n`);
  await writeFile(join(out, 'text.txt'), `${text.join('\n')}\n`);
  await writeFile(join(out, 'references.txt'), references.map((line) => `${line}\n`).join(''));
  const counts = { recordings: table.length - 1, test, 'sentences of text': text.length };
  return settings.textFile === undefined
    ? { ...counts, 'sentences also spoken': forText.length - text.length }
    : counts;
}

/** Case and punctuation differ between a corpus's transcripts and its books; words are compared. */
async function unspokenLines(path: string, spoken: ReadonlySet<string>): Promise<string[]> {
  const key = (line: string): string => wordsOf(line).join(' ');
  const said = new Set([...spoken].map(key));
  const lines: string[] = [];
  for await (const line of readLines(path)) if (line.trim() !== '' && !said.has(key(line))) lines.push(line);
  return lines;
}
