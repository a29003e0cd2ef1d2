import { expect, test } from 'vitest';
import { held } from '../../src/core/disposal.js';
import { Rng } from '../../src/core/rng.js';
import { createGenerator, type GeneratorWeights, type SegmentSource } from '../../src/gan/index.js';
import { whitenSegments } from '../../src/learn/whitened-segments.js';

const compute = { engine: 'cpu', threads: 1 } as const;
const columns = 5;

/** Correlated columns of very different spread, the last the sum of the first two: rank 4. */
function vectors(): SegmentSource {
  const rng = Rng.fromSeed('vectors');
  const data = new Map(
    Array.from({ length: 30 }, (_, u): [string, Float32Array] => [
      `u${u}`,
      Float32Array.from(
        Array.from({ length: 4 + (u % 7) }, () => {
          const [a, b, c, d] = [rng.normal() * 10, rng.normal(), rng.normal() * 0.1, rng.normal()];
          return [a + 3, b + a / 5, c - 1, d, a + 3 + b + a / 5];
        }).flat(),
      ),
    ]),
  );
  const rowsOf = (id: string): number => data.get(id)!.length / columns;
  return { ids: [...data.keys()], columns, rowsOf, read: async (id) => ({ data: data.get(id)!, rows: rowsOf(id) }) };
}

test('columns are uncorrelated, of variance 1 and mean 0, and only as many as there is variance', async () => {
  await using whitened = held(await whitenSegments(vectors(), 9, compute));
  const { source } = whitened;
  expect(source.columns).toBe(4);
  const rows: number[][] = [];
  for (const id of source.ids) {
    const { data, rows: count } = await source.read(id);
    for (let r = 0; r < count; r++) rows.push([...data.subarray(r * 4, r * 4 + 4)]);
  }
  for (let i = 0; i < 4; i++) {
    expect(rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length).toBeCloseTo(0, 4);
    for (let j = 0; j < 4; j++)
      expect(rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / rows.length).toBeCloseTo(i === j ? 1 : 0, 3);
  }
});

test('the generator that is written says of the vectors what the trained one says of their components', async () => {
  const vectorsOf = vectors();
  await using whitened = held(await whitenSegments(vectorsOf, 3, compute));
  const { source } = whitened;
  const rng = Rng.fromSeed('weights');
  const trained: GeneratorWeights = {
    w: Float32Array.from({ length: 3 * 3 * 6 }, () => rng.normal()),
    kernel: 3,
    pad: 1,
    columns: 3,
    classes: 6,
  };
  const [turned, written] = [
    await createGenerator(trained, compute),
    await createGenerator(whitened.unfold(trained), compute),
  ];
  for (const id of vectorsOf.ids.slice(0, 5)) {
    const [part, whole] = [await source.read(id), await vectorsOf.read(id)];
    const expected = await turned.emit(part.data, part.rows);
    const found = await written.emit(whole.data, whole.rows);
    expect(found.rows).toBe(whole.rows);
    found.logProbs.forEach((value, i) => expect(value).toBeCloseTo(expected.logProbs[i]!, 3));
  }
  for (const thing of [turned, written]) await thing.dispose();
});
