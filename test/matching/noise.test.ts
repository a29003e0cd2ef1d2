// The noise of the text: its rates, what `auto` makes of two lengths, and that streams repeat.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { noisySentences, textNoise } from '../../src/matching/noise.js';

const sentence = Int32Array.from({ length: 1000 }, (_, i) => i);

describe('text noise', () => {
  it('resolves auto from segments per utterance and phones per sentence', () => {
    const units = [new Int32Array(12), new Int32Array(12)];
    expect(textNoise({ deletion: 0.05, duplication: 'auto' }, units, [new Int32Array(10)]).duplication).toBeCloseTo(
      0.25,
      10,
    );
    expect(textNoise({ deletion: 0.05, duplication: 'auto' }, units, [new Int32Array(40)]).duplication).toBe(0);
    expect(textNoise({ deletion: 0.05, duplication: 0.3 }, units, [new Int32Array(10)]).duplication).toBe(0.3);
  });

  it('deletes and doubles at the wanted rates and keeps the order', () => {
    const noisy = [...noisySentences([sentence], { deletion: 0.1, duplication: 0.2 }, 20, Rng.fromSeed(1))];
    const kept = noisy.map((s) => new Set(s).size);
    const mean = (xs: number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
    expect(mean(kept)).toBeGreaterThan(890);
    expect(mean(kept)).toBeLessThan(910);
    expect(mean(noisy.map((s) => s.length)) / mean(kept)).toBeCloseTo(1.2, 1);
    for (const s of noisy)
      s.forEach((phone, i) => {
        if (i > 0) expect(phone).toBeGreaterThanOrEqual(s[i - 1]!);
      });
  });

  it('repeats with the same stream and differs between passes', () => {
    const read = (): number[][] => [
      ...noisySentences([sentence], { deletion: 0.1, duplication: 0.1 }, 2, Rng.fromSeed(3)),
    ];
    expect(read()).toEqual(read());
    expect(read()[0]).not.toEqual(read()[1]);
  });
});
