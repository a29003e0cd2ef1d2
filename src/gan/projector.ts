// Any number of rows times a matrix that changes from call to call: the generator's first half, since a convolution
// is one product for all its taps, and a sum of shifted rows.
import type { Compute } from '../core/stage.js';
import { bucketLength, compile, SessionCache, tf, type Compiled } from '../engine/index.js';

/** Rows of one run; the last run of a call takes the smallest size that holds what is left. */
const blockSizes = [128, 256, 512, 1024, 2048] as const;
const largestBlock = 2048;

/** Multiplies any number of rows with a matrix, in blocks of a few compiled sizes. */
export class Projector {
  readonly #graphs: SessionCache<number, Compiled<'x' | 'w', 'y'>>;
  readonly #columns: number;
  readonly #width: number;
  readonly #rest: Float32Array;
  #y = new Float32Array(0);

  constructor(columns: number, width: number, compute: Compute) {
    this.#graphs = new SessionCache(blockSizes.length, (rows) => compile(({ x, w }) => ({ y: tf.matMul(x, w) }), { x: { shape: [rows, columns] }, w: { shape: [columns, width] } }, { name: 'generator-taps', ...compute }));
    this.#columns = columns;
    this.#width = width;
    this.#rest = new Float32Array(largestBlock * columns);
  }

  /**
   * @param x [rows, columns], may be longer
   * @param w [columns, width]
   * @returns [at least rows, width]; what lies beyond the rows means nothing, and the next call overwrites all of it
   */
  async project(x: Float32Array, rows: number, w: Float32Array): Promise<Float32Array> {
    const needed = (rows + largestBlock) * this.#width;
    if (this.#y.length < needed) this.#y = new Float32Array(needed);
    for (let row = 0; row < rows;) {
      const taken = Math.min(largestBlock, rows - row);
      const size = bucketLength(taken, blockSizes);
      let part = x.subarray(row * this.#columns, (row + size) * this.#columns);
      if (part.length < size * this.#columns) {
        this.#rest.set(x.subarray(row * this.#columns, (row + taken) * this.#columns));
        part = this.#rest.subarray(0, size * this.#columns);
      }
      await (await this.#graphs.get(size)).run({ x: part, w }, { y: this.#y.subarray(row * this.#width, (row + size) * this.#width) });
      row += taken;
    }
    return this.#y;
  }

  dispose(): Promise<void> {
    return this.#graphs.clear();
  }
}
