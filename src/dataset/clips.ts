// A run in, its utterances one after the other out: the sound from the first to the last of an utterance's speech, who
// speaks, and what was recognised with times that count from the clip's beginning.
import { join } from 'node:path';
import type { z } from 'zod';
import { readRecordings, SampleReader } from '../audio/samples.js';
import { AsrError } from '../core/errors.js';
import { readJsonl } from '../core/jsonl.js';
import { hypothesisSchema, type Split } from '../core/records.js';
import { readStageRecord } from '../core/stage-run.js';
import { sampleRate } from '../core/time.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { hypothesisFolder } from '../selftrain/output.js';
import { readUtterances } from '../vad/folder.js';

/** A phone or word; seconds of the clip. */
export interface Timed {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number | undefined;
}

export interface Clip {
  readonly id: string;
  readonly recording: string;
  /** The source file, and where in it the clip begins, in seconds. */
  readonly source: string;
  readonly offset: number;
  readonly speaker: string;
  readonly split: Split;
  /** Mono, 16 kHz. */
  readonly samples: Int16Array;
  readonly phones: readonly Timed[];
  readonly words: readonly Timed[] | undefined;
}

/** The words, or the phones where words were not decoded. */
export const transcriptOf = ({ words, phones }: Clip): string => (words ?? phones).map(({ text }) => text).join(' ');
export const secondsOf = ({ samples }: Clip): number => samples.length / sampleRate;

/** @throws AsrError 'input' where the run has recognised nothing yet */
export async function* clipsOf(run: string): AsyncGenerator<Clip> {
  const folder = hypothesisFolder({ decode: join(run, 'decode'), selftrain: join(run, 'selftrain') });
  if (!(await readStageRecord(folder)))
    throw new AsrError('input', `${run}: no run that has recognised its corpus`, 'Run its recipe as far as decode.');
  const sources = new Map<string, { path: string; offset: number }>();
  for await (const { id, path, offset = 0 } of readRecordings(join(run, 'audio'))) sources.set(id, { path, offset });
  const recognised = new Map<string, z.infer<typeof hypothesisSchema>>();
  for await (const one of readJsonl(join(folder, hypothesisFiles.records), hypothesisSchema))
    recognised.set(one.id, one);
  const reader = await SampleReader.open(join(run, 'audio'));
  try {
    for await (const { id, recording, speaker, split, regions } of readUtterances(join(run, 'vad'))) {
      const [start, end] = [regions[0]?.[0] ?? 0, regions.at(-1)?.[1] ?? 0];
      const source = sources.get(recording);
      const hypothesis = recognised.get(id);
      if (!source || !hypothesis) continue; // left out by name in an earlier stage
      const seconds = (sample: number): number => (Math.min(end, Math.max(start, sample)) - start) / sampleRate;
      const timed = (text: string, one: { start: number; end: number; confidence?: number | undefined }): Timed => ({
        ...{ text, start: seconds(one.start), end: seconds(one.end), confidence: one.confidence },
      });
      yield {
        ...{ id, recording, speaker, split, source: source.path, offset: (source.offset + start) / sampleRate },
        samples: (await reader.readGrid(recording)).subarray(start, end),
        phones: hypothesis.phones.map((one) => timed(one.phone, one)),
        words: hypothesis.words?.map((one) => timed(one.word, one)),
      };
    }
  } finally {
    await reader.close();
  }
}

/** What made the data, for the header of each part. */
export async function provenance(run: string, stage: string): Promise<Provenance> {
  const record = await readStageRecord(join(run, stage));
  if (!record)
    throw new AsrError('input', `${join(run, stage)}: this stage did not finish`, 'Run the recipe as far as decode.');
  return { stage, hash: record.key, seed: record.seed, program: record.program };
}

export interface Provenance {
  readonly stage: string;
  /** Of its settings, seed and inputs. */
  readonly hash: string;
  readonly seed: number;
  readonly program: string;
}
