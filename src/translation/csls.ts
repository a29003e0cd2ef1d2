// Retrieval by cross-domain similarity local scaling (Conneau et al., ICLR 2018, section 2.3): cosine similarity less
// the mean similarity that both words have with their nearest neighbours, so that hubs are nobody's translation.
import type { Compute } from '../core/stage.js';
import { tf } from '../engine/index.js';
import { createRowGraph, rowBlock, type RowGraph } from '../numeric/row-graph.js';

export interface Side {
  /** [rows, dim] unit vectors. */
  readonly data: Float32Array;
  readonly rows: number;
}

export interface Translated {
  /** [source rows] each row's translation: a row of the target. */
  readonly best: Int32Array;
  /** [source rows] CSLS of that pair: 2 cos(x, y) - r(x) - r(y), at most 2. */
  readonly scores: Float32Array;
  /** Pairs of rows that are each other's translation: a dictionary that needs no dictionary. */
  readonly mutual: readonly (readonly [number, number])[];
  /** Mean cosine of source rows with their translations: the criterion without labels, higher is better. */
  readonly criterion: number;
}

export interface Comparer {
  /** @param map [dim, dim] applied to the source first */
  compare(map: Float32Array): Promise<Translated>;
  dispose(): Promise<void>;
}

type Search = RowGraph<'target' | 'density', 'best' | 'score'>;

/** @param neighbours over which r(x) and r(y) are means */
export function createComparer(
  source: Side,
  target: Side,
  dim: number,
  neighbours: number,
  compute: Compute,
): Comparer {
  const mapped = createRowGraph({
    name: 'map',
    columns: dim,
    compute,
    parameters: { map: [dim, dim] },
    widths: { placed: dim },
    fn: (x, { map }) => {
      const moved = tf.matMul(x, map);
      return { placed: tf.div(moved, tf.maximum(tf.norm(moved, 2, 1, true), 1e-12)) };
    },
  });
  const cosinesWith = (rows: number): RowGraph<'target', 'cosine'> =>
    createRowGraph({
      name: 'cosines',
      columns: dim,
      compute,
      parameters: { target: [rows, dim] },
      widths: { cosine: rows },
      fn: (x, parameters) => ({ cosine: tf.matMul(x, parameters.target, false, true) }),
    });
  const searchAmong = (rows: number): Search =>
    createRowGraph({
      name: 'CSLS',
      columns: dim,
      compute,
      parameters: { target: [rows, dim], density: [rows] },
      widths: { best: 1, score: 1 },
      fn: (x, { target: among, density }) => {
        const scores = tf.sub(tf.mul(tf.matMul(x, among, false, true), 2), density); // [B, rows]
        return { best: tf.expandDims(tf.argMax(scores, 1), 1), score: tf.max(scores, 1, true) };
      },
    });
  const graphs = {
    mapped,
    toTarget: cosinesWith(target.rows),
    toSource: cosinesWith(source.rows),
    there: searchAmong(target.rows),
    back: searchAmong(source.rows),
  };
  return {
    compare: async (map) => {
      const mapped: Side = {
        rows: source.rows,
        data: (await graphs.mapped.run(source.data, source.rows, { map })).placed,
      };
      const sourceDensity = await densities(mapped, target, dim, neighbours, graphs.toTarget);
      const targetDensity = await densities(target, mapped, dim, neighbours, graphs.toSource);
      const forward = await graphs.there.run(mapped.data, mapped.rows, { target: target.data, density: targetDensity });
      const backward = await graphs.back.run(target.data, target.rows, { target: mapped.data, density: sourceDensity });
      const best = Int32Array.from(forward.best);
      const cosine = (i: number): number => (forward.score[i]! + targetDensity[best[i]!]!) / 2;
      return {
        best,
        scores: forward.score.map((score, i) => score - sourceDensity[i]!),
        mutual: [...best.entries()].filter(([i, j]) => backward.best[j] === i),
        criterion: best.reduce((sum, _, i) => sum + cosine(i), 0) / source.rows,
      };
    },
    dispose: async () => {
      for (const graph of Object.values(graphs)) await graph.dispose();
    },
  };
}

/** Mean cosine of every row with its nearest rows on the other side. */
async function densities(
  side: Side,
  other: Side,
  dim: number,
  neighbours: number,
  cosines: RowGraph<'target', 'cosine'>,
): Promise<Float32Array> {
  const means = new Float32Array(side.rows);
  const k = Math.min(neighbours, other.rows);
  for (let start = 0; start < side.rows; start += rowBlock) {
    const rows = Math.min(rowBlock, side.rows - start);
    const { cosine } = await cosines.run(side.data.subarray(start * dim, (start + rows) * dim), rows, {
      target: other.data,
    });
    for (let i = 0; i < rows; i++)
      means[start + i] = meanOfLargest(cosine.subarray(i * other.rows, (i + 1) * other.rows), k);
  }
  return means;
}

/** Of the k largest values; insertion into a short sorted list, since almost every value is below its end. */
export function meanOfLargest(values: Float32Array, k: number): number {
  const top = new Float64Array(k).fill(-Infinity);
  for (const value of values) {
    if (value <= top[k - 1]!) continue;
    let at = k - 1;
    for (; at > 0 && top[at - 1]! < value; at--) top[at] = top[at - 1]!;
    top[at] = value;
  }
  return top.reduce((sum, value) => sum + value, 0) / k;
}
