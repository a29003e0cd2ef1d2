// Frames of an utterance to samples of the recording it was cut from: frames to speech-only sound by the frame
// grid, speech-only sound to the recording by its regions.
import type { Region } from '../core/records.js';
import { frameStartWithin, type FrameGrid } from '../core/frame-grid.js';
import type { Frames, Samples } from '../core/time.js';
import { originalEnd, originalSample, regionSamples } from '../vad/regions.js';

/** Where an utterance lies. */
export interface UtteranceGrid extends FrameGrid {
  /** Speech regions of the recording, in samples. */
  readonly regions: readonly Region[];
  /** Frames of the whole utterance. */
  readonly frames: Frames;
}

/**
 * Start of a frame in the speech-only sound, in samples. Windows overlap, so each frame owns the hop around the
 * middle of its window; the first and the last frame also own what is left over at the edges.
 */
export function speechSampleOfFrame(frame: Frames, grid: UtteranceGrid): Samples {
  return frameStartWithin(frame, grid.frames, regionSamples(grid.regions), grid);
}

/**
 * Frames [startFrame, endFrame) as samples [start, end) of the recording; a pause
 * inside is counted in, one beside is not.
 */
export function recordingSpan(
  startFrame: Frames,
  endFrame: Frames,
  grid: UtteranceGrid,
): { start: Samples; end: Samples } {
  return {
    start: originalSample(grid.regions, speechSampleOfFrame(startFrame, grid)),
    end: originalEnd(grid.regions, speechSampleOfFrame(endFrame, grid)),
  };
}
