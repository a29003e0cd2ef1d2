// Any number of rows times a matrix that changes from call to call: the generator's first half, since a convolution
// is one product for all its taps, and a sum of shifted rows.
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { bucketLength, compile, SessionCache, tf, type Compiled } from '../engine/index.js';

/** Rows of one run; the last run of a call takes the smallest size that holds what is left. */
const blockSizes = [32, 64, 80, 96, 128, 160, 192, 256, 384, 512, 1024, 2048] as const;
const largestBlock = 2048;
/** Arrays kept for later calls: what two utterances at once need. */
const mostSpare = 4;

/** Numbers that a projection writes: whole blocks. */
export function projectedSize(rows: number, width: number): number {
  const rest = rows % largestBlock;
  return (rows - rest + (rest === 0 ? 0 : bucketLength(rest, blockSizes))) * width;
}

/** Multiplies any number of rows with a matrix, in blocks of a few compiled sizes. */
export class Projector {
  readonly #graphs: SessionCache<number, Compiled<'x' | 'w', 'y'>>;
  readonly #fixed: Float32Array | undefined;
  readonly #columns: number;
  readonly #width: number;
  readonly #spare: Float32Array<ArrayBuffer>[] = [];

  /**
   * @param fixed the matrix, where it stays the same: the runtime then brings it
   * into its own form once, not in each run
   */
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
  }

  /**
   * @param x [rows, columns], may be longer
   * @param w [columns, width]; the fixed one where there is one
   * @param into what to write into, of projectedSize(rows, width) numbers or more, where calls follow each other
   * @returns [at least rows, width]; what lies beyond the rows means nothing
   */
  async project(
    x: Float32Array,
    rows: number,
    w = this.#fixed,
    into = new Float32Array(projectedSize(rows, this.#width)),
  ): Promise<Float32Array> {
    if (!w) throw new AsrError('internal', 'a projection without a matrix');
    for (let row = 0; row < rows;) {
      const taken = Math.min(largestBlock, rows - row);
      const size = bucketLength(taken, blockSizes);
      let part = x.subarray(row * this.#columns, (row + size) * this.#columns);
      if (part.length < size * this.#columns) {
        part = new Float32Array(size * this.#columns);
        part.set(x.subarray(row * this.#columns, (row + taken) * this.#columns));
      }
      const y = into.subarray(row * this.#width, (row + size) * this.#width);
      await this.#graphs.use(size, (graph) => graph.run({ x: part, w }, { y }));
      row += taken;
    }
    return into;
  }

  /**
   * An array of at least this many numbers, whatever they are: one that was given back, where there is one. Memory
   * that is new to the process takes longer than what an utterance's product does with it.
   */
  take(length: number): Float32Array<ArrayBuffer> {
    const at = this.#spare.findIndex((array) => array.length >= length);
    return at < 0 ? new Float32Array(length) : (this.#spare.splice(at, 1)[0] as Float32Array<ArrayBuffer>);
  }

  /** For the next call; the largest are kept. */
  giveBack(...arrays: readonly Float32Array<ArrayBuffer>[]): void {
    this.#spare.push(...arrays);
    // The smallest that is large enough is found first.
    this.#spare.sort((a, b) => a.length - b.length);
    this.#spare.splice(0, this.#spare.length - mostSpare);
  }

  dispose(): Promise<void> {
    return this.#graphs.clear();
  }
}
