// Divides a transcribed corpus so that text and sound stay unpaired: some recordings lend their sentence to the
// text and their sound to nobody, the rest lend their sound; of these some are held out as test.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../src/core/errors.js';
import type { Rng } from '../src/core/rng.js';

export const splitSettings = {
  textShare: z.number().min(0.05).max(0.95).default(0.5).describe('share of the recordings whose sentence becomes text and whose sound is not used'),
  testShare: z.number().min(0).max(0.5).default(0.1).describe('share of the other recordings that is never trained on'),
};

export interface TranscribedRecording {
  readonly id: string;
  /** Absolute path of the sound. */
  readonly path: string;
  readonly speaker: string;
  /** What was said; goes to the text or to the references, never both. */
  readonly transcript: string;
}

/** Writes audio.tsv, text.txt and references.txt into `out`. @returns counts for the stage record */
export async function splitCorpus(recordings: readonly TranscribedRecording[], settings: { textShare: number; testShare: number }, rng: Rng, out: string): Promise<Record<string, number>> {
  const table = ['id\tpath\tspeaker\tsplit'];
  const text: string[] = [];
  const references: string[] = [];
  let test = 0;
  const spoken = new Set<string>();
  const forText: string[] = [];
  for (const { id, path, speaker, transcript } of recordings) {
    const draw = rng.fork(id);
    if (draw.uniform() < settings.textShare) {
      forText.push(transcript);
      continue;
    }
    const isTest = draw.uniform() < settings.testShare;
    if (isTest) test++;
    table.push([id, path, speaker, isTest ? 'test' : 'train'].join('\t'));
    references.push(`${id} ${transcript}`);
    spoken.add(transcript);
  }
  // A sentence that two people read must not be in the text when one of the recordings is used as sound.
  for (const transcript of forText) if (!spoken.has(transcript)) text.push(transcript);
  if (references.length === 0 || text.length === 0) throw new AsrError('input', `the corpus has ${recordings.length} recordings: too few to divide into text and sound`, 'Check --data.');
  rng.fork('text').shuffleInPlace(text);
  await writeFile(join(out, 'audio.tsv'), `${table.join('\n')}\n`);
  await writeFile(join(out, 'text.txt'), `${text.join('\n')}\n`);
  await writeFile(join(out, 'references.txt'), `${references.join('\n')}\n`);
  return { recordings: references.length, test, 'sentences of text': text.length, 'sentences also spoken': forText.length - text.length };
}
