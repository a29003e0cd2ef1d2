// Any number of rows times a matrix that changes from call to call: the generator's first half, since a convolution
// is one product for all its taps, and a sum of shifted rows.
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { bucketLength, compile, SessionCache, tf, type Compiled } from '../engine/index.js';

/** Rows of one run; the last run of a call takes the smallest size that holds what is left. */
const blockSizes = [32, 64, 80, 96, 128, 160, 192, 256, 384, 512, 1024, 2048] as const;
const largestBlock = 2048;

/** Multiplies any number of rows with a matrix, in blocks of a few compiled sizes. */
export class Projector {
  readonly #graphs: SessionCache<number, Compiled<'x' | 'w', 'y'>>;
  readonly #fixed: Float32Array | undefined;
  readonly #columns: number;
  readonly #width: number;
  readonly #rest: Float32Array;
  #y = new Float32Array(0);

  /** @param fixed the matrix, where it stays the same: the runtime then brings it into its own form once, not in each run */
  constructor(columns: number, width: number, compute: Compute, fixed?: Float32Array) {
    const options = { name: 'generator-taps', ...compute };
    this.#fixed = fixed;
    this.#graphs = new SessionCache<number, Compiled<'x' | 'w', 'y'>>(blockSizes.length, (rows) => {
      const x = { shape: [rows, columns] };
      return fixed
        ? (compile<'x', 'y'>(
            (inputs) => ({ y: tf.matMul(inputs.x, tf.tensor2d(fixed, [columns, width])) }),
            { x },
            options,
          ) as Promise<Compiled<'x' | 'w', 'y'>>)
        : compile(({ x: rowsOf, w }) => ({ y: tf.matMul(rowsOf, w) }), { x, w: { shape: [columns, width] } }, options);
    });
    this.#columns = columns;
    this.#width = width;
    this.#rest = new Float32Array(largestBlock * columns);
  }

  /**
   * @param x [rows, columns], may be longer
   * @param w [columns, width]; the fixed one where there is one
   * @returns [at least rows, width]; what lies beyond the rows means nothing, and the next call overwrites all of it
   */
  async project(x: Float32Array, rows: number, w = this.#fixed): Promise<Float32Array> {
    if (!w) throw new AsrError('internal', 'a projection without a matrix');
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
      await (
        await this.#graphs.get(size)
      ).run({ x: part, w }, { y: this.#y.subarray(row * this.#width, (row + size) * this.#width) });
      row += taken;
    }
    return this.#y;
  }

  dispose(): Promise<void> {
    return this.#graphs.clear();
  }
}
