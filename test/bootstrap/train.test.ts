// Training on a task that is easy to learn: two kinds of frames, two labels; and the same again with an interruption.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import type { LabelledSource } from '../../src/bootstrap/crops.js';
import { initialParameters, networkShape } from '../../src/bootstrap/network.js';
import { settingsFor } from '../../src/bootstrap/settings.js';
import { trainNetwork } from '../../src/bootstrap/train.js';
import { silentLog } from '../../src/core/log.js';
import { Rng } from '../../src/core/rng.js';
import { temporaryFolder } from '../temporary-folder.js';

const bands = 4;
const config = settingsFor(
  bootstrapConfig.parse({
    network: { channels: 8, layers: 2, kernel: 3 },
    train: { crop: 16, batch: 4 },
    augment: { masks: 0, warp: [1, 1], noise: [40, 40], equaliser: 0 },
  }),
  'bands',
);
const shape = networkShape(bands, 2, config.network);

/** Stretches of 8 frames, high in the first bands or in the last. */
const source: LabelledSource = {
  ids: Array.from({ length: 12 }, (_, i) => String(i)),
  bands,
  hopSeconds: 0.01,
  rows: 12 * 80,
  read: async (id) => {
    const rng = Rng.fromSeed(id);
    const kinds = Array.from({ length: 10 }, () => rng.integer(2));
    return {
      rows: 80,
      labels: Int16Array.from({ length: 80 }, (_, t) => kinds[t >> 3]!),
      data: Float32Array.from(
        { length: 80 * bands },
        (_, i) => (i % bands < 2 === (kinds[Math.floor(i / bands) >> 3] === 0) ? 3 : 0) + 0.3 * rng.normal(),
      ),
    };
  },
};

const train = (folder: string, lines: string[] = [], signal?: AbortSignal): Promise<Record<string, Float32Array>> =>
  trainNetwork({
    name: 'toy',
    shape,
    start: Object.fromEntries(
      Object.entries(initialParameters(shape, Rng.fromSeed(1))).map(([name, { init }]) => [name, init]),
    ),
    parts: [
      { source, crops: 3, augment: config.augment },
      { source, crops: 1, augment: config.augment },
    ],
    epochs: 4,
    learningRate: 0.02,
    config,
    rng: Rng.fromSeed(2),
    compute: { engine: 'cpu', threads: 1 },
    log: {
      ...silentLog,
      info: (line) => {
        lines.push(line);
      },
    },
    folder,
    ...(signal ? { signal } : {}),
  });

describe('training on labelled speech', () => {
  it('learns, and ends with the same weights after an interruption', async () => {
    const folder = await temporaryFolder();
    const lines: string[] = [];
    const whole = await train(join(folder, 'whole'), lines);
    const shares = lines.flatMap((line) => /epoch \d+: .* ([\d.]+) % of frames/.exec(line)?.[1] ?? []).map(Number);
    expect(shares).toHaveLength(4);
    expect(shares.at(-1)!).toBeGreaterThan(85);
    const controller = new AbortController();
    const stop: string[] = [];
    stop.push = (line: string): number => {
      if (line.includes('epoch 2')) controller.abort();
      return 0;
    };
    await expect(train(join(folder, 'again'), stop, controller.signal)).rejects.toThrow();
    expect(await train(join(folder, 'again'))).toEqual(whole);
    expect(await train(join(folder, 'again'))).toEqual(whole); // finished: read back
  });
});
