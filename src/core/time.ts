// Time in its three units. Samples and frames are integers; seconds exist at the edges. Types of their own, so that one
// cannot be passed for another; plain numbers while the program runs.
import { z } from 'zod';

/** Every sample count and sample position is at this rate. */
export const sampleRate = 16_000;

const count = z.number().int().nonnegative();

/** A count of samples or a position among them, at `sampleRate`. A plain number becomes one by `as Samples` alone. */
export type Samples = number & z.core.$brand<'samples'>;
export const samplesSchema = count.brand<'samples'>();

/** A count of frames, or the number of one. A plain number becomes one by `as Frames` alone. */
export type Frames = number & z.core.$brand<'frames'>;
export const framesSchema = count.brand<'frames'>();

/** What people and settings speak of: a plain number passes for it, but samples and frames do not. */
export type Seconds = number & Partial<z.core.$brand<'seconds'>>;

export const secondsOf = (samples: Samples): Seconds => samples / sampleRate;

/** The nearest sample. */
export const samplesOf = (seconds: Seconds): Samples => Math.round(seconds * sampleRate) as Samples;
