// The nearest of K centroids for every row, for one or several sets of centroids at once: the inner loop of
// k-means and the way frames and segments become units.
import type { Compute } from '../core/stage.js';

/** Rows that one search works on at a time; longer inputs are cut, shorter ones padded. */
export const nearestBlockRows = 1024;

export interface NearestShape {
  /** Values per row. */
  readonly columns: number;
  /** Centroids in one set. */
  readonly count: number;
  /** Sets searched side by side (the restarts of k-means). */
  readonly sets: number;
}

export interface Nearest {
  /** [sets, rows] number of the nearest centroid; of equally near ones the first. */
  readonly indices: Int32Array;
  /** [sets, rows] squared Euclidean distance to it, never negative. */
  readonly distances: Float32Array;
}

export interface NearestSearch {
  /** @param centroids [sets, count, columns] */
  setCentroids(centroids: Float32Array): void;
  /** @param data [rows, columns] */
  find(data: Float32Array, rows: number): Promise<Nearest>;
  dispose(): Promise<void>;
}

/** argmin |x - c|^2 as argmax of 2xc - |c|^2, which needs no |x|^2. */
export async function createNearest(shape: NearestShape, compute: Compute): Promise<NearestSearch> {
  void compute;
  const { columns, count, sets } = shape;
  let centroids = new Float32Array(sets * count * columns);
  const halfNorms = new Float64Array(sets * count);
  return {
    setCentroids: (next) => {
      centroids = Float32Array.from(next);
      for (let k = 0; k < sets * count; k++) halfNorms[k] = dot(centroids, k * columns, centroids, k * columns, columns) / 2;
    },
    find: async (data, rows) => {
      const indices = new Int32Array(sets * rows);
      const distances = new Float32Array(sets * rows);
      for (let row = 0; row < rows; row++) {
        const norm = dot(data, row * columns, data, row * columns, columns);
        for (let set = 0; set < sets; set++) {
          let best = -Infinity;
          let at = 0;
          for (let k = 0; k < count; k++) {
            const index = set * count + k;
            const score = dot(data, row * columns, centroids, index * columns, columns) - (halfNorms[index] as number);
            if (score > best) { best = score; at = k; }
          }
          indices[set * rows + row] = at;
          distances[set * rows + row] = Math.max(0, norm - 2 * best);
        }
      }
      return { indices, distances };
    },
    dispose: async () => undefined,
  };
}

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[aStart + i] as number) * (b[bStart + i] as number);
  return sum;
}
