import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { simulateUnits } from '../../src/matching/simulate.js';

const phoneCount = 12;
const sentences = Array.from({ length: 400 }, (_, u) =>
  Int32Array.from({ length: 20 }, (_, i) => (u * 7 + i * 5) % phoneCount),
);
const rates = { phoneCount, unitCount: phoneCount, insertion: 0, deletion: 0 };

function takenFor(alike?: number): { others: Set<number>[]; share: number } {
  const options = { ...rates, confusion: 0.3, ...(alike === undefined ? {} : { alike }) };
  const { units } = simulateUnits(sentences, options, Rng.fromSeed('simulate'));
  const others = Array.from({ length: phoneCount }, () => new Set<number>());
  let wrong = 0;
  units.forEach((line, u) =>
    line.forEach((unit, i) => {
      const phone = sentences[u]![i]!;
      if (unit === phone) return;
      others[phone]!.add(unit);
      wrong++;
    }),
  );
  return { others, share: wrong / (400 * 20) };
}

describe('simulated units', () => {
  it('confuse a phone with a few others where asked, at the chance that is given', () => {
    const { others, share } = takenFor(3);
    expect(others.map(({ size }) => size)).toEqual(others.map(() => 3));
    // a binomial share of 8,000 draws: four standard deviations are .02
    expect(Math.abs(share - 0.3)).toBeLessThan(0.021);
  });

  it('confuse it with any phone otherwise, itself included', () => {
    const { others, share } = takenFor();
    expect(others.every(({ size }) => size === phoneCount - 1)).toBe(true);
    expect(Math.abs(share - (0.3 * (phoneCount - 1)) / phoneCount)).toBeLessThan(0.021);
  });
});
