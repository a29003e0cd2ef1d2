// Where frames lie in sound: the one place of the formulas from frames to samples.
import { sampleRate, type Frames, type Samples } from './time.js';

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

/** 25 ms of sound every 20 ms: the frames of wav2vec 2.0 and its kin. */
export const encoderGrid = { hop: 2 * usualGrid.hop, window: usualGrid.window } as const;

/** Frames where a whole window fits ("snip edges"); 0 when there are fewer samples than one window. */
export const frameCount = (samples: Samples, { window, hop }: Pick<FrameGrid, 'window' | 'hop'>): Frames =>
  (samples < window ? 0 : 1 + Math.floor((samples - window) / hop)) as Frames;

/** The sample in the middle of a frame. */
export const frameMiddle = (frame: Frames, { hop, window, start = 0 }: FrameGrid): Samples =>
  (start + frame * hop + (window >> 1)) as Samples;

/** Windows overlap, so each frame owns the hop around its middle: the first sample that it owns. */
export const frameStart = (frame: Frames, { hop, window, start = 0 }: FrameGrid): Samples =>
  (start + frame * hop + Math.floor((window - hop) / 2)) as Samples;

/** `frameStart` inside of the sound, whose first and last frame also own what is left over at the edges. */
export function frameStartWithin(frame: Frames, frames: Frames, samples: Samples, grid: FrameGrid): Samples {
  if (frame <= 0) return 0 as Samples;
  return frame >= frames ? samples : (Math.min(samples, Math.max(0, frameStart(frame, grid))) as Samples);
}

/** The frame that owns from about this sample on. */
export const frameAt = (sample: Samples, grid: FrameGrid): Frames =>
  Math.max(0, Math.round((sample - frameStart(0 as Frames, grid)) / grid.hop)) as Frames;
