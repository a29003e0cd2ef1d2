// What a person needs to look at and listen to one utterance: its sound, where speech, segments and phones lie in it.
import { join } from 'node:path';
import type { z } from 'zod';
import { SampleReader } from '../audio/samples.js';
import { readJsonl } from '../core/jsonl.js';
import {
  boundariesSchema,
  hypothesisSchema,
  utteranceSchema,
  type TimedPhone,
  type Utterance,
} from '../core/records.js';
import type { Rng } from '../core/rng.js';
import { type Frames, sampleRate, samplesOf } from '../core/time.js';
import { hypothesisFiles } from '../decode/hypothesis-texts.js';
import { recordingSpan } from '../decode/timing.js';
import { readFeaturesInfo } from '../features/folder.js';
import { boundariesPath } from '../segments/folder.js';
import { readUtterances, utterancesPath } from '../vad/folder.js';
import type { Picked } from './compare.js';

/** Times are seconds from the start of the sound shown. */
export interface Example extends Picked {
  readonly recording: string;
  readonly speaker: string;
  /** 16 kHz, as decoded: pauses that were cut for learning are in it. */
  readonly samples: Int16Array;
  readonly seconds: number;
  /** It goes on behind what is shown. */
  readonly cut: boolean;
  readonly speech: readonly (readonly [start: number, end: number])[];
  readonly boundaries: readonly number[];
  readonly phones: readonly { readonly phone: string; readonly start: number; readonly end: number }[];
}

export interface ExampleFolders {
  readonly audio: string;
  readonly vad: string;
  readonly features: string;
  readonly segments: string;
  readonly decode: string;
}

/** Utterances at random, for a run without references: a test utterance before others. */
export async function pickRandom(vad: string, count: number, rng: Rng): Promise<Picked[]> {
  const bySplit: { train: string[]; test: string[] } = { train: [], test: [] };
  for await (const { id, split } of readUtterances(vad)) bySplit[split].push(id);
  const order = [...rng.shuffleInPlace(bySplit.test), ...rng.shuffleInPlace(bySplit.train)];
  return order.slice(0, count).map((id) => ({ id, kind: 'random', utterances: [id] }));
}

/** @param seconds of sound at most. Of what features or decode left out, the sound alone is shown. */
export async function readExamples(
  folders: ExampleFolders,
  picked: readonly Picked[],
  silence: string,
  seconds: number,
): Promise<Example[]> {
  const wanted = new Set(picked.flatMap(({ utterances }) => utterances));
  const utterances = await collect(utterancesPath(folders.vad), utteranceSchema, wanted);
  const boundaries = await collect(boundariesPath(folders.segments), boundariesSchema, wanted);
  const hypotheses = await collect(join(folders.decode, hypothesisFiles.records), hypothesisSchema, wanted);
  const { hop, window, start: origin } = await readFeaturesInfo(folders.features);
  await using samples = await SampleReader.open(folders.audio);
  const examples: Example[] = [];
  for (const pick of picked) {
    const parts = pick.utterances.map((id) => utterances.get(id) as Utterance);
    const first = parts[0] as Utterance;
    const start = first.regions[0]?.[0] ?? 0;
    const last = parts.at(-1)?.regions.at(-1)?.[1] ?? start;
    const end = Math.min(last, start + samplesOf(seconds));
    const time = (sample: number): number => Math.round(((sample - start) / sampleRate) * 1000) / 1000;
    const shown = (from: number): boolean => from < end;
    const ends = parts.flatMap(({ id, regions }) => {
      const frames = boundaries.get(id)?.ends ?? [];
      return frames.map(
        (frame) =>
          recordingSpan((frame - 1) as Frames, frame, { hop, window, start: origin, regions, frames: frames.at(-1)! })
            .end,
      );
    });
    const phones = pick.utterances.flatMap((id): readonly TimedPhone[] => hypotheses.get(id)?.phones ?? []);
    examples.push({
      ...pick,
      recording: first.recording,
      speaker: first.speaker,
      samples: (await samples.readGrid(first.recording)).slice(start, end),
      seconds: (end - start) / sampleRate,
      cut: end < last,
      speech: parts.flatMap(({ regions }) =>
        regions.filter(([from]) => shown(from)).map(([from, to]) => [time(from), time(Math.min(to, end))] as const),
      ),
      boundaries: ends.filter(shown).map(time),
      phones: phones
        .filter(({ start: from, phone }) => shown(from) && phone !== silence)
        .map((phone) => ({ phone: phone.phone, start: time(phone.start), end: time(Math.min(phone.end, end)) })),
    });
  }
  return examples;
}

/** The records of some ids, by id; most of a corpus is not held. What a stage left out has none. */
async function collect<S extends z.ZodType<{ id: string }>>(
  path: string,
  schema: S,
  wanted: ReadonlySet<string>,
): Promise<Map<string, z.infer<S>>> {
  const found = new Map<string, z.infer<S>>();
  for await (const record of readJsonl(path, schema)) if (wanted.has(record.id)) found.set(record.id, record);
  return found;
}
