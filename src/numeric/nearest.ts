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
  const each = count < fewest ? count : Math.ceil(count / group) * group; // scores in one set
  const all = sets * each;
  const graph = createRowGraph({
    name: 'nearest centroid',
    columns,
    compute,
    // Transposed and negative as the runtime adds them within its product.
    parameters: { transposed: [columns, all], offsets: [all] },
    widths: { index: sets },
    fn: (x, { transposed, offsets }) => {
      const scores = tf.reshape(tf.add(tf.matMul(x, transposed), offsets), [-1, sets, each]);
      return {
        index:
          count < fewest ? tf.argMax(scores, 2) : tf.minimum(firstOfLargest(scores), tf.scalar(count - 1, 'int32')),
      };
    },
  });
  // What fills a last group up is nearest only to rows that are not finite.
  const parameters = { transposed: new Float32Array(all * columns), offsets: new Float32Array(all).fill(-3.4e38) };
  return {
    setCentroids: (next) => {
      for (let set = 0; set < sets; set++)
        for (let k = 0; k < count; k++) {
          const from = (set * count + k) * columns;
          const to = set * each + k;
          parameters.offsets[to] = -squaredNorm(next, from, columns) / 2;
          for (let c = 0; c < columns; c++) parameters.transposed[c * all + to] = next[from + c] as number;
        }
    },
    find: async (data, rows) => new Int32Array((await graph.run(data, rows, parameters)).index),
    dispose: () => graph.dispose(),
  };
}

/** Scores in a group, and the least that groups are made of. */
const group = 16;
const fewest = 64;

/**
 * As argMax over the last axis, which the runtime does value by value, six times as slowly as it finds a maximum: the
 * first group that has the largest value, then its place there.
 * @param scores [B, sets, groups * group]
 * @returns [B, sets]
 */
function firstOfLargest(scores: tf.Tensor): tf.Tensor {
  const [rows, sets, each] = scores.shape as [number, number, number];
  const groups = each / group;
  const grouped = tf.reshape(scores, [rows * sets * groups, group]);
  const best = tf.argMax(tf.reshape(tf.max(grouped, 1), [rows * sets, groups]), 1);
  const within = tf.argMax(tf.gather(grouped, tf.add(best, tf.range(0, rows * sets * groups, groups, 'int32'))), 1);
  return tf.reshape(tf.add(tf.mul(best, tf.scalar(group, 'int32')), within), [rows, sets]);
}

function squaredNorm(values: Float32Array, start: number, length: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += (values[i] as number) ** 2;
  return sum;
}
