// The nearest of K centroids for every row, for one or several sets of centroids at once: the inner loop of
// k-means and the way frames and segments become units.
import type { Compute } from '../core/stage.js';
import { tf } from '../engine/index.js';
import { createRowGraph } from './row-graph.js';

export interface NearestShape {
  /** Values per row. */
  readonly columns: number;
  /** Centroids in one set. */
  readonly count: number;
  /** Sets searched side by side (the restarts of k-means). */
  readonly sets: number;
}

export interface Nearest {
  /** [rows, sets] number of the nearest centroid; of equally near ones the first. */
  readonly indices: Int32Array;
  /** [rows, sets] squared Euclidean distance to it, never negative. */
  readonly distances: Float32Array;
}

export interface NearestSearch {
  /** @param centroids [sets, count, columns] */
  setCentroids(centroids: Float32Array): void;
  /** @param data [rows, columns] */
  find(data: Float32Array, rows: number): Promise<Nearest>;
  dispose(): Promise<void>;
}

/** argmin |x - c|^2 as argmax of xc - |c|^2 / 2: one matrix product. */
export function createNearest({ columns, count, sets }: NearestShape, compute: Compute): NearestSearch {
  const all = sets * count;
  const graph = createRowGraph({
    name: 'nearest centroid',
    columns,
    compute,
    parameters: { centroids: [all, columns], halfNorms: [all] },
    widths: { index: sets, distance: sets },
    fn: (x, { centroids, halfNorms }) => {
      const scores = tf.sub(tf.matMul(x, centroids, false, true), halfNorms); // [B, sets * count]
      const bySet = tf.reshape(scores, [-1, sets, count]); // [B, sets, count]
      const norms = tf.sum(tf.square(x), 1, true); // [B, 1]
      return { index: tf.argMax(bySet, 2), distance: tf.maximum(tf.sub(norms, tf.mul(tf.max(bySet, 2), 2)), 0) };
    },
  });
  let parameters = { centroids: new Float32Array(all * columns), halfNorms: new Float32Array(all) };
  return {
    setCentroids: (next) => {
      const halfNorms = Float32Array.from({ length: all }, (_, k) => squaredNorm(next, k * columns, columns) / 2);
      parameters = { centroids: Float32Array.from(next), halfNorms };
    },
    find: async (data, rows) => {
      const { index, distance } = await graph.run(data, rows, parameters);
      return { indices: Int32Array.from(index), distances: distance };
    },
    dispose: () => graph.dispose(),
  };
}

function squaredNorm(values: Float32Array, start: number, length: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += (values[i] as number) ** 2;
  return sum;
}
