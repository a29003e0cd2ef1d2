import { describe, expect, it } from 'vitest';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import { cropsOf, nextBatch, type LabelledSource } from '../../src/bootstrap/crops.js';
import { Rng } from '../../src/core/rng.js';
import type { Crop } from '../../src/training/crop-tape.js';

/** Changes nothing: what comes out can be told from what went in. */
const plain = {
  ...bootstrapConfig.parse({}).augment,
  equaliser: 0,
  noise: [300, 300] as [number, number],
  warp: [1, 1] as [number, number],
  reverberation: [1e-3, 1e-3] as [number, number],
  speed: 0,
  masks: 0,
};

/** Utterance u has the label of its number; its frames are loud in the second half. */
const source = (lengths: readonly number[]): LabelledSource => ({
  ids: lengths.map((_, u) => String(u)),
  bands: 2,
  hopSeconds: 0.01,
  rows: lengths.reduce((a, b) => a + b, 0),
  read: async (id) => {
    const rows = lengths[Number(id)]!;
    return {
      rows,
      labels: new Int16Array(rows).fill(Number(id)),
      data: Float32Array.from({ length: rows * 2 }, (_, i) => (i < rows ? -1 : 1)),
    };
  },
});

const all = async (crops: AsyncGenerator<Crop>): Promise<Crop[]> => {
  const list: Crop[] = [];
  for await (const crop of crops) list.push(crop);
  return list;
};

describe('crops', () => {
  it('lay normalised utterances end to end, every second frame with its label', async () => {
    const crops = await all(cropsOf(source([10, 6, 8]), 8, Rng.fromSeed(1), { changes: plain }));
    expect(crops).toHaveLength(3);
    const labels = crops.flatMap((crop) => [...crop.labels]);
    expect(labels.map((label) => labels.filter((other) => other === label).length)).toEqual(
      labels.map((label) => [5, 3, 4][label]),
    );
    const frames = crops.flatMap((crop) => [...crop.data]);
    // Every utterance is there once and whole, so mean 0 and variance 1 of each are those of all.
    expect(frames.reduce((a, b) => a + b, 0) / frames.length).toBeCloseTo(0, 5);
    expect(frames.reduce((a, b) => a + b * b, 0) / frames.length).toBeCloseTo(1, 5);
  });

  it('are the same for the same stream, and others in the next pass', async () => {
    const once = async (seed: number): Promise<Crop[]> =>
      all(cropsOf(source([9, 7, 12, 5, 8, 11]), 8, Rng.fromSeed(seed), { changes: plain }));
    expect(await once(3)).toEqual(await once(3));
    const endless = cropsOf(source([8, 8, 8, 8, 8]), 8, Rng.fromSeed(5), { changes: plain, endless: true });
    const order: number[] = [];
    for (let n = 0; n < 15; n++) order.push(((await endless.next()).value as Crop).labels[0]!);
    for (const pass of [0, 5, 10]) expect(order.slice(pass, pass + 5).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(new Set([0, 5, 10].map((pass) => order.slice(pass, pass + 5).join())).size).toBeGreaterThan(1);
  });

  it('become smoothed targets; without a label a row of zeros', async () => {
    const crop = { data: new Float32Array(8), labels: Int16Array.of(1, -1) };
    const batch = await nextBatch(async () => crop, { count: 1, crop: 4, bands: 2, classes: 4, smoothing: 0.2 });
    expect([...batch!.targets].map((x) => Math.round(x * 100) / 100)).toEqual([0.05, 0.85, 0.05, 0.05, 0, 0, 0, 0]);
  });
});
