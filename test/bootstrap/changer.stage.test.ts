// The thread that changes speech beside the training, of the built program: the same crops as without it, also over the
// end of a pass; what it cannot change is an error, and it can be left in the middle.
import { describe, expect, it } from 'vitest';
import { bootstrapConfig } from '../../src/bootstrap/config.js';
import type * as changer from '../../src/bootstrap/changer.js';
import { cropsOf, type LabelledSource } from '../../src/bootstrap/crops.js';
import { Rng } from '../../src/core/rng.js';
import type { Crop } from '../../src/training/crop-tape.js';

const built = new URL('../../dist/src/bootstrap/changer.js', import.meta.url).href;
const { openChanger } = (await import(built)) as typeof changer;

const source: LabelledSource = {
  ids: Array.from({ length: 40 }, (_, u) => `u${u}`),
  bands: 4,
  hopSeconds: 0.01,
  rows: 40 * 60,
  read: async (id) => {
    const rng = Rng.fromSeed(id);
    const rows = 40 + rng.integer(40);
    return {
      rows,
      labels: Int16Array.from({ length: rows }, (_, t) => t % 7),
      data: Float32Array.from({ length: rows * 4 }, () => rng.uniform() - 3),
    };
  },
};
const changes = bootstrapConfig.parse({}).augment;

describe('the thread that changes speech', () => {
  it('gives the crops that this thread would', async () => {
    await using thread = await openChanger();
    const make = async (options: { changer?: changer.Changer | undefined }): Promise<number[][]> => {
      const crops = cropsOf(source, 32, Rng.fromSeed(7), { changes, endless: true, ...options });
      const found: number[][] = [];
      for (let n = 0; n < 120; n++) {
        const { data, labels } = (await crops.next()).value as Crop;
        found.push([...data, ...labels]);
      }
      return found;
    };
    expect(await make({ changer: thread })).toEqual(await make({}));
  });

  it('tells what it could not change when it is waited for', async () => {
    await using thread = await openChanger();
    const broken = {
      ...source,
      ids: ['u1'],
      read: async (id: string) => ({ ...(await source.read(id)), labels: null }),
    };
    const crops = cropsOf(broken as never, 32, Rng.fromSeed(7), { changes, changer: thread });
    if (thread) await expect(crops.next()).rejects.toThrow();
  });
});
