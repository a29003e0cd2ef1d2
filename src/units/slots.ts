// Frames of a run in, one vector for each step of the recording's own time out: units are written for whole recordings,
// pauses included, while frames exist only where somebody speaks.
import { readRecordings } from '../audio/samples.js';
import { AsrError } from '../core/errors.js';
import { frameMiddle, type FrameGrid } from '../core/frame-grid.js';
import type { Recording, Utterance } from '../core/records.js';
import type { ShardItem, ShardReader } from '../core/shards.js';
import type { Frames } from '../core/time.js';
import { readUtterances } from '../vad/folder.js';
import { originalSample } from '../vad/regions.js';

export interface UnitFolders {
  readonly audio: string;
  readonly vad: string;
}

/** A recording and its utterances; one in which nobody speaks has none. */
interface SpokenRecording {
  readonly recording: Recording;
  readonly utterances: readonly Utterance[];
}

/** @throws AsrError 'input' where the two folders do not belong together */
export async function* spokenRecordings({ audio, vad }: UnitFolders): AsyncGenerator<SpokenRecording> {
  const manifest = readUtterances(vad);
  let next = await manifest.next();
  try {
    for await (const recording of readRecordings(audio)) {
      const utterances: Utterance[] = [];
      for (; !next.done && next.value.recording === recording.id; next = await manifest.next())
        utterances.push(next.value);
      yield { recording, utterances };
    }
    if (!next.done)
      throw new AsrError(
        'input',
        `${vad}: "${next.value.id}" belongs to "${next.value.recording}", which ${audio} does not have in this order`,
        'Take the vad and audio folders of one run.',
      );
  } finally {
    await manifest.return(undefined);
  }
}

/** Vectors at steps of a recording, in the order of time. */
export interface Slots {
  /** [rows] the step that each vector stands for, ascending. */
  readonly at: Int32Array;
  /** [rows, columns] mean of the frames whose middle lies in the step. */
  readonly data: Float32Array;
}

/** @param item [rows, columns] frames of the utterance. @param step samples */
export function slotsOf(
  { data, rows, columns }: ShardItem,
  { regions }: Utterance,
  grid: FrameGrid,
  step: number,
): Slots {
  const at: number[] = [];
  const sums = new Float32Array(rows * columns); // [rows, columns] -> the first [slots, columns] of it
  let frames = 0;
  const divide = (): void => {
    const from = (at.length - 1) * columns;
    for (let c = 0; c < columns; c++) sums[from + c]! /= frames;
  };
  for (let t = 0; t < rows; t++) {
    const slot = Math.floor(originalSample(regions, frameMiddle(t as Frames, grid)) / step);
    if (slot !== at.at(-1)) {
      if (at.length > 0) divide();
      at.push(slot);
      frames = 0;
    }
    const to = (at.length - 1) * columns;
    for (let c = 0; c < columns; c++) sums[to + c]! += data[t * columns + c]!;
    frames++;
  }
  if (at.length > 0) divide();
  return { at: Int32Array.from(at), data: sums.subarray(0, at.length * columns) };
}

/** Whether the detector left sound out, so that some steps have no frame. */
export async function hasPauses(folders: UnitFolders, step: number): Promise<boolean> {
  for await (const { recording, utterances } of spokenRecordings(folders)) {
    const spoken = utterances.reduce((sum, { samples }) => sum + samples, 0);
    if (recording.samples - spoken >= step) return true;
  }
  return false;
}

/** Slots of the utterances that have frames. @param training of utterances that are learned from alone */
export async function* allSlots(
  reader: ShardReader,
  folders: UnitFolders,
  { grid, step, training }: { readonly grid: FrameGrid; readonly step: number; readonly training: boolean },
): AsyncGenerator<{ data: Float32Array; rows: number }> {
  for await (const utterance of readUtterances(folders.vad)) {
    if (!reader.has(utterance.id) || (training && utterance.split !== 'train')) continue;
    const { at, data } = slotsOf(await reader.read(utterance.id), utterance, grid, step);
    yield { data, rows: at.length };
  }
}
