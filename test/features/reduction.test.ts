// Wide frames to a few white columns: against closed forms, with columns far larger
// than the others, and saved and read.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { featuresConfig, wantedComponents } from '../../src/features/config.js';
import { createReduction, fitReduction, readReduction, saveReduction } from '../../src/features/reduction.js';
import { blocksOf } from '../../src/numeric/blocks.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const columns = 24;
const rows = 3000;
const hidden = 3;

/** Three hidden numbers a frame, mixed into 24 columns with some noise; `change` makes a column large or wild. */
function frames(change: (value: number, t: number, c: number) => number = (value) => value): {
  data: Float32Array;
  sources: Float32Array;
} {
  const rng = Rng.fromSeed(11);
  const mix = Float64Array.from({ length: hidden * columns }, () => rng.normal());
  const sources = Float32Array.from({ length: rows * hidden }, () => rng.normal());
  const data = new Float32Array(rows * columns);
  for (let t = 0; t < rows; t++)
    for (let c = 0; c < columns; c++) {
      let value = 0.1 * rng.normal();
      for (let h = 0; h < hidden; h++) value += sources[t * hidden + h]! * mix[h * columns + c]!;
      data[t * columns + c] = change(value, t, c);
    }
  return { data, sources };
}

/** Share of the sources' variance that a least-squares map of the reduced columns explains (columns are white). */
function explained(reduced: Float32Array, components: number, sources: Float32Array): number {
  let total = 0;
  for (let h = 0; h < hidden; h++)
    for (let p = 0; p < components; p++) {
      let product = 0;
      for (let t = 0; t < rows; t++) product += reduced[t * components + p]! * sources[t * hidden + h]!;
      total += (product / rows) ** 2;
    }
  return total / hidden;
}

async function reduce(data: Float32Array, clip = 5) {
  const model = await fitReduction(blocksOf(data, columns), columns, { components: hidden, clip }, compute);
  const reduction = createReduction(model, compute);
  const reduced = await reduction.apply(data, rows);
  await reduction.dispose();
  return { model, reduced };
}

describe('reduction', () => {
  it('gives columns of variance 1 that do not go together and hold what is in the frames', async () => {
    const { data, sources } = frames();
    const { model, reduced } = await reduce(data);
    expect(model.components).toBe(hidden);
    expect(model.share).toBeGreaterThan(0.97);
    for (let p = 0; p < hidden; p++)
      for (let q = 0; q < hidden; q++) {
        let product = 0;
        for (let t = 0; t < rows; t++) product += reduced[t * hidden + p]! * reduced[t * hidden + q]!;
        expect(product / rows).toBeCloseTo(p === q ? 1 : 0, 3);
      }
    expect(explained(reduced, hidden, sources)).toBeGreaterThan(0.97);
  });

  it('is not led by a column that is 60 times as large, nor by values that are now and then', async () => {
    const rng = Rng.fromSeed(5);
    const noise = Float32Array.from({ length: rows * 3 }, () => rng.normal());
    // Two columns of loud noise, and one that mostly follows the sources and is wild in one of 200 frames.
    const wild = (value: number, t: number, c: number): number =>
      c < 2 ? 60 * noise[t * 3 + c]! : c === 2 && t % 200 === 0 ? value + 500 * noise[t * 3 + 2]! : value;
    const { data, sources } = frames(wild);
    const { reduced } = await reduce(data);
    expect(explained(reduced, hidden, sources)).toBeGreaterThan(0.95);
    expect(reduced.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(6);
    // The control: components of the columns as they are follow the noise.
    const unclipped = await reduce(data, 0);
    expect(unclipped.reduced.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeGreaterThan(6);
  });

  it('keeps only components that are there, and columns that never change do no harm', async () => {
    const { data } = frames((value, _, c) => (c === 5 ? 7 : c === 6 ? 0 : value));
    const model = await fitReduction(
      blocksOf(
        data.map((value, i) => (i % columns < 3 || i % columns === 5 ? value : 0)),
        columns,
      ),
      columns,
      { components: 10, clip: 5 },
      compute,
    );
    expect(model.components).toBe(3);
    expect([...model.basis, ...model.level].every(Number.isFinite)).toBe(true);
  });

  it('is the same after it was saved and read', async () => {
    const { data } = frames();
    const { model, reduced } = await reduce(data);
    const folder = mkdtempSync(join(tmpdir(), 'asr-reduction-'));
    await saveReduction(folder, model);
    const read = createReduction(await readReduction(folder), compute);
    expect(await read.apply(data, rows)).toEqual(reduced);
    await expect(read.apply(data.subarray(1), rows)).rejects.toThrow(/columns, expected 24/);
    await read.dispose();
    rmSync(folder, { recursive: true });
  });
});

it('is wanted where frames are wide and nobody says otherwise', () => {
  const wanted = (settings: object, width: number) => wantedComponents(featuresConfig.parse(settings), width);
  expect(wanted({ kind: 'mfcc' }, 39)).toBe(0);
  expect(wanted({ kind: 'logmel' }, 80)).toBe(0);
  expect(wanted({ kind: 'onnx' }, 1024)).toBe(64);
  expect(wanted({ kind: 'precomputed' }, 48)).toBe(0);
  expect(wanted({ kind: 'onnx', reduction: { components: 0 } }, 1024)).toBe(0);
  expect(wanted({ kind: 'mfcc', reduction: { components: 64 } }, 39)).toBe(39);
});
