// Whose vectors are, for models of several geometries: people at right angles, all values positive, hardly apart beside
// what all vectors share, few or many values. One voice stays one, and two and three are found, whatever the scale.
import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/core/records.js';
import { Rng } from '../../src/core/rng.js';
import { sampleRate } from '../../src/core/time.js';
import { groupVectors } from '../../src/speakers/vector-groups.js';

interface Geometry {
  readonly dim: number;
  /** What all vectors share, in units of how far people are from each other. */
  readonly shared: number;
  /** How far the vectors of one are from their middle, all values together. */
  readonly spread: number;
  readonly positive?: boolean;
}
const geometries: Readonly<Record<string, Geometry>> = {
  'people at right angles': { dim: 192, shared: 0, spread: 0.8 },
  'all values positive': { dim: 256, shared: 0.5, spread: 0.8, positive: true },
  'cosines of .98 between people': { dim: 128, shared: 5, spread: 0.6 },
  'few values': { dim: 16, shared: 1, spread: 0.6 },
};
const stretch = 1.5 * sampleRate;

/** @param people who speaks in each stretch. Neighbours are like each other, as what is said one after the other is. */
function speak(people: readonly number[], { dim, shared, spread, positive }: Geometry, seed: number) {
  const rng = Rng.fromSeed(seed);
  const direction = (): number[] => {
    const values = Array.from({ length: dim }, () => (positive === true ? Math.abs(rng.normal()) : rng.normal()));
    const norm = Math.hypot(...values);
    return values.map((value) => value / norm);
  };
  const all = direction();
  const own = new Map([...new Set(people)].map((person) => [person, direction()]));
  let mood = direction();
  const vectors = people.map((person) => {
    if (rng.integer(4) === 0) mood = direction();
    const noise = direction();
    const values = own
      .get(person)!
      .map((value, i) => value + shared * all[i]! + spread * (0.8 * noise[i]! + 0.6 * mood[i]!));
    const norm = Math.hypot(...values);
    return Float32Array.from(values, (value) => value / norm);
  });
  const parts = people.map((_, i): Region => [i * stretch, (i + 1) * stretch] as Region);
  return { vectors, parts };
}

/** Turns of three to eight stretches. */
function turns(people: number, stretches: number, seed: number): number[] {
  const rng = Rng.fromSeed(seed);
  const told: number[] = [];
  let last = 0;
  while (told.length < stretches) {
    for (let left = 3 + rng.integer(6); left > 0; left--) told.push(last);
    last = people === 1 ? 0 : (last + 1 + rng.integer(people - 1)) % people;
  }
  return told;
}

describe.each(Object.entries(geometries))('vectors of a model: %s', (_, geometry) => {
  it.each([1, 2, 3])('finds %i, each its own', (people) => {
    for (const seed of [1, 2, 3]) {
      const said = turns(people, 60 * people, seed);
      const { vectors, parts } = speak(said, geometry, seed);
      const found = groupVectors(vectors, parts, sampleRate, { count: 'auto', most: 20 });
      const names = new Map<number, number>();
      const expected = said.map((person) => {
        if (!names.has(person)) names.set(person, names.size);
        return names.get(person)!;
      });
      expect([...(found as Int32Array)], `seed ${seed}`).toEqual(expected);
    }
  });
});

describe('groupVectors', () => {
  it('keeps to the number that was asked for', () => {
    const { vectors, parts } = speak(turns(2, 60, 4), geometries['all values positive']!, 4);
    const groups = groupVectors(vectors, parts, sampleRate, { count: 3, most: 20 });
    expect(new Set(groups as Int32Array).size).toBe(3);
  });

  it('gives nobody for no vectors, and one for one', () => {
    const options = { count: 'auto', most: 20 } as const;
    expect([...(groupVectors([], [], sampleRate, options) as Int32Array)]).toEqual([]);
    const one = [Float32Array.of(0.6, 0.8)];
    expect([...(groupVectors(one, [[0, stretch] as Region], sampleRate, options) as Int32Array)]).toEqual([0]);
    const same = [one[0]!, one[0]!, one[0]!];
    const parts = same.map((_, i): Region => [i * stretch, (i + 1) * stretch] as Region);
    expect([...(groupVectors(same, parts, sampleRate, options) as Int32Array)]).toEqual([0, 0, 0]);
  });
});
