// What an iteration of k-means needs to know of the rows nearest to each centroid: their sums and their count, added
// block by block in double precision. The order of adding depends on the blocks alone.
import type { Block } from './blocks.js';

export interface ClusterSumsShape {
  /** Values per row. */
  readonly columns: number;
  /** Centroids in one set. */
  readonly count: number;
  readonly sets: number;
}

export class ClusterSums {
  /** [sets, count, columns] */
  readonly sums: Float64Array;
  /** [sets, count] rows */
  readonly sizes: Float64Array;
  /** The block's rows, cluster after cluster, and where each cluster's begin. */
  #order = new Int32Array(0);
  readonly #first: Int32Array;

  constructor(private readonly shape: ClusterSumsShape) {
    const { columns, count, sets } = shape;
    this.sums = new Float64Array(sets * count * columns);
    this.sizes = new Float64Array(sets * count);
    this.#first = new Int32Array(count + 1);
  }

  /** @param indices [rows, sets] the cluster of each row */
  add({ data, rows }: Block, indices: Int32Array): void {
    for (let set = 0; set < this.shape.sets; set++) {
      this.#sort(indices, rows, set);
      this.#addSorted(data, set);
    }
  }

  /** Row by row, each sum would be read and written once a row; rows of one cluster share that, eight at a time. */
  #addSorted(data: Float32Array, set: number): void {
    const { count, columns } = this.shape;
    for (let k = 0; k < count; k++) {
      let at = this.#first[k] as number;
      const end = this.#first[k + 1] as number;
      const to = set * count + k;
      this.sizes[to]! += end - at;
      for (; at + 7 < end; at += 8) this.#addEight(data, at, to * columns);
      for (; at < end; at++) this.#addOne(data, at, to * columns);
    }
  }

  #addOne(data: Float32Array, at: number, to: number): void {
    const { sums } = this;
    const { columns } = this.shape;
    const from = this.#order[at]! * columns;
    for (let i = 0; i < columns; i++) sums[to + i]! += data[from + i]!;
  }

  #addEight(data: Float32Array, at: number, to: number): void {
    const { sums } = this;
    const { columns } = this.shape;
    const order = this.#order;
    const a = order[at]! * columns;
    const b = order[at + 1]! * columns;
    const c = order[at + 2]! * columns;
    const d = order[at + 3]! * columns;
    const e = order[at + 4]! * columns;
    const f = order[at + 5]! * columns;
    const g = order[at + 6]! * columns;
    const h = order[at + 7]! * columns;
    for (let i = 0; i < columns; i++) {
      const early = data[a + i]! + data[b + i]! + (data[c + i]! + data[d + i]!);
      const late = data[e + i]! + data[f + i]! + (data[g + i]! + data[h + i]!);
      sums[to + i]! += early + late;
    }
  }

  /** Counting sort, which keeps the order of a cluster's rows. */
  #sort(indices: Int32Array, rows: number, set: number): void {
    const { count, sets } = this.shape;
    const first = this.#first.fill(0);
    if (this.#order.length < rows) this.#order = new Int32Array(rows);
    for (let row = 0; row < rows; row++) first[indices[row * sets + set]! + 1]!++;
    for (let k = 0; k < count; k++) first[k + 1]! += first[k]!;
    const next = first.slice();
    for (let row = 0; row < rows; row++) this.#order[next[indices[row * sets + set]!]!++] = row;
  }
}
