// Recognised phones with their times in the recording, as phone numbers with their frames: what training starts from.
// Gaps are silence where the recogniser knows silence, else the phone before lasts until the next.
import type { Region, TimedPhone } from '../core/records.js';
import { frameAt, type FrameGrid } from '../core/frame-grid.js';
import type { Samples } from '../core/time.js';
import { speechSample } from '../vad/regions.js';

export interface FrameLabels {
  /** Silence is the number of phones. */
  readonly phones: Int32Array;
  /** First frame after each; every one has at least as many frames as a phone has states. */
  readonly ends: Int32Array;
}

export interface LabelOptions {
  /** Numbers of the phones. */
  readonly index: ReadonlyMap<string, number>;
  /** Frames that a phone has at least. */
  readonly statesPerPhone: number;
  readonly grid: FrameGrid;
  /** Whether gaps are silence. */
  readonly silence: boolean;
}

/** The inverse of `recordingSpan`: the frame that begins nearest to a sample of the recording. */
function frameOf(regions: readonly Region[], sample: Samples, grid: FrameGrid): number {
  return frameAt(speechSample(regions, sample), grid);
}

/** Frames of gaps between phones, over all frames up to the last phone. */
export function gapFrames(phones: readonly TimedPhone[], regions: readonly Region[], grid: FrameGrid): number {
  let gap = 0;
  let last = 0;
  for (const { start, end } of phones) {
    gap += Math.max(0, frameOf(regions, start, grid) - last);
    last = frameOf(regions, end, grid);
  }
  return gap;
}

/**
 * @param rows frames of the utterance
 * @returns undefined where nothing was recognised, or more phones than the frames can hold
 */
export function frameLabels(
  recognised: readonly TimedPhone[],
  regions: readonly Region[],
  rows: number,
  { index, statesPerPhone, grid, silence }: LabelOptions,
): FrameLabels | undefined {
  const phones: number[] = [];
  const ends: number[] = [];
  const add = (phone: number, end: number): void => {
    phones.push(phone);
    ends.push(end);
  };
  for (const { phone, start, end } of recognised) {
    const number = index.get(phone);
    if (number === undefined) continue;
    const from = frameOf(regions, start, grid);
    if (from - (ends.at(-1) ?? 0) >= statesPerPhone && silence) add(index.size, from);
    else if (ends.length > 0) ends[ends.length - 1] = Math.max(from, ends[ends.length - 1]!);
    add(number, frameOf(regions, end, grid));
  }
  if (phones.length === 0) return undefined;
  if (silence && rows - ends.at(-1)! >= statesPerPhone) add(index.size, rows);
  if (rows < phones.length * statesPerPhone) return undefined;
  ends[ends.length - 1] = rows;
  for (let i = 0, before = 0; i < ends.length; i++) before = ends[i] = Math.max(ends[i]!, before + statesPerPhone);
  for (let i = ends.length - 1, after = rows + statesPerPhone; i >= 0; i--)
    after = ends[i] = Math.min(ends[i]!, after - statesPerPhone);
  return { phones: Int32Array.from(phones), ends: Int32Array.from(ends) };
}
