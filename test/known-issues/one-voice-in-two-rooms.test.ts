// `--speakers auto` parted one voice in two where its sound changed with the room or the day: a voice more had to gain
// a quarter of a nat a frame, which a change of room gains, too. Now it has to gain by the bits that it takes to say
// whose each frame is, so that one voice stays one, and a person who says little is still found.
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { sampleRate } from '../../src/core/time.js';
import { tellVoices, type VoiceFrames } from '../../src/speakers/voices.js';

const dim = 5;

/** @param turns where frames have their middle, in the first two values, and seconds */
function frames(turns: readonly (readonly [x: number, y: number, seconds: number])[], seed: number): VoiceFrames {
  const rng = Rng.fromSeed(seed);
  const values = turns.flatMap(([x, y, seconds]) =>
    Array.from({ length: seconds * 100 * dim }, (_, i) => [x, y][i % dim] ?? 0).map((middle) => middle + rng.normal()),
  );
  return { data: Float32Array.from(values), rows: values.length / dim, dim, hop: 160 };
}
const found = (turns: Parameters<typeof frames>[0], seed: number): number => {
  const spoken = frames(turns, seed);
  const all: Region[] = [[0, spoken.rows * 160] as Region];
  const told = tellVoices(spoken, all, sampleRate, { count: 'auto', most: 20 });
  return new Set(told.map(({ speaker }) => speaker)).size;
};

describe.each([1, 2, 3])('seed %i', (seed) => {
  it('one voice in two rooms is one', () => {
    const rooms = Array.from({ length: 12 }, (_, i) => [i % 2 === 0 ? 0 : 2.2, 0, 8] as const);
    expect(found(rooms, seed)).toBe(1);
  });

  it('two people are two, and one who says little beside them is the third', () => {
    const two = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? ([3, 0, 8] as const) : ([0, 3, 8] as const)));
    expect(found(two, seed)).toBe(2);
    expect(found([...two.slice(0, 7), [-3, -3, 6], ...two.slice(7)], seed)).toBe(3);
  });
});
