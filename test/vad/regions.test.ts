import { describe, expect, it } from 'vitest';
import { keepRegions, originalEnd, originalSample, regionSamples, speechSample } from '../../src/vad/regions.js';
import type { Region } from '../../src/core/records.js';
import type { Samples } from '../../src/core/time.js';

const regions: Region[] = [[3, 5] as Region, [8, 9] as Region, [20, 26] as Region];
const samples = Float32Array.from({ length: 30 }, (_, i) => i);

describe('regions', () => {
  it('keeps the regions one after the other', () => {
    expect([...keepRegions(samples, regions)]).toEqual([3, 4, 8, 20, 21, 22, 23, 24, 25]);
    expect(regionSamples(regions)).toBe(9);
    expect(() => keepRegions(samples.subarray(0, 25), regions)).toThrow('reaches beyond 25 samples');
  });

  it('maps every kept sample to where it came from, and back', () => {
    const kept = keepRegions(samples, regions);
    kept.forEach((origin, at) => {
      expect(originalSample(regions, at as Samples)).toBe(origin);
      expect(speechSample(regions, origin as Samples)).toBe(at);
      expect(originalEnd(regions, (at + 1) as Samples)).toBe(origin + 1);
    });
  });

  it('maps what lies outside to the nearest edge', () => {
    expect(originalSample(regions, 9 as Samples)).toBe(26);
    expect(originalSample(regions, -1 as Samples)).toBe(3);
    expect(originalEnd(regions, 0 as Samples)).toBe(3);
    expect([0, 5, 7, 10, 19, 26, 29].map((at) => speechSample(regions, at as Samples))).toEqual([0, 2, 2, 3, 3, 9, 9]);
  });
});
