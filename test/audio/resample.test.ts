import { describe, expect, it } from 'vitest';
import { Resampler } from '../../src/audio/resample.js';
import { amplitudeAt, rms, sine } from './signals.js';

function resample(input: Float64Array, rate: number, chunk = input.length): Float64Array {
  const resampler = new Resampler(rate);
  const parts: number[] = [];
  for (let at = 0; at < input.length; at += chunk) parts.push(...resampler.push(input.subarray(at, at + chunk)));
  parts.push(...resampler.finish());
  return Float64Array.from(parts);
}

describe('Resampler', () => {
  for (const rate of [8000, 11_025, 22_050, 44_100, 48_000, 96_000, 15_999]) {
    it(`keeps length, level, frequency and phase of a 1 kHz sine at ${rate} Hz`, () => {
      const output = resample(sine(1000, rate, 1), rate);
      expect(output.length).toBe(16_000);
      const expected = sine(1000, 16_000, 1);
      const difference = output.map((value, i) => value - expected[i]!);
      expect(rms(difference, 100)).toBeLessThan(0.5e-3);
    });
  }

  it.each([[22_050], [44_100], [48_000], [96_000]])('removes what would alias from %d Hz', (rate) => {
    for (const frequency of [8200, 9000, 10_500])
      expect(rms(resample(sine(frequency, rate, 1), rate), 200)).toBeLessThan(0.5 * 10 ** (-60 / 20));
  });

  it('is flat to 6.7 kHz (3.3 kHz of an 8 kHz source) and leaves no image', () => {
    expect(amplitudeAt(resample(sine(6700, 48_000, 1), 48_000), 6700)).toBeGreaterThan(0.5 * 0.98);
    const up = resample(sine(3300, 8000, 1), 8000);
    expect(amplitudeAt(up, 3300)).toBeGreaterThan(0.5 * 0.98);
    expect(amplitudeAt(up, 8000 - 3300)).toBeLessThan(0.5e-3);
  });

  it('gives the same samples whatever the chunks', () => {
    const input = sine(313, 44_100, 0.7).map((value, i) => value + 0.1 * Math.cos(i * i));
    const whole = resample(input, 44_100);
    for (const chunk of [1, 7, 1000, 4096, 30_000]) expect(resample(input, 44_100, chunk)).toEqual(whole);
  });

  it('keeps a constant exactly', () => {
    const output = resample(new Float64Array(4410).fill(0.25), 44_100);
    for (const value of output.subarray(100, -100)) expect(value).toBeCloseTo(0.25, 12);
  });
});
