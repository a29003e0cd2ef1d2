// Plain float64 loops over flat row-major arrays: the references that kernels are compared with.
import type { tf } from '../../src/index.js';

export interface KernelInput {
  readonly shape: readonly number[];
  /** Given where kinks or ties must be kept at a distance; else drawn from [low, high]. */
  readonly values?: readonly number[];
  readonly low?: number;
  readonly high?: number;
}

export interface KernelCase {
  readonly inputs: readonly KernelInput[];
  readonly fn: (...tensors: tf.Tensor[]) => tf.Tensor;
  readonly reference: (...arrays: number[][]) => number[];
  /** How often it can be derived; default 2. */
  readonly derivatives?: 0 | 2;
}

export const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Calls visit with every position of a shape, last axis fastest, and collects the results. */
export function over(shape: readonly number[], visit: (position: number[]) => number): number[] {
  return Array.from({ length: size(shape) }, (_, flat) => {
    const position: number[] = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const n = shape[axis] as number;
      position.unshift(rest % n);
      rest = Math.floor(rest / n);
    }
    return visit(position);
  });
}

/** The number at a position; axes of length 1 repeat, missing leading axes are ignored. */
export function at(values: readonly number[], shape: readonly number[], position: readonly number[]): number {
  const skipped = position.length - shape.length;
  const flat = shape.reduce((sum, n, axis) => sum * n + (n === 1 ? 0 : (position[axis + skipped] as number)), 0);
  return values[flat] as number;
}

/** f of each position along one axis reduced to a number. */
export function along(
  values: readonly number[],
  shape: readonly number[],
  axis: number,
  reduce: (line: number[]) => number,
): number[] {
  const rest = shape.filter((_, i) => i !== axis);
  return over(rest, (position) =>
    reduce(
      Array.from({ length: shape[axis] as number }, (_, k) =>
        at(values, shape, [...position.slice(0, axis), k, ...position.slice(axis)]),
      ),
    ),
  );
}

/** A line along one axis replaced by another line of the same length. */
export function lines(
  values: readonly number[],
  shape: readonly number[],
  axis: number,
  change: (line: number[]) => number[],
): number[] {
  return over(shape, (position) => {
    const line = Array.from({ length: shape[axis] as number }, (_, k) =>
      at(
        values,
        shape,
        position.map((p, i) => (i === axis ? k : p)),
      ),
    );
    return change(line)[position[axis] as number] as number;
  });
}

export const total = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0);

/** Maclaurin series, exact to float64 for |x| < 3. */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
