import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/core/records.js';
import type { Samples } from '../../src/core/time.js';
import { regionSamples } from '../../src/vad/regions.js';
import { splitRegions } from '../../src/vad/split.js';

const none = new Float32Array(0);

describe('splitRegions', () => {
  it('leaves what fits in one group', () => {
    expect(splitRegions(none, [[0, 10] as Region, [20, 30] as Region], 20 as Samples)).toEqual([
      [
        [0, 10],
        [20, 30],
      ],
    ]);
    expect(splitRegions(none, [], 20 as Samples)).toEqual([]);
  });

  it('cuts at the longest pause in the second half of a full group', () => {
    // Pauses 90, 5, 50, 5, 5: at most 4 regions of 10 fit; the first pause comes too early.
    const regions: Region[] = [
      [0, 10] as Region,
      [100, 110] as Region,
      [115, 125] as Region,
      [175, 185] as Region,
      [190, 200] as Region,
      [205, 215] as Region,
    ];
    expect(splitRegions(none, regions, 40 as Samples)).toEqual([regions.slice(0, 3), regions.slice(3)]);
  });

  it('leaves no scrap at the end', () => {
    const regions: Region[] = [
      [0, 10] as Region,
      [12, 22] as Region,
      [24, 34] as Region,
      [36, 46] as Region,
      [100, 101] as Region,
    ];
    const groups = splitRegions(none, regions, 40 as Samples);
    expect(groups.map(regionSamples)).toEqual([30, 11]);
  });

  it('cuts unbroken speech at its quietest moment', () => {
    const samples = new Float32Array(48_000)
      .fill(0.5)
      .map((x, i) => (Math.abs(i - 20_000) < 800 ? 0.01 : x) * Math.sin(i));
    const groups = splitRegions(samples, [[0, 48_000] as Region], 32_000 as Samples);
    expect(groups.length).toBe(2);
    expect(Math.abs(groups[0]![0]![1] - 20_000)).toBeLessThan(800);
    expect(groups[1]).toEqual([[groups[0]![0]![1], 48_000]]);
  });

  it('loses nothing, repeats nothing and respects the limit on many shapes', () => {
    for (let shape = 0; shape < 200; shape++) {
      const regions: Region[] = [];
      let at = 0;
      for (let i = 0; i < 1 + (shape % 13); i++) {
        at += 1 + ((shape * 31 + i * 17) % 4000);
        const end = at + 200 + ((shape * 7919 + i * 104_729) % 30_000);
        regions.push([at, end] as Region);
        at = end;
      }
      const samples = Float32Array.from({ length: at }, (_, i) => Math.sin(i * (shape + 1)));
      const groups = splitRegions(samples, regions, 12_000 as Samples);
      const covered = groups.flat().flatMap(([start, end]) => [start, end]);
      expect(covered).toEqual([...covered].sort((a, b) => a - b));
      expect(groups.reduce((sum, group) => sum + regionSamples(group), 0)).toBe(regionSamples(regions));
      for (const group of groups) {
        expect(regionSamples(group)).toBeLessThanOrEqual(12_000);
        expect(regionSamples(group)).toBeGreaterThan(0);
      }
    }
  });
});
