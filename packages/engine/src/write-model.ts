// A pure function over tfjs tensors in, an ONNX file for any runtime out. One axis may be free (a batch of any size),
// and arrays baked into the function (weights) may be stored in half the space.
import { traceToOnnx, type DType, type TracedGraph } from './compile.js';
import { engineError } from './errors.js';
import { growingIn, triedSizes, type FreeAxis } from './free-axis.js';
import { writeOnnx } from './onnx-writer.js';
import type { tf } from './tf.js';

export interface FreeSpec {
  /** A name stands for a size that is known only when the model runs: one name, in any number of inputs. */
  readonly shape: readonly (number | string)[];
  /** Default float32. */
  readonly dtype?: DType;
}

export interface WriteOptions {
  /** Shown in errors and stored in the file. */
  readonly name?: string;
  /** What arrays are stored as; they are computed with as float32 either way. Default float32. */
  readonly storage?: 'float32' | 'float16';
}

function freeAxisOf(
  graphName: string,
  inputs: Readonly<Record<string, FreeSpec>>,
): Omit<FreeAxis, 'growing'> | undefined {
  const free = Object.entries(inputs).flatMap(([input, { shape }]) =>
    shape.flatMap((size, axis) => (typeof size === 'string' ? [{ name: size, input, axis }] : [])),
  );
  const other = free.find(({ name }) => name !== free[0]?.name);
  if (other)
    throw engineError(
      'config',
      `graph ${graphName}: the axes "${free[0]?.name ?? ''}" and "${other.name}" are both free`,
      'One axis can be free; give the other a size.',
    );
  return free[0];
}

/**
 * @param fn as for compile(); with a free axis it is called for three sizes, and must do the same each time
 * @throws EngineError 'internal' when fn uses something that cannot be traced or a number does not fit the storage;
 *   'config' when what it computes depends on the free axis in more than shapes
 */
export function writeModel<I extends string, O extends string>(
  fn: (inputs: Record<I, tf.Tensor>) => Record<O, tf.Tensor>,
  inputs: Record<I, FreeSpec>,
  { name = fn.name || 'graph', storage = 'float32' }: WriteOptions = {},
): Uint8Array {
  const free = freeAxisOf(name, inputs);
  const traceAt = (size: number): TracedGraph['eager'] => {
    const specs = Object.entries<FreeSpec>(inputs).map(([key, { shape, ...rest }]) => [
      key,
      { ...rest, shape: shape.map((n) => (typeof n === 'string' ? size : n)) },
    ]);
    return traceToOnnx(name, Object.fromEntries(specs) as Record<string, { shape: number[] }>, fn).eager;
  };
  const traces = (free ? triedSizes : [0]).map(traceAt);
  const [first] = traces as [TracedGraph['eager']];
  if (!free) return writeOnnx(name, first.inputs, first.outputs, { storage }).onnx;
  const growing = growingIn(
    name,
    traces.map(({ outputs }) => outputs),
  );
  return writeOnnx(name, first.inputs, first.outputs, { storage, free: { ...free, growing } }).onnx;
}
