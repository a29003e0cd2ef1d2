import { describe, expect, it } from 'vitest';
import { decodeWav } from '../../src/audio/wav.js';
import { rms, sine, wavBytes, type WavKind } from './signals.js';

const decode = (bytes: Buffer): ReturnType<typeof decodeWav> => decodeWav(bytes, '"x.wav"');

describe('decodeWav', () => {
  it.each<[WavKind, number]>([
    ['u8', 0.008],
    ['s16', 4e-5],
    ['s24', 4e-5],
    ['s32', 4e-5],
    ['f32', 2e-5],
    ['f64', 2e-5],
  ])('reads %s', (kind, tolerance) => {
    const input = sine(440, 16_000, 0.1);
    const { samples } = decode(wavBytes([input], 16_000, kind))!;
    expect(samples.length).toBe(1600);
    samples.forEach((value, i) => {
      expect(Math.abs(value / 32767 - input[i]!)).toBeLessThan(tolerance);
    });
  });

  it('averages channels', () => {
    const { samples, sourceChannels } = decode(
      wavBytes(
        [
          [0.5, 0.2],
          [0.1, 0.2],
          [0, -0.4],
        ],
        16_000,
        'f64',
      ),
    )!;
    expect([...samples]).toEqual([Math.round(0.2 * 32767), 0]);
    expect(sourceChannels).toBe(3);
  });

  it('scales floats that lie beyond full scale', () => {
    expect([...decode(wavBytes([[1.5, -3, 1, -1]], 16_000, 'f32'))!.samples]).toEqual([16384, -32767, 10922, -10922]);
  });

  it('does not take the padding byte of an odd chunk for a sample', () => {
    const odd = Buffer.concat([wavBytes([[0, 0.5, 0.25]], 16_000, 'u8'), Buffer.from([0])]);
    expect(decode(odd)!.samples.length).toBe(3);
  });

  it('decodes a file that is cut short as far as it goes, and says so', () => {
    const whole = wavBytes([sine(300, 16_000, 1), sine(300, 16_000, 1)], 16_000, 's16');
    const cut = decode(whole.subarray(0, 44 + 20_001))!;
    expect(cut.samples.length).toBe(5000);
    expect(cut.warning).toBe('cut short: 20001 of 64000 bytes of sound are there');
    expect(rms(cut.samples) / 32767).toBeCloseTo(0.5 / Math.SQRT2, 2);
    expect(decode(whole)!.warning).toBeUndefined();
  });

  it('names NaN and infinite samples, and files without samples', () => {
    expect(() => decode(wavBytes([[0, NaN, Infinity, 0]], 16_000, 'f32'))).toThrow(
      '"x.wav": 2 samples are NaN or infinite',
    );
    expect(() => decode(wavBytes([[]], 16_000, 's16'))).toThrow('"x.wav": holds 0 samples');
  });

  it('refuses a header that cannot be meant, and leaves unknown encodings to ffmpeg', () => {
    expect(() => decode(wavBytes([[0, 0]], 3, 's16'))).toThrow('a rate of 3 Hz');
    const alaw = wavBytes([[0, 0]], 16_000, 's16');
    alaw.writeUInt16LE(6, 20);
    expect(decode(alaw)).toBeUndefined();
    expect(decode(Buffer.from('RIFF'))).toBeUndefined();
  });
});
