// A first map without any game (Artetxe et al., ACL 2018, section 3.2): how similar a word is to all
// others, sorted, looks much the same in both languages; words whose sorted similarities are each
// other's nearest make the first dictionary.
import type { Compute } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { tf } from '../engine/index.js';
import { createRowGraph } from '../numeric/row-graph.js';
import { createComparer, type Side } from './csls.js';
import { normalised } from './embeddings.js';
import { identity, procrustes } from './procrustes.js';

const quantiles = 200; // of the sorted similarities: a profile of the same length for vocabularies of any size
const mostWords = 4000;

/** @returns [dim, dim], or nothing when no two words agree */
export async function similarityStart(
  source: Side,
  target: Side,
  neighbours: number,
  compute: Compute,
): Promise<Float32Array | undefined> {
  const dim = source.data.length / source.rows;
  const rows = Math.min(mostWords, source.rows, target.rows);
  const profiles = async ({ data }: Side): Promise<Side> => ({
    rows,
    data: await similarityProfiles(data.subarray(0, rows * dim), rows, dim, compute),
  });
  await using comparer = held(
    createComparer(await profiles(source), await profiles(target), quantiles, neighbours, compute),
  );
  const { mutual } = await comparer.compare(identity(quantiles));
  return mutual.length === 0 ? undefined : procrustes(source, target, dim, mutual);
}

/** [rows, quantiles], normalised. */
async function similarityProfiles(
  data: Float32Array,
  rows: number,
  dim: number,
  compute: Compute,
): Promise<Float32Array> {
  await using graph = held(
    createRowGraph({
      name: 'similarities',
      columns: dim,
      compute,
      parameters: { all: [rows, dim] },
      widths: { similar: rows },
      fn: (x, { all }) => ({ similar: tf.matMul(x, all, false, true) }),
    }),
  );
  const { similar } = await graph.run(data, rows, { all: data });
  const profiles = new Float32Array(rows * quantiles);
  for (let i = 0; i < rows; i++) {
    const sorted = similar.subarray(i * rows, (i + 1) * rows).sort();
    for (let q = 0; q < quantiles; q++)
      profiles[i * quantiles + q] = sorted[Math.round((q * (rows - 1)) / (quantiles - 1))]!;
  }
  return normalised({ data: profiles, dim: quantiles });
}
