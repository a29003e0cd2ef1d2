// Matching on simulated segments with known truth: close to the oracle mapping, repeatable, and clear about bad input.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { matchingConfig } from '../../src/matching/config.js';
import { matchNgrams, type MatchingInput } from '../../src/matching/match.js';
import { simulateUnits } from '../../src/matching/simulate.js';
import { bigramSentences, errorRate } from './bigram-source.js';

const phoneCount = 16;
const unitCount = 40;
const rng = Rng.fromSeed('matching');
const all = bigramSentences(phoneCount, 2400, 30, rng);
const spoken = all.slice(0, 1200);
const { units, oracle } = simulateUnits(
  spoken,
  { phoneCount, unitCount, confusion: 0.1, insertion: 0.05, deletion: 0.05 },
  rng.fork('sound'),
);
const input: MatchingInput = {
  units,
  unitCount,
  sentences: all.slice(1200),
  phoneCount,
  config: matchingConfig.parse({ restarts: 4, steps: 400 }),
  rng: rng.fork('learn'),
  compute: { engine: 'cpu', threads: 1 },
};

const collapsed = (sequence: Int32Array, phoneOf: (unit: number) => number): number[] =>
  Array.from(sequence, phoneOf).filter((phone, i, path) => i === 0 || phone !== path[i - 1]);
const per = (phoneOf: (unit: number) => number): number =>
  errorRate(
    spoken.slice(0, 200),
    units.slice(0, 200).map((sequence) => collapsed(sequence, phoneOf)),
  );
const bestOf =
  (table: Float32Array) =>
  (unit: number): number => {
    const row = table.subarray(unit * phoneCount, (unit + 1) * phoneCount);
    return row.indexOf(Math.max(...row));
  };

describe('matching on simulated segments (10 % confusions, 5 % insertions, 5 % deletions)', () => {
  it('comes within 1.2 x the oracle mapping, far below chance', async () => {
    const { table, loss, restarts } = await matchNgrams(input);
    const bound = per((unit) => oracle[unit]!);
    expect(per((unit) => ((unit % phoneCount) * 7) % phoneCount)).toBeGreaterThan(0.7);
    expect(per(bestOf(table))).toBeLessThan(1.2 * bound);
    expect(loss).toBe(Math.min(...restarts.map((restart) => restart.loss)));
    for (let k = 0; k < unitCount; k++) {
      expect(table.subarray(k * phoneCount, (k + 1) * phoneCount).reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(
        1,
        4,
      );
    }
  });

  it('gives the same table for the same stream', async () => {
    const short = { ...input, config: { ...input.config, steps: 20 } };
    const [a, b] = [await matchNgrams(short), await matchNgrams(short)];
    expect(a.table).toEqual(b.table);
    const other = await matchNgrams({ ...short, rng: Rng.fromSeed('another') });
    expect(other.table).not.toEqual(a.table);
  });

  it('starts from a given table', async () => {
    const start = new Float32Array(unitCount * phoneCount).fill(0.01);
    oracle.forEach((phone, unit) => {
      start[unit * phoneCount + phone] = 0.85;
    });
    const { restarts } = await matchNgrams({ ...input, start, config: { ...input.config, steps: 1, restarts: 1 } });
    for (let unit = 0; unit < unitCount; unit++) expect(bestOf(restarts[0]!.table)(unit)).toBe(oracle[unit]);
  });
});

describe('bad input', () => {
  it.each([
    [{ units: [] }, 'two segments'],
    [{ units: [[3]] }, 'two segments'],
    [{ sentences: [] }, 'two phones'],
    [{ unitCount: 3 }, 'is not below 3'],
    [{ phoneCount: 3 }, 'is not below 3'],
  ])('%o is one clear error', async (change, message) => {
    await expect(matchNgrams({ ...input, ...change })).rejects.toThrow(message);
  });
});
