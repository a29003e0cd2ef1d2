import { describe, expect, it } from 'vitest';
import { augment, mask, reverberate, speedCurve, stretch, warpBands } from '../../src/bootstrap/augment.js';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import { Rng } from '../../src/core/rng.js';

const bands = 40;
const config = bootstrapConfig.parse({}).augment;

describe('changes of log-mel bands', () => {
  it('warp moves a line over the bands to another line', () => {
    const line = Float32Array.from({ length: 2 * bands }, (_, i) => (i % bands) + 100 * Math.floor(i / bands));
    expect(warpBands(line, 2, bands, 1)).toEqual(line);
    const warped = warpBands(line, 2, bands, 0.9);
    for (const b of [0, 7, 39]) expect(warped[bands + b]).toBeCloseTo(100 + 0.9 * b, 4);
    expect(warpBands(line, 2, bands, 1.2)[bands - 1]).toBe(39); // beyond the last band: the last band
  });

  it('an echo falls by 60 dB in its decay time', () => {
    const rows = 60;
    const data = new Float32Array(rows).fill(-40);
    data[0] = 10;
    reverberate(data, { rows, bands: 1, hopSeconds: 0.01 }, { decay: 0.2, level: 0.5 });
    expect(((data[25]! - data[5]!) / Math.LN10) * 10).toBeCloseTo(-60, 1);
  });

  it('stretching keeps labels with their frames', () => {
    const given = { data: Float32Array.of(0, 1, 2, 3), rows: 4, labels: Int16Array.of(0, 0, 1, 1) };
    const slow = stretch(given, 1, Float64Array.of(0, 0.5, 1, 1.5, 2, 2.5, 3));
    expect([...slow.data]).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3]);
    expect([...slow.labels]).toEqual([0, 0, 0, 1, 1, 1, 1]);
    expect([...speedCurve(5, 0, Rng.fromSeed(1))]).toEqual([0, 1, 2, 3, 4]);
  });

  it('masks are set to the mean and cover whole bands or whole frames', () => {
    const data = new Float32Array(250 * bands).fill(1);
    mask(data, 250, bands, 2, Rng.fromSeed('mask'));
    const zeroBands = Array.from({ length: bands }, (_, b) =>
      Array.from({ length: 250 }, (__, t) => data[t * bands + b]).every((x) => x === 0),
    ).filter(Boolean).length;
    const zeroFrames = Array.from({ length: 250 }, (_, t) =>
      data.subarray(t * bands, (t + 1) * bands).every((x) => x === 0),
    ).filter(Boolean).length;
    expect(zeroBands + zeroFrames).toBeGreaterThan(0);
    expect(data.filter((x) => x === 0).length).toBe(zeroBands * 250 + zeroFrames * (bands - zeroBands));
  });

  it('all together follow the stream and stay finite, with a label for each frame', () => {
    const utterance = {
      data: Float32Array.from({ length: 100 * bands }, (_, i) => Math.sin(i)),
      rows: 100,
      labels: new Int16Array(100).fill(3),
    };
    const one = augment(utterance, bands, config, 0.01, Rng.fromSeed(5));
    expect(augment(utterance, bands, config, 0.01, Rng.fromSeed(5))).toEqual(one);
    expect(augment(utterance, bands, config, 0.01, Rng.fromSeed(6)).data).not.toEqual(one.data);
    expect(one.data.every(Number.isFinite)).toBe(true);
    expect(one.labels).toHaveLength(one.rows);
    expect(one.data).toHaveLength(one.rows * bands);
    expect(utterance.data[1]).toBeCloseTo(Math.sin(1), 6);
  });
});
