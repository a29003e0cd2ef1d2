// Where frames lie in sound, and how many of them fit: what every front end shares.
import { AsrError } from '../core/errors.js';

/** Where frames lie in the sound: frame t covers samples [t * hop, t * hop + window). */
export interface FrameGrid {
  /** Samples between frames. */
  readonly hop: number;
  /** Samples in a frame. */
  readonly window: number;
}

export interface Frames {
  /** [rows, dim], row-major. */
  readonly data: Float32Array;
  readonly rows: number;
}

/** Frames where a whole window fits ("snip edges"); 0 when there are fewer samples than one window. */
export function frameCount(samples: number, window: number, hop: number): number {
  return samples < window ? 0 : 1 + Math.floor((samples - window) / hop);
}

/** @throws AsrError 'input' when a sample is not finite */
export function refuseBrokenSound(samples: Float32Array): void {
  const broken = samples.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw new AsrError(
      'input',
      `sample ${broken} is ${samples[broken]}, expected a finite number`,
      'The sound is damaged; decode or record it again.',
    );
}
