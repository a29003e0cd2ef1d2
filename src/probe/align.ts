// References without times in, times out, for evaluation only: a supervised monophone HMM learns from the transcripts
// themselves and aligns them. What it makes stays in memory, or goes into a file that
// says what it is; no stage reads it.
import { join } from 'node:path';
import { trainMixtures, createMixtureScorer, type LabelledRows, type Mixtures } from '../bootstrap/mixtures.js';
import { frameStartWithin, usualGrid } from '../core/frame-grid.js';
import { AsrError } from '../core/errors.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../core/temporary-folder.js';
import type { Log } from '../core/log.js';
import { type Utterance } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { runStage } from '../core/stage-run.js';
import type { Compute } from '../core/stage.js';
import { featuresConfig } from '../features/config.js';
import { featuresStage } from '../features/stage.js';
import { originalEnd, originalSample } from '../vad/regions.js';
import type { AlignedPhone } from './alignment.js';
import { alignPhones } from './forced-path.js';
import { readUtterances } from '../vad/folder.js';

export interface ProbeAlignOptions {
  readonly audio: string;
  readonly vad: string;
  /** Phones by recording. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  readonly silence: string;
  readonly seed: number;
  readonly compute: Compute;
  readonly log: Log;
}

/** Passes with one Gaussian a state, from equal lengths on, and passes with several. */
const passes = { single: 7, mixed: 2 } as const;
const components = 4;
const mixturePasses = 2;
const varianceFloor = 0.05;
const chain = 3;
const silenceCost = 4;

interface Item {
  readonly utterance: Utterance;
  readonly phones: readonly number[];
}

/**
 * Recordings that are one utterance and have a reference; the others are left out.
 * @throws AsrError 'input' when none is left
 */
export async function alignReferences(options: ProbeAlignOptions): Promise<Map<string, AlignedPhone[]>> {
  const { audio, vad, silence, compute, log } = options;
  const folder = await makeTemporaryFolder('asr-align');
  try {
    await runStage(featuresStage, {
      inputs: { audio, vad },
      out: join(folder, 'mfcc'),
      config: featuresConfig.parse({}),
      data: folder,
      seed: options.seed,
      log,
      compute,
    });
    const frames = await ShardReader.open(join(folder, 'mfcc', 'frames'));
    const { items, phones } = await itemsOf(options, frames);
    const classes = phones.length * chain + 1;
    const path = { chain, classes, silenceCost };
    const training = { classes, dim: frames.columns ?? 1, varianceFloor, passes: mixturePasses };
    let labels = new Map<string, Int16Array>();
    for (const {
      utterance: { id },
      phones: own,
    } of items)
      labels.set(id, equalLengths(await frames.read(id), own, classes));
    let places = new Map<string, Int16Array>();
    for (let pass = 0; pass < passes.single + passes.mixed; pass++) {
      const model = await trainMixtures(() => labelledRows(items, frames, labels), {
        ...training,
        components: pass < passes.single ? 1 : components,
      });
      ({ labels, places } = await align(items, frames, model, path, compute));
      log.info(`supervised alignment, pass ${pass + 1}: ${places.size} of ${items.length} utterances`);
    }
    await frames.close();
    return new Map(
      items.flatMap(({ utterance, phones: own }) => {
        const found = places.get(utterance.id);
        return found
          ? [
              [
                utterance.recording,
                spansOf(
                  found,
                  utterance,
                  own.map((phone) => phones[phone]!),
                  silence,
                ),
              ] as const,
            ]
          : [];
      }),
    );
  } finally {
    await removeTemporaryFolder(folder);
  }
}

async function itemsOf(
  { vad, references, silence }: ProbeAlignOptions,
  frames: ShardReader,
): Promise<{ items: Item[]; phones: string[] }> {
  const byRecording = new Map<string, Utterance[]>();
  for await (const utterance of readUtterances(vad))
    byRecording.set(utterance.recording, [...(byRecording.get(utterance.recording) ?? []), utterance]);
  const numbers = new Map<string, number>();
  const numberOf = (phone: string): number => numbers.get(phone) ?? numbers.set(phone, numbers.size).size - 1;
  const items: Item[] = [];
  for (const [recording, [utterance, second]] of byRecording) {
    const own = references.get(recording)?.filter((phone) => phone !== silence && phone !== '<SIL>');
    if (utterance && !second && own && own.length > 0 && frames.has(utterance.id))
      items.push({ utterance, phones: own.map(numberOf) });
  }
  if (items.length === 0)
    throw new AsrError(
      'input',
      `probe: none of ${references.size} references belongs to a recording of one utterance`,
      'Do the ids of the references equal those of audio/recordings.jsonl?',
    );
  return { items, phones: [...numbers.keys()] };
}

/**
 * To begin with: every phone as long as the others, and the softest frames silent.
 * @param frames first column: loudness
 */
function equalLengths(
  { data, rows, columns }: { data: Float32Array; rows: number; columns: number },
  phones: readonly number[],
  classes: number,
): Int16Array {
  const loudness = Float32Array.from({ length: rows }, (_, t) => data[t * columns]!);
  const soft = [...loudness].sort((a, b) => a - b)[Math.floor(rows / 20)] ?? -Infinity;
  return Int16Array.from({ length: rows }, (_, t) => {
    if (loudness[t]! < soft) return classes - 1;
    const place = (t / rows) * phones.length;
    return phones[Math.floor(place)]! * chain + Math.floor((place % 1) * chain);
  });
}

async function* labelledRows(
  items: readonly Item[],
  frames: ShardReader,
  labels: ReadonlyMap<string, Int16Array>,
): AsyncGenerator<LabelledRows> {
  for (const {
    utterance: { id },
  } of items) {
    const own = labels.get(id);
    if (own) yield { data: (await frames.read(id)).data, labels: own };
  }
}

async function align(
  items: readonly Item[],
  frames: ShardReader,
  model: Mixtures,
  path: Parameters<typeof alignPhones>[3],
  compute: Compute,
): Promise<{ labels: Map<string, Int16Array>; places: Map<string, Int16Array> }> {
  const labels = new Map<string, Int16Array>();
  const places = new Map<string, Int16Array>();
  const scorer = await createMixtureScorer(model, compute);
  try {
    for (const {
      utterance: { id },
      phones,
    } of items) {
      const { data, rows } = await frames.read(id);
      const found = alignPhones(await scorer.score(data, rows), rows, phones, path);
      if (!found) continue;
      labels.set(id, found.classes);
      places.set(id, found.places);
    }
  } finally {
    await scorer.dispose();
  }
  return { labels, places };
}

/** Frames to samples of the recording. */
function spansOf(
  places: Int16Array,
  { regions, samples }: Utterance,
  phones: readonly string[],
  silence: string,
): AlignedPhone[] {
  const spans: AlignedPhone[] = [];
  for (let t = 0; t < places.length;) {
    let end = t + 1;
    while (end < places.length && places[end] === places[t]) end++;
    const [from, to] = [t, end].map((frame) => frameStartWithin(frame, places.length, samples, usualGrid)) as [
      number,
      number,
    ];
    spans.push({
      phone: places[t]! < 0 ? silence : phones[places[t]!]!,
      start: originalSample(regions, from),
      end: originalEnd(regions, to),
    });
    t = end;
  }
  return spans;
}
