// Where frames lie in sound: the one place of the formulas from frames to samples.
import { sampleRate } from './records.js';

/** Frame t covers samples [start + t * hop, start + t * hop + window). */
export interface FrameGrid {
  /** Samples between frames. */
  readonly hop: number;
  /** Samples in a frame. */
  readonly window: number;
  /** Of frame 0; absent: 0. Below 0 where frames are centred and the edges of the sound are mirrored. */
  readonly start?: number | undefined;
}

/** 25 ms of sound every 10 ms: the usual frames of speech. */
export const usualGrid = { hop: sampleRate / 100, window: sampleRate / 40 } as const;

/** Frames where a whole window fits ("snip edges"); 0 when there are fewer samples than one window. */
export const frameCount = (samples: number, { window, hop }: Pick<FrameGrid, 'window' | 'hop'>): number =>
  samples < window ? 0 : 1 + Math.floor((samples - window) / hop);

/** The sample in the middle of a frame. */
export const frameMiddle = (frame: number, { hop, window, start = 0 }: FrameGrid): number =>
  start + frame * hop + (window >> 1);

/** Windows overlap, so each frame owns the hop around its middle: the first sample that it owns. */
export const frameStart = (frame: number, { hop, window, start = 0 }: FrameGrid): number =>
  start + frame * hop + Math.floor((window - hop) / 2);

/** `frameStart` inside of the sound, whose first and last frame also own what is left over at the edges. */
export function frameStartWithin(frame: number, frames: number, samples: number, grid: FrameGrid): number {
  if (frame <= 0) return 0;
  return frame >= frames ? samples : Math.min(samples, Math.max(0, frameStart(frame, grid)));
}

/** The frame that owns from about this sample on. */
export const frameAt = (sample: number, grid: FrameGrid): number =>
  Math.max(0, Math.round((sample - frameStart(0, grid)) / grid.hop));
