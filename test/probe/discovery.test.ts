// The four numbers of the phoneme discovery benchmark against its own program, and the rules of its windows by hand.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { boundaryScores, changes, compareBoundaries, phonemeDiscovery } from '../../src/probe/discovery.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Six recordings of phones of 10 to 140 ms, and units that mostly know the phone; lengths differ by up to a unit. */
function made(): { 'units.jsonl': string; 'gold.txt': string } {
  const rng = Rng.fromSeed('discovery');
  const phones = ['SIL', 'a', 'b', 'c', 'd', 'e'];
  const gold = ['#file onset offset #phone'];
  const lines: string[] = [];
  for (let f = 0; f < 6; f++) {
    const steps: number[] = [];
    while (steps.length < 150 + 30 * f) {
      const phone = rng.choice([0, 1, 2, 3, 4, 5].filter((p) => p !== steps.at(-1)));
      const from = steps.length;
      steps.push(...new Array<number>(1 + rng.integer(14)).fill(phone));
      gold.push(`file${f} ${(from / 100).toFixed(2)} ${(steps.length / 100).toFixed(2)} ${phones[phone]}`);
    }
    const units = Array.from({ length: (steps.length + (f % 3)) >> 1 }, (_, k) => {
      const phone = steps[Math.min(2 * k + rng.integer(2), steps.length - 1)]!;
      return rng.uniform() < 0.75 ? 3 * phone + rng.integer(3) : rng.integer(20);
    });
    lines.push(JSON.stringify({ file: `file${f}`, units }));
  }
  return { 'units.jsonl': `${lines.join('\n')}\n`, 'gold.txt': `${gold.join('\n')}\n` };
}

describe('phoneme discovery', () => {
  it("equals the benchmark's own program", async () => {
    const folder = await temporaryFolder(made());
    const paths = { units: join(folder, 'units.jsonl'), gold: join(folder, 'gold.txt') };
    const found = await phonemeDiscovery({ ...paths, step: 320, silence: 'SIL' });
    // discophon 0.0.x at a94d46e: python -m discophon.evaluate units.jsonl gold.txt --n-units 20 --n-phonemes 5
    const theirs = [0.5121338638262689, 0.978021978021978, 0.6500956022944551, 0.15834337770110984];
    expect(found).toMatchObject({ recordings: 6, phones: 6 });
    expect([found.pnmi, found.per, found.f1, found.rValue]).toEqual(
      theirs.map((value) => expect.closeTo(value, 12) as number),
    );
  });

  it('reads what nobody aligned as silence, from CTM too', async () => {
    const folder = await temporaryFolder({
      'units.jsonl': '{"file":"r","units":[0,0,1,1,0,0,0]}\n',
      'gold.ctm': 'r 1 0.0400 0.0400 a\nr 1 0.0800 0.0100 SIL\n',
    });
    const paths = { units: join(folder, 'units.jsonl'), gold: join(folder, 'gold.ctm') };
    expect(await phonemeDiscovery({ ...paths, step: 320, silence: 'SIL' })).toEqual({
      recordings: 1,
      phones: 2,
      purity: 1,
      pnmi: expect.closeTo(1, 12) as number,
      per: 0,
      f1: 1,
      rValue: 1,
    });
  });

  it('refuses phones beyond the recording, and other recordings', async () => {
    const folder = await temporaryFolder({
      'units.jsonl': '{"file":"r","units":[0,0,1,1,0]}\n',
      'long.ctm': 'r 1 0 1.5 a\n',
      'other.ctm': 's 1 0 .1 a\n',
    });
    const score = (gold: string) =>
      phonemeDiscovery({ units: join(folder, 'units.jsonl'), gold: join(folder, gold), step: 320, silence: 'SIL' });
    await expect(score('long.ctm')).rejects.toThrow(/"r" has phones for 1.5 s, .* units for 0.1 s/);
    await expect(score('other.ctm')).rejects.toThrow(/none of its recordings/);
  });
});

describe('windows of boundaries', () => {
  it('take in 20 ms on each side, and count once', () => {
    expect(compareBoundaries([1600], [1279, 1280, 1600, 1920, 1921])).toEqual({ wanted: 1, found: 5, matched: 1 });
    expect(compareBoundaries([1600], [1279, 1921])).toEqual({ wanted: 1, found: 2, matched: 0 });
  });

  it('meet in the middle of neighbours: one found between two may count for both only on that very sample', () => {
    expect(compareBoundaries([1600, 1760], [1680]).matched).toBe(2);
    expect(compareBoundaries([1600, 1760], [1681]).matched).toBe(1);
  });

  it('give an R-value of 1 for perfect ones, and less for more than there are', () => {
    expect(boundaryScores({ wanted: 10, found: 10, matched: 10 })).toEqual({ f1: 1, rValue: 1 });
    // recall 1, over-segmentation 1: 1 - (1 + 1 / sqrt 2) / 2
    expect(boundaryScores({ wanted: 10, found: 20, matched: 10 }).rValue).toBeCloseTo(1 - (1 + Math.SQRT1_2) / 2, 12);
    expect(boundaryScores({ wanted: 0, found: 3, matched: 0 })).toEqual({ f1: null, rValue: null });
    expect(changes(['a', 'a', 'b', 'a'], 160)).toEqual([320, 480]);
  });
});
