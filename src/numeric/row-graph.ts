// A computation that treats every row alike, compiled once per bucket of rows and run on any number of them:
// long inputs are cut into blocks, short ones padded with zeros whose results are dropped.
import type { Compute } from '../core/stage.js';
import { bucketLength, compile, SessionCache, tf, type Compiled, type ValueSpec } from '../engine/index.js';

/** Most rows in one run; callers that can choose give blocks of exactly this size. */
export const rowBlock = 1024;
const buckets = [32, 128, 512, rowBlock];

export interface RowGraphOptions<P extends string, O extends string> {
  readonly name: string;
  /** Values per row. */
  readonly columns: number;
  /** Shapes of what is the same for all rows. */
  readonly parameters: Record<P, readonly number[]>;
  /** Values per row of each output. */
  readonly widths: Record<O, number>;
  /** x is [B, columns]; each output is [B, width]. */
  readonly fn: (x: tf.Tensor, parameters: Record<P, tf.Tensor>) => Record<O, tf.Tensor>;
  readonly compute: Compute;
}

export interface RowGraph<P extends string, O extends string> {
  /**
   * @param data [rows, columns]
   * @returns each output as [rows, width]
   */
  run(data: Float32Array, rows: number, parameters: Record<P, Float32Array>): Promise<Record<O, Float32Array>>;
  dispose(): Promise<void>;
}

export function createRowGraph<P extends string, O extends string>(options: RowGraphOptions<P, O>): RowGraph<P, O> {
  const { name, columns, fn, compute } = options;
  const outputs = Object.entries(options.widths) as [O, number][];
  const parameterSpecs = Object.fromEntries(
    Object.entries<readonly number[]>(options.parameters).map(([key, shape]) => [key, { shape }]),
  ) as Record<P, ValueSpec>;
  const graphs = new SessionCache<number, Compiled<P | 'x', O>>(buckets.length, (rows) => {
    const inputs = { ...parameterSpecs, x: { shape: [rows, columns] } } as Record<P | 'x', ValueSpec>;
    return compile<P | 'x', O>((tensors) => fn(tensors.x, tensors), inputs, {
      name,
      threads: compute.threads,
      engine: compute.engine,
    });
  });
  return {
    run: async (data, rows, parameters) => {
      const results = Object.fromEntries(
        outputs.map(([key, width]) => [key, new Float32Array(rows * width)]),
      ) as Record<O, Float32Array>;
      for (let start = 0; start < rows; start += rowBlock) {
        const taken = Math.min(rowBlock, rows - start);
        const padded = bucketLength(taken, buckets);
        const block = data.subarray(start * columns, (start + taken) * columns);
        const x = taken === padded ? block : zeroPadded(block, padded * columns);
        const found = await graphs.use(padded, (graph) => graph.run({ ...parameters, x }));
        for (const [key, width] of outputs) results[key].set(found[key].subarray(0, taken * width), start * width);
      }
      return results;
    },
    dispose: () => graphs.clear(),
  };
}

function zeroPadded(values: Float32Array, length: number): Float32Array {
  const padded = new Float32Array(length);
  padded.set(values);
  return padded;
}
