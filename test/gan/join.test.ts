// Runs of predictions, the frame drawn from each, and the greedy transcript.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { collapse, drawFrames, labelPerplexity, runStarts, transcript } from '../../src/gan/join.js';

const labels = Int32Array.of(4, 4, 4, 1, 7, 7, 1);

describe('JOIN', () => {
  it('starts a run wherever the label changes', () => {
    expect(runStarts(labels)).toEqual([0, 3, 4, 6]);
    expect(runStarts(new Int32Array(0))).toEqual([]);
    expect([...collapse(labels)]).toEqual([4, 1, 7, 1]);
  });

  it('draws every frame of a run about equally often, and only frames of that run', () => {
    const rng = Rng.fromSeed('frames');
    const seen = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 3000; i++) for (const frame of drawFrames(labels, rng)) seen[frame]!++;
    expect(seen[3]).toBe(3000);
    expect(seen[6]).toBe(3000);
    for (const t of [0, 1, 2]) expect(Math.abs(seen[t]! - 1000)).toBeLessThan(120);
    for (const t of [4, 5]) expect(Math.abs(seen[t]! - 1500)).toBeLessThan(140);
  });

  it('draws nothing for runs of one frame', () => {
    const rng = Rng.fromSeed('still');
    const before = rng.state;
    expect([...drawFrames(Int32Array.of(1, 2, 1), rng)]).toEqual([0, 1, 2]);
    expect(rng.state).toEqual(before);
  });
});

describe('transcript', () => {
  it('collapses first and removes silence and special classes then', () => {
    // 9 is silence, 11 a special class: the two runs of 2 around silence stay two phones.
    expect(transcript(Int32Array.of(2, 2, 9, 2, 11, 11, 3), 9, 10)).toEqual([2, 2, 3]);
  });
});

describe('labelPerplexity', () => {
  it('is the number of labels used evenly', () => {
    expect(labelPerplexity(Int32Array.of(5, 0, 5, 5, 5))).toBeCloseTo(4, 12);
    expect(labelPerplexity(Int32Array.of(0, 9))).toBe(1);
    expect(labelPerplexity(new Int32Array(3))).toBe(0);
  });
});
