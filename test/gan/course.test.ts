// What changes on the way through a training, in numbers worked out by hand; and the scale of spectral normalisation
// against a matrix whose singular values are known.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { compile } from '../../src/engine/index.js';
import { toSpectralNorm } from '../../src/gan/adversaries.js';
import { ganConfig } from '../../src/gan/config.js';
import { hasCourse, inUse, paceOf } from '../../src/gan/course.js';
import { tf } from '../../src/engine/index.js';

describe('the course of a training', () => {
  const config = resolveConfig(
    ganConfig,
    [
      {
        updates: 1000,
        lrDecay: 0.5,
        course: { share: 0.4, temperature: 3, codePenalty: 0.5 },
        pairs: { weight: 8, share: 0.2 },
        curriculum: { by: 'length', from: 0.5, share: 0.1 },
      },
    ],
    'test',
  );

  it('moves settings in a line from their starts to what is set', () => {
    expect([0, 200, 400, 900].map((update) => paceOf(update, 1, config).course)).toEqual([
      { temperature: 3, codePenalty: 0.5, smoothness: 1 },
      { temperature: 2, codePenalty: 0.75, smoothness: 1 },
      { temperature: 1, codePenalty: 1, smoothness: 1 },
      { temperature: 1, codePenalty: 1, smoothness: 1 },
    ]);
    expect([0, 100, 200, 300].map((update) => paceOf(update, 1, config).pairWeight)).toEqual([8, 4, 0, 0]);
    expect([0, 50, 100, 999].map((update) => inUse(update, config))).toEqual([0.5, 0.75, 1, 1]);
    expect([0, 500, 750].map((update) => paceOf(update, 7, config).lrShare)).toEqual([1, 1, 0.5]);
  });

  it('is none by default, so that a longer training begins as a shorter one', () => {
    const plain = resolveConfig(ganConfig, [], 'test');
    expect([hasCourse(config), hasCourse(plain)]).toEqual([true, false]);
    expect(hasCourse(resolveConfig(ganConfig, [{ course: { smoothness: 2 } }], 'test'))).toBe(true);
    expect(inUse(0, plain)).toBe(1);
  });
});

describe('spectral normalisation', () => {
  it('scales the largest singular value', async () => {
    // Orthogonal columns of lengths 5, 2 and 1.
    const weight = Float32Array.of(3, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1);
    const compiled = await compile(
      ({ w }) => ({ scaled: toSpectralNorm(w as tf.Tensor2D, 2) }),
      { w: { shape: [4, 3] } },
      { name: 'spectral', engine: 'cpu', threads: 1 },
    );
    const { scaled } = await compiled.run({ w: weight });
    await compiled.dispose();
    weight.forEach((x, i) => {
      expect(scaled[i]).toBeCloseTo(0.4 * x, 4);
    });
  });
});
