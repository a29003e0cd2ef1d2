// Where frames lie in sound, and how many of them fit: what every front end shares.
import { AsrError } from '../core/errors.js';

/** Where frames lie in the sound: frame t covers samples [start + t * hop, start + t * hop + window). */
export interface FrameGrid {
  /** Samples between frames. */
  readonly hop: number;
  /** Samples in a frame. */
  readonly window: number;
  /** Of frame 0; absent: 0. Below 0 where frames are centred and the edges of the sound are mirrored. */
  readonly start?: number | undefined;
}

/** The sample in the middle of a frame. */
export const frameMiddle = (frame: number, { hop, window, start = 0 }: FrameGrid): number =>
  start + frame * hop + (window >> 1);

/** Windows overlap, so each frame owns the hop around its middle: the first sample that frame 0 owns. */
export const firstOwned = ({ hop, window, start = 0 }: FrameGrid): number => start + Math.floor((window - hop) / 2);

export interface Frames {
  /** [rows, dim], row-major. */
  readonly data: Float32Array;
  readonly rows: number;
}

/** Frames where a whole window fits ("snip edges"); 0 when there are fewer samples than one window. */
export function frameCount(samples: number, window: number, hop: number): number {
  return samples < window ? 0 : 1 + Math.floor((samples - window) / hop);
}

/** The largest number that half precision holds. */
export const largestFloat16 = 65_504;

/**
 * What is wrong with frames [rows, dim] that hold a number that is not finite, or one beyond `largest`; undefined where
 * nothing is.
 */
export function brokenFrame(data: Float32Array, dim: number, largest = Infinity): string | undefined {
  // A sum times zero is zero only where every value is finite: one pass without a branch a value.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += 0 * data[i]!;
  const finite = sum === 0;
  if (finite && largest === Infinity) return undefined;
  const at = data.findIndex((value) => !Number.isFinite(value) || Math.abs(value) > largest);
  if (at < 0) return undefined;
  const what = Number.isFinite(data[at]) ? `larger than half precision holds (${largest})` : 'not a finite number';
  return `value ${at % dim} of frame ${Math.floor(at / dim)} is ${data[at]}, ${what}`;
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

export interface FeatureExtractor extends FrameGrid {
  readonly dim: number;
  /**
   * @param samples mono, 16 kHz, in [-1, 1]
   * @returns rows = 1 + floor((samples - window) / hop), or 0 when there are fewer samples than one window
   * @throws AsrError 'input' when a sample is not finite
   */
  extract(samples: Float32Array): Promise<Frames>;
  /**
   * Several utterances, for front ends that gain from it: the same frames as one by
   * one, or the error of each that failed.
   */
  extractMany?(sounds: readonly Float32Array[]): Promise<(Frames | Error)[]>;
  /** What features.json should say of it beside the config: the block that was taken, the family. */
  readonly about?: Readonly<Record<string, string | number>>;
  /** Frees the compiled graphs; extract must not be called afterwards. */
  dispose(): Promise<void>;
}
