// What every front end offers and shares: frames of sound, and what is wrong with some.
import { AsrError } from '../core/errors.js';
import type { FrameGrid } from '../core/frame-grid.js';

export interface FrameRows {
  /** [rows, dim], row-major. */
  readonly data: Float32Array;
  readonly rows: number;
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

type ExtractMany = NonNullable<FeatureExtractor['extractMany']>;

/** One sound by what extracts several. */
export const extractOne =
  (extractMany: ExtractMany): FeatureExtractor['extract'] =>
  async (samples) => {
    const [frames] = await extractMany([samples]);
    if (!frames || frames instanceof Error) throw frames ?? new AsrError('internal', 'no frames');
    return frames;
  };

export interface FeatureExtractor extends FrameGrid {
  readonly dim: number;
  /**
   * @param samples mono, 16 kHz, in [-1, 1]
   * @returns rows = 1 + floor((samples - window) / hop), or 0 when there are fewer samples than one window
   * @throws AsrError 'input' when a sample is not finite
   */
  extract(samples: Float32Array): Promise<FrameRows>;
  /**
   * Several utterances, for front ends that gain from it: the same frames as one by
   * one, or the error of each that failed.
   */
  extractMany?(sounds: readonly Float32Array[]): Promise<(FrameRows | Error)[]>;
  /** What features.json should say of it beside the config: the block that was taken, the family. */
  readonly about?: Readonly<Record<string, string | number>>;
  /** Frees the compiled graphs; extract must not be called afterwards. */
  dispose(): Promise<void>;
}
