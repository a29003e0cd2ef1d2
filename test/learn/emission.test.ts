// Emission models from their files, also from copies: the table, the generator's record, the HMM's path.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTopology } from '../../src/hmm/topology.js';
import {
  emissionFiles,
  impossible,
  loadEmission,
  saveGeneratorEmission,
  saveHmmEmission,
  saveTableEmission,
} from '../../src/learn/emission.js';
import { pathEmission } from '../../src/learn/hmm-emission.js';
import { temporaryFolder } from '../temporary-folder.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const symbols = { phones: ['a', 'b', '<SIL>'], silence: '<SIL>' };
const table = Float32Array.of(-0.1, -2, impossible, -3, -0.2, impossible);
const spoken = { pooled: new Float32Array(0), columns: 0, segments: 3, units: [1, 0, 1], ends: [4, 6, 9] };

async function copyOf(folder: string): Promise<string> {
  const copy = join(folder, 'copy');
  await mkdir(copy);
  for (const file of await emissionFiles(folder)) await cp(join(folder, file), join(copy, file));
  return copy;
}

describe('table', () => {
  it('gives each segment the row of its unit', async () => {
    const folder = await temporaryFolder();
    await saveTableEmission(folder, symbols, table);
    const model = await loadEmission(await copyOf(folder), compute);
    expect(model).toMatchObject({ ...symbols, needsFrames: false });
    const { logProbs, rows, ends } = await model.emit(spoken);
    expect([rows, ...ends]).toEqual([3, 4, 6, 9]);
    expect([...logProbs]).toEqual([...table.subarray(3), ...table.subarray(0, 3), ...table.subarray(3)]);
  });

  it('names what does not fit', async () => {
    const folder = await temporaryFolder();
    await saveTableEmission(folder, symbols, table);
    const model = await loadEmission(folder, compute);
    await expect(model.emit({ ...spoken, units: [0, 1, 2] })).rejects.toThrow('unit 2 is not below 2');
    await expect(model.emit({ ...spoken, ends: [1] })).rejects.toThrow('3 segments, but 3 units and 1 ends');
    await writeFile(join(folder, 'emission.json'), JSON.stringify({ kind: 'table', units: 3, ...symbols }));
    await expect(loadEmission(folder, compute)).rejects.toThrow('expected shape [3, 3], found [2, 3]');
    await writeFile(join(folder, 'emission.json'), '{"kind":"oracle"}');
    await expect(loadEmission(folder, compute)).rejects.toThrow('emission.json');
  });
});

describe('generator', () => {
  it('is read back and applied to pooled vectors', async () => {
    const folder = await temporaryFolder();
    // kernel 1, no padding: logits are the vector times w.
    await saveGeneratorEmission(folder, symbols, {
      w: Float32Array.of(1, 0, 0, 0, 2, 0),
      kernel: 1,
      pad: 0,
      columns: 2,
      classes: 3,
    });
    const model = await loadEmission(await copyOf(folder), compute);
    const { logProbs, rows, ends } = await model.emit({
      pooled: Float32Array.of(1, 0, 0, 1),
      columns: 2,
      segments: 2,
      units: [0, 0],
      ends: [3, 5],
    });
    await model.dispose();
    expect([rows, ...ends]).toEqual([2, 3, 5]);
    expect(logProbs[0]).toBeCloseTo(1 - Math.log(Math.E + 2), 5);
    expect(logProbs[4]).toBeCloseTo(2 - Math.log(Math.exp(2) + 2), 5);
  });

  it('of frames needs no segments, and each output covers a stride of them', async () => {
    const folder = await temporaryFolder();
    await saveGeneratorEmission(
      folder,
      symbols,
      { w: Float32Array.of(1, 0, 0), kernel: 1, pad: 0, columns: 1, classes: 3, stride: 3 },
      'frames',
    );
    const model = await loadEmission(await copyOf(folder), compute);
    expect(model.needsFrames).toBe(true);
    const { logProbs, rows, ends } = await model.emit({
      ...spoken,
      frames: { data: Float32Array.of(1, 9, 9, 2, 9, 9, 3), rows: 7, dim: 1 },
    });
    expect([rows, ...ends]).toEqual([3, 2, 5, 7]);
    [1, 2, 3].forEach((x, n) => {
      expect(logProbs[n * 3]).toBeCloseTo(x - Math.log(Math.exp(x) + 2), 5);
    });
    await expect(model.emit(spoken)).rejects.toThrow('was given none');
    await model.dispose();
  });
});

describe('hmm', () => {
  const bigram = {
    initial: Float64Array.of(0.5, 0.5),
    next: Float64Array.of(0.25, 0.5, 0.5, 0.25),
    final: Float64Array.of(0.25, 0.25),
  };
  const gaussians = { states: 2, dim: 1, means: Float32Array.of(-2, 2), variances: Float32Array.of(1, 1) };

  it('follows the frames, from a copy of its files', async () => {
    const folder = await temporaryFolder();
    await saveHmmEmission(folder, symbols, { topology: createTopology(bigram, 1, 3), gaussians, acousticScale: 1 });
    const model = await loadEmission(await copyOf(folder), compute);
    expect(model.needsFrames).toBe(true);
    const frames = { data: Float32Array.of(-2, -2, 2, 2, 2, -2), rows: 6, dim: 1 };
    const { logProbs, rows, ends } = await model.emit({ ...spoken, frames });
    expect([rows, ...ends]).toEqual([3, 2, 5, 6]);
    expect([0, 1, 2].map((row) => logProbs.subarray(row * 3, row * 3 + 3).indexOf(0))).toEqual([0, 1, 0]);
    await expect(model.emit(spoken)).rejects.toThrow('no frames');
    await model.dispose();
  });

  it('keeps two equal phones apart by a frame of silence', () => {
    const { logProbs, rows, ends } = pathEmission({ phones: Int32Array.of(1, 1, 0), ends: Int32Array.of(4, 8, 9) }, 3);
    expect([rows, ...ends]).toEqual([4, 3, 4, 8, 9]);
    expect([0, 1, 2, 3].map((row) => logProbs.subarray(row * 3, row * 3 + 3).indexOf(0))).toEqual([1, 2, 1, 0]);
  });
});
