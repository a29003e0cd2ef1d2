// Where frames come from: a store of those that another program made, or whatever makes them.
import type { FeaturesInfo } from './folder.js';
import type { FrameGrid } from '../core/frame-grid.js';
import type { FrameRows } from './frames.js';
import type { UtteranceSound } from './utterance-sound.js';

/** Frames by the id of an utterance. */
export interface FrameStore {
  readonly dim: number;
  readonly kind: string;
  /** undefined: it has none for this id. */
  rowsOf(id: string): Promise<number | undefined>;
  read(id: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Makes the frames of a window of utterances; what failed comes as an error. */
export interface FrameMaker extends FrameGrid {
  readonly dim: number;
  /** Without it, samples are not read. */
  readonly needsSound: boolean;
  readonly about?: FeaturesInfo['about'];
  make(window: readonly UtteranceSound[]): Promise<(FrameRows | Error)[]>;
  dispose(): Promise<void>;
}
