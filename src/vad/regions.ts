// Regions of a recording and the speech-only sound made of them: cut, and map positions there and back.
// All in samples; regions are half-open, sorted and apart from each other.
import type { Region } from '../core/records.js';
import type { Samples } from '../core/time.js';

export function regionSamples(regions: readonly Region[]): Samples {
  return regions.reduce((sum, [start, end]) => sum + end - start, 0) as Samples;
}

/** The regions one after the other. @throws RangeError when they reach beyond the samples */
export function keepRegions(samples: Float32Array, regions: readonly Region[]): Float32Array {
  const kept = new Float32Array(regionSamples(regions));
  let at = 0;
  for (const [start, end] of regions) {
    if (end > samples.length)
      throw new RangeError(`keepRegions: region [${start}, ${end}) reaches beyond ${samples.length} samples`);
    kept.set(samples.subarray(start, end), at);
    at += end - start;
  }
  return kept;
}

/**
 * Where a sample of the speech-only sound lies in the recording. The sample after the last one maps to the
 * end of the last region. For the end of an interval use `originalEnd`, which does not jump over a pause.
 */
export function originalSample(regions: readonly Region[], sample: Samples): Samples {
  let before = 0;
  for (const [start, end] of regions) {
    if (sample < before + end - start) return (start + Math.max(0, sample - before)) as Samples;
    before += end - start;
  }
  return regions.at(-1)?.[1] ?? (0 as Samples);
}

/** Where an interval that ends (exclusively) at `end` in the speech-only sound ends in the recording. */
export function originalEnd(regions: readonly Region[], end: Samples): Samples {
  return end <= 0 ? originalSample(regions, end) : ((originalSample(regions, (end - 1) as Samples) + 1) as Samples);
}

/** The inverse of originalSample; a position inside a pause maps to the first sample after it. */
export function speechSample(regions: readonly Region[], original: Samples): Samples {
  let before = 0;
  for (const [start, end] of regions) {
    if (original < end) return (before + Math.max(0, original - start)) as Samples;
    before += end - start;
  }
  return before as Samples;
}
