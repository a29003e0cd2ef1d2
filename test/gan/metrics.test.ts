// What is watched in training, on numbers whose answers are plain; and that a number
// that is not finite is found anywhere.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { ganConfig } from '../../src/gan/config.js';
import type { Batch } from '../../src/gan/batches.js';
import type { Joined } from '../../src/gan/feeds.js';
import { firstNotFinite, requireFinite, updateMetrics } from '../../src/gan/metrics.js';

const batch: Batch = {
  x: new Float32Array(0),
  rows: 0,
  firsts: [0, 0],
  segments: [4, 4],
  lines: [new Int32Array(6), new Int32Array(10)],
};
const joined: Joined = {
  labels: [Int32Array.of(0, 0, 1, 1), Int32Array.of(2, 2, 3, 3)], // four classes of eight, equally often
  frames: [Int32Array.of(0, 2), Int32Array.of(0, 2)],
  paddedLength: 2,
};

const material = {
  batch,
  joined,
  shape: { batch: 2, columns: 1, classes: 8 },
  config: { ...resolveConfig(ganConfig, [], 'test'), clipNorm: 5 },
};

describe('what is watched', () => {
  it('accuracy, clipping, perplexity of the output and its length beside the text', () => {
    const outputs = {
      gradientNorm: Float32Array.of(7),
      fakeScores: Float32Array.of(2, -1),
      realScores: Float32Array.of(-3, -0.5),
      fakeLoss: Float32Array.of(0.25),
    };
    const metrics = updateMetrics({ update: 5, network: 'discriminator' }, outputs, material);
    expect(metrics).toMatchObject({
      update: 5,
      network: 'discriminator',
      gradientNorm: 7,
      fakeLoss: 0.25,
      clipped: 1,
      discriminatorAccuracy: 0.75,
      joinedLength: 2,
      textLength: 8,
      lengthRatio: 0.25,
    });
    expect(metrics['codePerplexity']).toBeCloseTo(4, 6);
    expect(metrics['fakeScores']).toBeUndefined();
  });

  it('no clipping under the limit, no accuracy where only one side was scored', () => {
    const metrics = updateMetrics(
      { update: 4, network: 'generator' },
      { gradientNorm: Float32Array.of(4.9), fakeScores: Float32Array.of(1, 1) },
      material,
    );
    expect(metrics['clipped']).toBe(0);
    expect('discriminatorAccuracy' in metrics).toBe(false);
  });
});

describe('a number that is not finite', () => {
  it.each([
    [0, NaN],
    [499, Infinity],
    [999, -Infinity],
  ])('at place %i', (place, value) => {
    const values = new Float32Array(1000).fill(-2);
    expect(firstNotFinite(values)).toBeUndefined();
    values[place] = value;
    expect(firstNotFinite(values)).toBe(value);
  });

  it('is named by its tensor, the first of several', () => {
    const broken = Float32Array.of(1, NaN);
    expect(() => {
      requireFinite(7, 'generator', [
        ['g.w', Float32Array.of(1)],
        ['g.residual.w', broken],
        ['g.residual.b', broken],
      ]);
    }).toThrow('gan: update 7 (generator): g.residual.w is NaN');
  });
});
