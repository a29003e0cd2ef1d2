// Mean and variance after normalisation, and which utterances share their sums.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import {
  FrameSums,
  normaliseInPlace,
  normaliseTogetherInPlace,
  PooledDeviation,
} from '../../src/features/normalise.js';

const rng = Rng.fromSeed(11);
const noise = (rows: number, mean: number, deviation: number): Float32Array =>
  Float32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? 1 : 100) * (mean + deviation * rng.normal()));

function moments(parts: readonly Float32Array[], c: number): [number, number] {
  const values = parts.flatMap((part) => Array.from(part).filter((_, i) => i % 2 === c));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length];
}

describe('normalisation', () => {
  it('gives a speaker mean 0 and variance 1, and keeps what differs between their utterances', () => {
    const frames = [noise(400, 5, 1), noise(100, 9, 3)].map((data) => ({ data, rows: data.length / 2 }));
    normaliseTogetherInPlace(frames, 2, 'speaker');
    for (const c of [0, 1]) {
      const [mean, variance] = moments(
        frames.map((f) => f.data),
        c,
      );
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 4);
      expect(moments([frames[1]!.data], c)[0]).toBeGreaterThan(0.8);
    }
  });

  it('gives each utterance mean 0 and variance 1 when asked to', () => {
    const frames = [noise(400, 5, 1), noise(100, 9, 3)].map((data) => ({ data, rows: data.length / 2 }));
    normaliseTogetherInPlace(frames, 2, 'utterance');
    for (const { data } of frames) {
      expect(moments([data], 0)[0]).toBeCloseTo(0, 5);
      expect(moments([data], 1)[1]).toBeCloseTo(1, 4);
    }
  });

  it('leaves everything as it is for none', () => {
    const data = noise(10, 5, 1);
    const before = data.slice();
    normaliseTogetherInPlace([{ data, rows: 10 }], 2, 'none');
    expect(data).toEqual(before);
  });

  it('only centres a dimension that does not vary', () => {
    const data = Float32Array.from([-131.0743, 1, -131.0743, 2, -131.0743, 3]);
    const sums = new FrameSums(2);
    sums.add(data);
    normaliseInPlace(data, sums);
    for (const t of [0, 2, 4]) expect(Math.abs(data[t]!)).toBeLessThan(1e-4);
    expect(data[5]).toBeCloseTo(Math.sqrt(1.5), 5);
  });

  it('pools deviations inside groups, by their frames, and not between them', () => {
    const pooled = new PooledDeviation(1);
    for (const values of [
      [9, 11, 9, 11],
      [500, 500 + 8],
    ]) {
      const sums = new FrameSums(1);
      sums.add(Float32Array.from(values));
      pooled.addGroup(sums);
    }
    expect(pooled.values()[0]).toBeCloseTo(Math.sqrt((4 * 1 + 2 * 16) / 6), 9);
  });

  it('counts frames over all that was added', () => {
    const sums = new FrameSums(3);
    sums.add(new Float32Array(6));
    sums.add(new Float32Array(9));
    expect(sums.rows).toBe(5);
    expect(() => {
      sums.add(new Float32Array(4));
    }).toThrow('not rows of 3');
  });
});
