// Sums and sizes of clusters against adding row by row, over several blocks and sets, with clusters that stay empty.
import { expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { ClusterSums } from '../../src/numeric/cluster-sums.js';

it('adds the rows of each cluster, in every set', () => {
  const [columns, count, sets, rows] = [3, 7, 2, 101];
  const rng = Rng.fromSeed('rows');
  const clusters = new ClusterSums({ columns, count, sets });
  const sums = new Float64Array(sets * count * columns);
  const sizes = new Float64Array(sets * count);
  for (const blockRows of [rows, 5, 0, rows]) {
    const data = Float32Array.from({ length: blockRows * columns }, () => rng.normal());
    const indices = Int32Array.from({ length: blockRows * sets }, () => rng.integer(count - 1));
    clusters.add({ data, rows: blockRows }, indices);
    indices.forEach((cluster, at) => {
      const to = (at % sets) * count + cluster;
      sizes[to]!++;
      for (let c = 0; c < columns; c++) sums[to * columns + c]! += data[Math.floor(at / sets) * columns + c]!;
    });
  }
  expect([...clusters.sizes]).toEqual([...sizes]);
  sums.forEach((sum, i) => {
    expect(clusters.sums[i]).toBeCloseTo(sum, 10);
  });
});
