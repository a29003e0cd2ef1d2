// What the probe measures, on cases whose answer is known: perfect and worthless clusters, boundaries counted by hand,
// phones that a line divides, triples that are alike or not.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { abx, warpedDistance } from '../../src/probe/abx.js';
import { readAlignment } from '../../src/probe/alignment.js';
import { clusterQuality, f1, matchBoundaries } from '../../src/probe/discrete.js';
import type { ProbedUtterance } from '../../src/probe/labelled.js';
import { linearAccuracy } from '../../src/probe/linear.js';

const compute = { engine: 'cpu' as const, threads: 1 };

describe('clusters', () => {
  it('that are phones are pure, and tell everything; one cluster tells nothing', () => {
    const labels = Int32Array.of(0, 0, 1, 1, 2, -1);
    expect(clusterQuality(Int32Array.of(5, 5, 3, 3, 0, 3), labels, 6, 3)).toEqual({
      purity: 1,
      pnmi: expect.closeTo(1, 12) as number,
    });
    expect(clusterQuality(new Int32Array(6), labels, 6, 3)).toEqual({
      purity: 0.4,
      pnmi: expect.closeTo(0, 12) as number,
    });
  });

  it('that split one phone of two by chance: I / H by hand', () => {
    const { purity, pnmi } = clusterQuality(Int32Array.of(0, 0, 0, 1), Int32Array.of(0, 0, 1, 1), 2, 2);
    expect(purity).toBe(0.75);
    expect(pnmi).toBeCloseTo((0.5 * Math.log(4 / 3) + 0.25 * Math.log(2 / 3) + 0.25 * Math.log(2)) / Math.log(2), 12);
  });
});

describe('boundaries', () => {
  it('match once, within the tolerance', () => {
    const counts = matchBoundaries([100, 110, 500, 900], [105, 480, 921], 20);
    expect(counts).toEqual({ found: 4, wanted: 3, matched: 2 });
    expect(f1(counts)).toBeCloseTo(4 / 7, 12);
    expect(f1(matchBoundaries([], [], 20))).toBe(0);
  });
});

/** Frames of two phones (0, 1) around +-1 in the second dimension, with noise; a phone lasts 4 frames. */
function speech(speaker: string, test: boolean, seed: number, noise: number): ProbedUtterance {
  const rng = Rng.fromSeed(seed);
  const tokens = Array.from({ length: 40 }, (_, i) => ({
    phone: i % 2 === 0 ? 2 : rng.integer(2),
    first: 4 * i,
    end: 4 * i + 4,
  }));
  const labels = Int32Array.from({ length: 160 }, (_, t) => tokens[t >> 2]!.phone);
  const data = Float32Array.from({ length: 320 }, (_, i) =>
    i % 2 === 0 ? 100 + rng.normal() : [1, -1, 5][labels[i >> 1]!]! + noise * rng.normal(),
  );
  return {
    id: `${speaker}${seed}`,
    speaker,
    test,
    data: data.map((x, i) => (i % 2 === 0 ? (x - 100) * 0.01 : x)),
    rows: 160,
    labels,
    tokens,
    boundaries: [],
    samples: 25_600,
  };
}

describe('the linear probe', () => {
  it('names what a line divides, and is at chance where nothing does', async () => {
    const options = { columns: 2, classes: 3, context: 0, components: 8, epochs: 5, rng: Rng.fromSeed(1), compute };
    const clear = Array.from({ length: 20 }, (_, i) => speech('a', i < 4, i, 0.2));
    expect(await linearAccuracy(clear, () => true, options)).toBeGreaterThan(0.99);
    const noisy = clear.map((one) => ({ ...one, data: Float32Array.from(one.data, (_, i) => Math.sin(i * i)) }));
    expect(await linearAccuracy(noisy, (label) => label !== 2, options)).toBeLessThan(0.65);
    // Frames of one phone are alike on the whole only when neighbours are seen too.
    const blurred = Array.from({ length: 20 }, (_, i) => speech('a', i < 4, i, 2));
    expect(await linearAccuracy(blurred, () => true, { ...options, context: 1 })).toBeGreaterThan(
      (await linearAccuracy(blurred, () => true, options)) + 0.02,
    );
  });
});

describe('ABX', () => {
  const options = { columns: 2, silence: -1, triples: 300, rng: Rng.fromSeed(2) };
  it('is 0 for phones that differ, one half for phones that do not', async () => {
    const two = [speech('a', false, 1, 0.05), speech('b', false, 2, 0.05)];
    expect(await abx(two, { ...options, across: false })).toEqual({ error: 0, triples: 300 });
    expect(await abx(two, { ...options, across: true })).toEqual({ error: 0, triples: 300 });
    const alike = two.map((one) => ({ ...one, data: new Float32Array(320).fill(1) }));
    expect((await abx(alike, { ...options, across: false }))?.error).toBe(0.5);
  });

  it('needs two speakers to go across them, and surroundings that occur twice', async () => {
    expect(await abx([speech('a', false, 1, 0.1)], { ...options, across: true })).toBeUndefined();
    expect(await abx([], { ...options, across: false })).toBeUndefined();
  });

  it('warps: a phone said slowly is the same phone', () => {
    const spoken = (rows: readonly [number, number][]) => ({
      utterance: { data: Float32Array.from(rows.flat()) },
      first: 0,
      end: rows.length,
      speaker: 'a',
    });
    expect(
      warpedDistance(
        spoken([
          [1, 0],
          [0, 1],
        ]),
        spoken([
          [1, 0],
          [1, 0],
          [1, 0],
          [0, 1],
        ]),
        2,
      ),
    ).toBeCloseTo(0, 12);
    expect(warpedDistance(spoken([[1, 0]]), spoken([[0, 1]]), 2)).toBeCloseTo(1, 12);
    expect(
      warpedDistance(
        spoken([[1, 0]]),
        spoken([
          [-1, 0],
          [0, 1],
        ]),
        2,
      ),
    ).toBeCloseTo(1.5, 12);
  });
});

describe('alignments', () => {
  it('are read from tables and CTM, and refused otherwise', async () => {
    const root = mkdtempSync(join(tmpdir(), 'asr-probe-'));
    const path = join(root, 'a');
    writeFileSync(path, 'id\ttext\talign\nu1\tha llo\tSIL:0:0.5 a:0.50:0.6\nu2\tnobody\t\n');
    expect([...(await readAlignment(path))]).toEqual([
      [
        'u1',
        [
          { phone: 'SIL', start: 0, end: 8000 },
          { phone: 'a', start: 8000, end: 9600 },
        ],
      ],
    ]);
    writeFileSync(path, ';; made by hand\nu1 1 0.5 0.1 a\nu1 1 0.6 0.1 b\n');
    expect((await readAlignment(path)).get('u1')).toEqual([
      { phone: 'a', start: 8000, end: 9600 },
      { phone: 'b', start: 9600, end: 11_200 },
    ]);
    writeFileSync(path, 'u1 1 0.5 0.1 a\nnonsense\n');
    await expect(readAlignment(path)).rejects.toThrow('line 2: no alignment');
    writeFileSync(path, 'id\tx\nu1\ta:0:1 b:2:1\n');
    await expect(readAlignment(path)).rejects.toThrow('"b:2:1"');
    rmSync(root, { recursive: true });
  });
});
