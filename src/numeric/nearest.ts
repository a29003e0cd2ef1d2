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

export interface NearestSearch {
  /** @param centroids [sets, count, columns] */
  setCentroids(centroids: Float32Array): void;
  /**
   * @param data [rows, columns]
   * @returns [rows, sets] number of the nearest centroid; of equally near ones the first
   */
  find(data: Float32Array, rows: number): Promise<Int32Array>;
  dispose(): Promise<void>;
}

/** argmin |x - c|^2 as argmax of xc - |c|^2 / 2: one matrix product, and nothing that is the same for all centroids. */
export function createNearest({ columns, count, sets }: NearestShape, compute: Compute): NearestSearch {
  const all = sets * count;
  const graph = createRowGraph({
    name: 'nearest centroid',
    columns,
    compute,
    // Transposed and negative as the runtime adds them within its product.
    parameters: { transposed: [columns, all], offsets: [all] },
    widths: { index: sets },
    fn: (x, { transposed, offsets }) => ({
      index: tf.argMax(tf.reshape(tf.add(tf.matMul(x, transposed), offsets), [-1, sets, count]), 2),
    }),
  });
  const parameters = { transposed: new Float32Array(all * columns), offsets: new Float32Array(all) };
  return {
    setCentroids: (next) => {
      for (let k = 0; k < all; k++) {
        parameters.offsets[k] = -squaredNorm(next, k * columns, columns) / 2;
        for (let c = 0; c < columns; c++) parameters.transposed[c * all + k] = next[k * columns + c] as number;
      }
    },
    find: async (data, rows) => new Int32Array((await graph.run(data, rows, parameters)).index),
    dispose: () => graph.dispose(),
  };
}

function squaredNorm(values: Float32Array, start: number, length: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += (values[i] as number) ** 2;
  return sum;
}
