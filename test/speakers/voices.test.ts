// Voices told apart by statistics alone: noise of different colours takes turns, and who is found follows them.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import type { Region } from '../../src/core/records.js';
import { sampleRate, type Samples } from '../../src/core/time.js';
import { joinNearest, partingsOf } from '../../src/speakers/cluster.js';
import { bicDistance, GaussianStats } from '../../src/speakers/gaussian-stats.js';
import { speakerIn, stretches, turnsOf } from '../../src/speakers/turns.js';
import { tellVoices, type VoiceFrames } from '../../src/speakers/voices.js';

const dim = 5;
const hop = 160;

/** Frames of people around centres of their own. @param turns person and seconds, one after the other */
function voices(turns: readonly (readonly [person: number, seconds: number])[], seed = 1): VoiceFrames {
  const rng = Rng.fromSeed(seed);
  const frames = turns.flatMap(([person, seconds]) =>
    Array.from({ length: seconds * 100 * dim }, (_, i) => (i % dim === person ? 3 : 0) + rng.normal()),
  );
  return { data: Float32Array.from(frames), rows: frames.length / dim, dim, hop };
}

const told = (turns: ReturnType<typeof tellVoices>): [number, number, number][] =>
  turns.map(({ speaker, start, end }) => [speaker, Math.round(start / sampleRate), Math.round(end / sampleRate)]);

describe('tellVoices', () => {
  const said = [
    [0, 6],
    [1, 4],
    [0, 3],
    [2, 5],
    [1, 4],
  ] as const;
  const all: Region[] = [[0, 22 * sampleRate] as Region];

  it('finds turns, however many people there are said to be', () => {
    const expected = [
      [0, 0, 6],
      [1, 6, 10],
      [0, 10, 13],
      [2, 13, 18],
      [1, 18, 22],
    ];
    expect(told(tellVoices(voices(said), all, sampleRate, { count: 3, most: 20 }))).toEqual(expected);
    expect(told(tellVoices(voices(said), all, sampleRate, { count: 'auto', most: 20 }))).toEqual(expected);
  });

  it('gives one person where one is asked for or there, and nobody for silence', () => {
    expect(told(tellVoices(voices(said), all, sampleRate, { count: 1, most: 20 }))).toEqual([[0, 0, 22]]);
    expect(told(tellVoices(voices([[0, 22]]), all, sampleRate, { count: 'auto', most: 20 }))).toEqual([[0, 0, 22]]);
    expect(tellVoices(voices(said), [], sampleRate, { count: 2, most: 20 })).toEqual([]);
  });

  it('names people in the order in which they speak, across pauses', () => {
    const regions = [
      [7, 10],
      [14, 17],
    ].map(([a, b]) => [a! * sampleRate, b! * sampleRate] as Region);
    expect(told(tellVoices(voices(said), regions, sampleRate, { count: 2, most: 20 }))).toEqual([
      [0, 7, 10],
      [1, 14, 17],
    ]);
  });
});

describe('what it is made of', () => {
  it('joins what is near, and keeps to the number that was asked for', () => {
    const byDistance = {
      distance: (a: number, b: number) => Math.abs(a - b),
      join: (a: number, b: number) => (a + b) / 2,
    };
    expect([...joinNearest([1, 9, 2, 10, 30], byDistance, 3).of]).toEqual([0, 1, 0, 1, 2]);
    expect([...joinNearest([1, 9, 2, 10, 30], byDistance, 2).of]).toEqual([0, 0, 0, 0, 1]);
    expect([...joinNearest([1, 9, 2, 10, 30], byDistance, 9).of]).toEqual([0, 1, 2, 3, 4]);
    expect([...joinNearest([], byDistance, 1).of]).toEqual([]);
    expect(partingsOf([1, 9, 30], byDistance, 2).map(({ of, voices }) => [voices, ...of])).toEqual([
      [1, 0, 0, 0],
      [2, 0, 0, 1],
    ]);
  });

  it('scores frames by a Gaussian with a full covariance', () => {
    const stats = new GaussianStats(2);
    const rng = Rng.fromSeed(3);
    const data = Float32Array.from({ length: 20_000 }, () => rng.normal());
    for (let t = 0; t < 10_000; t++) data[2 * t + 1] = data[2 * t]! + 0.5 * data[2 * t + 1]!;
    stats.add(data, 0, 10_000);
    // Covariance [[1, 1], [1, 1.25]] has the determinant .25.
    expect(stats.logDeterminant).toBeCloseTo(Math.log(0.25), 1);
    const score = stats.scorer();
    expect(score(Float32Array.of(1, 1), 0)).toBeGreaterThan(score(Float32Array.of(1, -1), 0));
    expect(bicDistance(stats, stats, 1)).toBeLessThan(0);
  });

  it('cuts regions evenly, joins labels, and finds who speaks in a stretch', () => {
    expect(stretches([[0, 95] as Region, [200, 210] as Region], 20)).toEqual([
      [0, 19],
      [19, 38],
      [38, 57],
      [57, 76],
      [76, 95],
      [200, 210],
    ]);
    const turns = turnsOf(
      [[0, 10] as Region, [10, 20] as Region, [30, 40] as Region, [40, 50] as Region],
      [4, 4, 4, 1],
      15,
    );
    expect(turns).toEqual([
      { start: 0, end: 40, speaker: 0 },
      { start: 40, end: 50, speaker: 1 },
    ]);
    expect([
      speakerIn(turns, 35 as Samples, 44 as Samples),
      speakerIn(turns, 60 as Samples, 61 as Samples),
      speakerIn([], 0 as Samples, 1 as Samples),
    ]).toEqual([0, 1, undefined]);
  });
});
