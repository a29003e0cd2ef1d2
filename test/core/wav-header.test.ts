// Our header beside wavefile's, byte for byte.
import { describe, expect, it } from 'vitest';
import wavefile from 'wavefile';
import { wavFile, wavHeader } from '../../src/core/wav-header.js';

describe('a wav file', () => {
  it.each([
    [16_000, Int16Array.of(0, 1, -1, 32767, -32768)],
    [44_100, new Int16Array(0)],
  ])('at %i Hz is the one that wavefile writes', (rate, samples) => {
    const theirs = new wavefile.WaveFile();
    theirs.fromScratch(1, rate, '16', samples);
    expect(Buffer.from(wavFile(samples, rate)).equals(Buffer.from(theirs.toBuffer()))).toBe(true);
    expect(wavHeader(samples.length, rate)).toHaveLength(44);
  });
});
