// A generator fitted to labels says them; and turns of the two networks after a warm-up.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/core/config.js';
import { Rng } from '../../src/core/rng.js';
import { createGenerator, fitGenerator, ganConfig, type SegmentSource } from '../../src/gan/index.js';
import { turnOf } from '../../src/gan/schedule.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const columns = 6;
const classes = 4;

/** Each class a direction of its own, with a little noise; class 3 is never said. */
function speech(): { segments: SegmentSource; truth: Map<string, Int32Array> } {
  const rng = Rng.fromSeed('fit');
  const centres = Array.from({ length: classes }, () => Array.from({ length: columns }, () => 2 * rng.normal()));
  const truth = new Map(
    Array.from({ length: 12 }, (_, u) => [
      `u${u}`,
      Int32Array.from({ length: 5 + rng.integer(5) }, () => rng.integer(3)),
    ]),
  );
  const data = new Map(
    [...truth].map(([id, line]) => [
      id,
      Float32Array.from([...line].flatMap((v) => centres[v]!.map((x) => x + 0.1 * rng.normal()))),
    ]),
  );
  return {
    truth,
    segments: {
      ids: [...truth.keys()],
      columns,
      rowsOf: (id) => truth.get(id)!.length,
      read: async (id) => ({ data: data.get(id)!, rows: truth.get(id)!.length }),
    },
  };
}

describe('fitGenerator', () => {
  it.each([
    [1, -1],
    [4, -1],
  ])('says what the labels say with kernel %i', async (kernel, padding) => {
    const { segments, truth } = speech();
    const config = resolveConfig(ganConfig, [{ generator: { kernel, padding } }], 'test');
    const labels = (id: string): Float32Array => {
      const shares = new Float32Array(truth.get(id)!.length * classes);
      truth.get(id)!.forEach((v, i) => {
        shares[i * classes + v] = 1;
      });
      return shares;
    };
    const w = await fitGenerator({ segments, labels, classes, config, rng: Rng.fromSeed(1), compute });
    const pad = Math.floor(kernel / 2);
    const generator = await createGenerator({ w, kernel, pad, columns, classes }, compute);
    let wrong = 0;
    let all = 0;
    for (const [id, line] of truth) {
      const { logProbs } = await generator.emit((await segments.read(id)).data, line.length);
      line.forEach((v, i) => {
        const row = logProbs.subarray(i * classes, (i + 1) * classes);
        wrong += row.indexOf(row.reduce((a, b) => Math.max(a, b))) === v ? 0 : 1;
        all++;
      });
    }
    await generator.dispose();
    expect(wrong / all).toBeLessThan(0.05);
  });
});

describe('turnOf', () => {
  const turns = (warmUp: number, count: number): string =>
    Array.from({ length: count }, (_, update) => {
      const { network, step } = turnOf(update, warmUp);
      return `${network[0]!}${step}`;
    }).join(' ');
  it('lets the networks step in turn, the generator first', () => {
    expect(turns(0, 6)).toBe('g1 d1 g2 d2 g3 d3');
  });
  it('trains the discriminator alone before that, and counts those steps', () => {
    expect(turns(3, 7)).toBe('d1 d2 d3 g1 d4 g2 d5');
  });
});
