// Floats beyond full scale became square waves, and channels in opposite phase
// vanished in their average: both in silence.
import { expect, it } from 'vitest';
import { MonoCollector, type GridAudio } from '../../src/audio/mono.js';
import { decodeWav } from '../../src/audio/wav.js';
import { rms, sine, wavBytes } from '../audio/signals.js';

const decode = (...args: Parameters<typeof wavBytes>): GridAudio => decodeWav(wavBytes(...args), '"x.wav"')!;
const level = ({ samples }: GridAudio): number => rms(samples, 100) / 32767;
const half = Math.SQRT1_2;

it.each<[string, number, number]>([
  ['+12 dB', 4, half],
  ['integers of 16 bits stored as floats', 16_000, (16_000 / 32_768) * half],
  ['integers of 32 bits stored as floats', 2 ** 30, 0.5 * half],
])('%s', (_, amplitude, expected) => {
  for (const kind of ['f32', 'f64'] as const) {
    const audio = decode([sine(300, 16_000, 1, amplitude)], 16_000, kind);
    expect(level(audio)).toBeCloseTo(expected, 3);
    expect(audio.note).toMatch(/times full scale/);
  }
});

it('what is in scale stays as it is, without a word', () => {
  const audio = decode([sine(300, 16_000, 1, 1)], 16_000, 'f32');
  expect(level(audio)).toBeCloseTo(half, 3);
  expect(audio.note).toBeUndefined();
});

it('channels that cancel each other out: one is taken', () => {
  const left = sine(300, 16_000, 1);
  for (const gain of [-1, -0.98, -0.7]) {
    const audio = decode([left, left.map((value) => gain * value)], 16_000, 's16');
    expect(level(audio)).toBeCloseTo(0.5 * half, 3);
    expect(audio.note).toMatch(/opposite phase.*channel 1 alone/);
  }
});

it('others are averaged: the same, unlike, or silent channels, two or eight', () => {
  const tone = (hertz: number): Float64Array => sine(hertz, 16_000, 1);
  for (const channels of [
    [tone(300), tone(300)],
    [tone(300), tone(440)],
    [tone(300), new Float64Array(16_000)],
    Array.from({ length: 8 }, (_, i) => tone(300 + 40 * i)),
    Array.from({ length: 8 }, (_, i) => (i === 3 ? tone(300) : new Float64Array(16_000))),
  ])
    expect(decode(channels, 16_000, 's16').note).toBeUndefined();
});

it('a stream decides once it has heard something, piece by piece as at once', () => {
  const silence = new Float64Array(20 * 16_000);
  const left = Float64Array.from([...silence, ...sine(300, 16_000, 12, 0.5)]);
  const interleaved = Float32Array.from({ length: 2 * left.length }, (_, i) => (i % 2 === 0 ? 1 : -1) * left[i >> 1]!);
  const collect = (size: number): GridAudio => {
    const collector = new MonoCollector('x', 16_000, 2, { lookFirst: true });
    for (let at = 0; at < interleaved.length; at += size) collector.push(interleaved.slice(at, at + size));
    return collector.finish();
  };
  const whole = collect(interleaved.length);
  expect(whole.samples.length).toBe(left.length);
  expect(rms(whole.samples.subarray(21 * 16_000)) / 32767).toBeCloseTo(0.5 * half, 2);
  expect(collect(7000).note).toBe(whole.note);
  expect(Buffer.from(collect(7000).samples.buffer).equals(Buffer.from(whole.samples.buffer))).toBe(true);
});

it('says what turns out later, when the mix has been chosen', () => {
  const collect = (channels: readonly Float64Array[]): GridAudio => {
    const collector = new MonoCollector('x', 16_000, channels.length, { lookFirst: true });
    const frames = channels[0]!.length;
    const interleaved = Float32Array.from(
      { length: frames * channels.length },
      (_, i) => channels[i % channels.length]![Math.floor(i / channels.length)]!,
    );
    for (let at = 0; at < interleaved.length; at += 8000) collector.push(interleaved.slice(at, at + 8000));
    return collector.finish();
  };
  const left = sine(300, 16_000, 16);
  const turned = left.map((value, i) => (i < 12 * 16_000 ? value : -value));
  expect(collect([left, turned]).note).toMatch(/cancel each other out in 4 of 16 seconds/);
  expect(collect([left, left.map((value, i) => (i < 12 * 16_000 ? value : 0))]).note).toBeUndefined();
  const loud = left.map((value, i) => (i < 12 * 16_000 ? value : 10 * value));
  expect(collect([loud]).note).toMatch(/later samples reach 5 times full scale/);
});
