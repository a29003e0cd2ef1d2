// The speech regions of a long recording in, groups of regions out, each short enough for one utterance:
// cut at long pauses, or at the quietest moment where nobody pauses. Left to right, so results are stable.
import type { Region } from '../core/records.js';
import type { Samples } from '../core/time.js';
import { quietestMoment } from './energy.js';
import { regionSamples } from './regions.js';

/**
 * @param samples the recording; looked at only where one region alone is too long
 * @param maxSamples of speech in one group
 * @returns one group when all fits
 */
export function splitRegions(
  samples: Float32Array | Int16Array,
  regions: readonly Region[],
  maxSamples: Samples,
): Region[][] {
  if (regionSamples(regions) <= maxSamples) return regions.length === 0 ? [] : [[...regions]];
  const groups: Region[][] = [];
  let rest = regions.flatMap((region) => cutRegion(samples, region, maxSamples));
  while (rest.length > 0) {
    const count = regionsThatFit(rest, maxSamples);
    const taken = count === rest.length ? count : cutAt(rest, count, maxSamples);
    groups.push(joinTouching(rest.slice(0, taken)));
    rest = rest.slice(taken);
  }
  return groups;
}

function regionsThatFit(regions: readonly Region[], maxSamples: Samples): number {
  let total = 0;
  let count = 0;
  for (const [start, end] of regions) {
    total += end - start;
    if (total > maxSamples) break;
    count++;
  }
  return Math.max(1, count);
}

/**
 * The longest pause among the first `count` regions, after half of a full utterance and not so late that a
 * scrap of less than a quarter would be left at the end; where there is no such pause, the last that fits.
 */
function cutAt(regions: readonly Region[], count: number, maxSamples: Samples): number {
  const latest = regionSamples(regions) - maxSamples / 4;
  let best = count;
  let longest = -1;
  let total = 0;
  for (let i = 1; i <= count; i++) {
    const [start, end] = regions[i - 1] as Region;
    total += end - start;
    const pause = (regions[i] as Region)[0] - end;
    if (total >= maxSamples / 2 && total <= latest && pause >= longest) {
      longest = pause;
      best = i;
    }
  }
  return best;
}

/** Cuts an unbroken region into parts of at most `maxSamples`, at the quietest frame of each part's second half. */
function cutRegion(samples: Float32Array | Int16Array, [start, end]: Region, maxSamples: Samples): Region[] {
  const parts: Region[] = [];
  let from: number = start;
  while (end - from > maxSamples) {
    const search = from + Math.floor(maxSamples / 2);
    const until = Math.min(from + maxSamples, end - Math.floor(maxSamples / 4)); // no scrap at the end
    const cut = Math.min(until, search + quietestMoment(samples.subarray(search, until)));
    parts.push([from, cut] as Region);
    from = cut;
  }
  parts.push([from, end] as Region);
  return parts;
}

function joinTouching(regions: readonly Region[]): Region[] {
  const joined: Region[] = [];
  for (const [start, end] of regions) {
    const last = joined.at(-1);
    if (last?.[1] === start) last[1] = end;
    else joined.push([start, end]);
  }
  return joined;
}
