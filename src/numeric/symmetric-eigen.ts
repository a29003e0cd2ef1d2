// The largest eigenvalues of a symmetric matrix and their unit vectors, in double precision: three diagonals, bisection
// by Sturm's counts, inverse iteration, and back (Golub and Van Loan, 2013, 8.3 and 8.4; LAPACK's dstebz and dstein).
// A few of many cost a fraction of what all cost.
import { Rng } from '../core/rng.js';
import { dot, reflectBack, tridiagonal, type Tridiagonal } from './tridiagonal.js';

export interface Eigenpairs {
  /** [count] largest first. */
  readonly values: Float64Array;
  /** [count, size]: unit vectors one after the other, each with its largest entry positive. */
  readonly vectors: Float64Array;
}

/**
 * @param matrix [size, size], of which the lower triangle is read; all values finite
 * @param count at most `size` are found
 */
export function largestEigenpairs(matrix: Float64Array, size: number, count: number): Eigenpairs {
  const reduced = tridiagonal(matrix, size);
  const kept = Math.max(0, Math.min(count, size));
  const values = largestValues(reduced, kept);
  const vectors = inverseIteration(reduced, values);
  reflectBack(reduced, vectors);
  for (let k = 0; k < kept; k++) fixSign(vectors.subarray(k * size, (k + 1) * size));
  return { values, vectors };
}

/** Each by halving what is between it and the one before it. */
function largestValues(reduced: Tridiagonal, count: number): Float64Array {
  const norm = normOf(reduced);
  const values = new Float64Array(count);
  let most = norm;
  for (let k = 0; k < count; k++) {
    let [low, high] = [-norm, most];
    while (high - low > Number.EPSILON * norm) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      if (countAbove(reduced, middle) > k) low = middle;
      else high = middle;
    }
    most = high;
    values[k] = (low + high) / 2;
  }
  return values;
}

/** No eigenvalue is larger (Gershgorin), even by rounding. */
function normOf({ size, diagonal, beside }: Tridiagonal): number {
  let norm = 0;
  for (let i = 0; i < size; i++)
    norm = Math.max(norm, Math.abs(diagonal[i]!) + Math.abs(beside[i]!) + Math.abs(beside[i + 1] ?? 0));
  return norm * (1 + 2 * size * Number.EPSILON);
}

/** How many eigenvalues are larger: as many as the pivots of T - x that are. */
function countAbove({ size, diagonal, beside }: Tridiagonal, x: number): number {
  let count = 0;
  let pivot = 1;
  for (let i = 0; i < size; i++) {
    pivot = diagonal[i]! - x - (beside[i]! * beside[i]!) / pivot;
    if (pivot > 0) count++;
    else if (pivot === 0) pivot = -Number.MIN_VALUE * 2 ** 100;
  }
  return count;
}

const solves = 3; // the first already lies in the right directions, to rounding
/** Of the norm: vectors of values that lie closer are kept apart by force, as dstein does. */
const close = 1e-3;

function inverseIteration(reduced: Tridiagonal, values: Float64Array): Float64Array {
  const { size } = reduced;
  const norm = normOf(reduced);
  const rng = Rng.fromSeed('inverse iteration');
  const vectors = new Float64Array(values.length * size);
  let first = 0; // of those that are close, one after the other
  for (let k = 0; k < values.length; k++) {
    if (k > 0 && values[k - 1]! - values[k]! > close * norm) first = k;
    const x = vectors.subarray(k * size, (k + 1) * size);
    for (let i = 0; i < size; i++) x[i] = rng.normal();
    const solve = factored(reduced, values[k]!, Number.EPSILON * norm || 1);
    for (let turn = 0; turn < solves; turn++) {
      solve(x);
      normalise(x);
      for (let other = first; other < k; other++) subtract(vectors, size, k, other);
      normalise(x);
    }
  }
  return vectors;
}

/** Solves (T - value) x = b in place, by elimination with the larger of two rows for pivot. */
function factored({ size, diagonal, beside }: Tridiagonal, value: number, least: number): (x: Float64Array) => void {
  const [pivots, right, farRight] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  const factors = new Float64Array(size);
  const swapped = new Uint8Array(size);
  // The row that is left of the ones before: its values at i and i + 1.
  let [own, next] = [diagonal[0]! - value, beside[1] ?? 0];
  for (let i = 0; i < size; i++) {
    const [below, belowNext, belowFar] = [beside[i + 1] ?? 0, (diagonal[i + 1] ?? 0) - value, beside[i + 2] ?? 0];
    if (i + 1 < size && Math.abs(below) > Math.abs(own)) {
      swapped[i] = 1;
      [pivots[i], right[i], farRight[i]] = [below, belowNext, belowFar];
      factors[i] = own / below;
      [own, next] = [next - factors[i]! * belowNext, -factors[i]! * belowFar];
    } else {
      pivots[i] = Math.abs(own) < least ? least : own;
      right[i] = i + 1 < size ? next : 0;
      factors[i] = i + 1 < size ? below / pivots[i]! : 0;
      [own, next] = [belowNext - factors[i]! * next, belowFar];
    }
  }
  return (x) => {
    for (let i = 0; i + 1 < size; i++) {
      if (swapped[i] === 1) [x[i], x[i + 1]] = [x[i + 1]!, x[i]!];
      x[i + 1]! -= factors[i]! * x[i]!;
    }
    let [one, two] = [0, 0]; // x[i + 1], x[i + 2]
    for (let i = size - 1; i >= 0; i--) {
      const found = (x[i]! - right[i]! * one - farRight[i]! * two) / pivots[i]!;
      x[i] = found;
      [one, two] = [found, one];
    }
  };
}

function subtract(vectors: Float64Array, size: number, from: number, unit: number): void {
  const [at, other] = [from * size, unit * size];
  const length = dot(vectors, at, vectors, other, size);
  for (let i = 0; i < size; i++) vectors[at + i]! -= length * vectors[other + i]!;
}

function normalise(x: Float64Array): void {
  const norm = Math.sqrt(dot(x, 0, x, 0, x.length));
  for (let i = 0; i < x.length; i++) x[i]! /= norm;
}

function fixSign(x: Float64Array): void {
  let largest = 0;
  for (const value of x) if (Math.abs(value) > Math.abs(largest)) largest = value;
  if (largest < 0) for (let i = 0; i < x.length; i++) x[i] = -x[i]!;
}
