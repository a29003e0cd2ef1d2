// References without times in, times out, for evaluation only: a supervised monophone HMM learns from the transcripts
// themselves and aligns them. What it makes stays in memory, or goes into a file that
// says what it is; no stage reads it.
import { join } from 'node:path';
import { alignKnown } from '../bootstrap/flat-start.js';
import { frameStartWithin, usualGrid } from '../core/frame-grid.js';
import { AsrError } from '../core/errors.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../core/temporary-folder.js';
import type { Log } from '../core/log.js';
import type { Region, Utterance } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { runStage } from '../core/stage-run.js';
import type { Compute } from '../core/stage.js';
import type { Frames } from '../core/time.js';
import { featuresConfig } from '../features/config.js';
import { featuresStage } from '../features/stage.js';
import { originalEnd, originalSample } from '../vad/regions.js';
import type { AlignedPhone } from './alignment.js';
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
    const positions = await alignKnown(
      items.map(({ utterance: { id }, phones: own }) => ({ id, phones: own })),
      frames,
      { phones: phones.length, name: 'supervised alignment', compute, log },
    );
    await frames.close();
    return new Map(
      items.flatMap(({ utterance, phones: own }) => {
        const found = positions.get(utterance.id);
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

/** Frames to samples of the recording. */
function spansOf(
  positions: Int16Array,
  { regions, samples }: Utterance,
  phones: readonly string[],
  silence: string,
): AlignedPhone[] {
  const spans: AlignedPhone[] = [];
  for (let t = 0; t < positions.length;) {
    let end = t + 1;
    while (end < positions.length && positions[end] === positions[t]) end++;
    const [from, to] = [t, end].map((frame) =>
      frameStartWithin(frame as Frames, positions.length as Frames, samples, usualGrid),
    ) as Region;
    spans.push({
      phone: positions[t]! < 0 ? silence : phones[positions[t]!]!,
      start: originalSample(regions, from),
      end: originalEnd(regions, to),
    });
    t = end;
  }
  return spans;
}
