// Householder's reduction of a symmetric matrix to three diagonals that have the same eigenvalues, and the way back for
// their eigenvectors, in double precision (Golub and Van Loan, 2013, 8.3.1; LAPACK's dsytrd and dormtr).

/** Row i of `reflectors` holds in its first i values the vector that made row i of three diagonals. */
export interface Tridiagonal {
  readonly size: number;
  /** [size] */
  readonly diagonal: Float64Array;
  /** [size]: element i stands between i - 1 and i; the first is 0. */
  readonly beside: Float64Array;
  /** [size, size], the lower triangle. */
  readonly reflectors: Float64Array;
  /** [size]: the reflection is 1 - scale v v'; 0 where there is none. */
  readonly scales: Float64Array;
}

/** From the last row on: what a step takes off the triangle is taken off row by row as the next one reads it. */
export function tridiagonal(matrix: Float64Array, size: number): Tridiagonal {
  const a = matrix.slice();
  const [diagonal, beside, scales] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  let [v, w] = [new Float64Array(size), new Float64Array(size)]; // the step before takes v w' + w v' off
  let [nextV, nextW] = [new Float64Array(size), new Float64Array(size)];
  for (let i = size - 1; i >= 0; i--) {
    const own = i * size;
    const [vi, wi] = [v[i]!, w[i]!];
    for (let k = 0; k <= i; k++) a[own + k]! -= vi * w[k]! + wi * v[k]!;
    diagonal[i] = a[own + i]!;
    const scale = i > 0 ? reflector(a.subarray(own, own + i), beside, i) : 0;
    scales[i] = scale;
    nextV.set(a.subarray(own, own + i));
    nextV.fill(0, i);
    nextW.fill(0);
    takeOffAndMultiply({ a, size, rows: i }, v, w, nextV, nextW);
    for (let k = 0; k < i; k++) nextW[k]! *= scale;
    const half = (scale * dot(nextW, 0, nextV, 0, i)) / 2;
    for (let k = 0; k < i; k++) nextW[k]! -= half * nextV[k]!;
    [v, w, nextV, nextW] = [nextV, nextW, v, w];
  }
  return { size, diagonal, beside, reflectors: a, scales };
}

/**
 * Takes v w' + w v' off the first rows of the triangle, in place, and adds the product of the whole matrix with `x` to
 * `product`. Two rows at a time share what is read and written for every column.
 */
function takeOffAndMultiply(
  { a, size, rows }: { readonly a: Float64Array; readonly size: number; readonly rows: number },
  v: Float64Array,
  w: Float64Array,
  x: Float64Array,
  product: Float64Array,
): void {
  for (let j = 0; j < rows; j += 2) {
    const two = j + 1 < rows; // a last row alone is read twice and counts once
    const one = j * size;
    const other = two ? one + size : one;
    const v0 = v[j]!;
    const w0 = w[j]!;
    const x0 = x[j]!;
    const v1 = two ? v[j + 1]! : 0;
    const w1 = two ? w[j + 1]! : 0;
    const x1 = two ? x[j + 1]! : 0;
    let sum0 = 0;
    let sum1 = 0;
    for (let k = 0; k < j; k++) {
      const vk = v[k]!;
      const wk = w[k]!;
      const xk = x[k]!;
      const value0 = a[one + k]! - v0 * wk - w0 * vk;
      a[one + k] = value0;
      const value1 = a[other + k]! - v1 * wk - w1 * vk;
      a[other + k] = value1;
      sum0 += value0 * xk;
      sum1 += value1 * xk;
      product[k]! += value0 * x0 + value1 * x1;
    }
    const diagonal0 = (a[one + j]! -= 2 * v0 * w0);
    product[j]! += sum0 + diagonal0 * x0;
    if (!two) continue;
    const between = (a[other + j]! -= v1 * w0 + w1 * v0);
    const diagonal1 = (a[other + j + 1]! -= 2 * v1 * w1);
    product[j]! += between * x1;
    product[j + 1]! += sum1 + between * x0 + diagonal1 * x1;
  }
}

/**
 * In place, the vector v of the reflection 1 - scale v v' that leaves of a row its last value alone.
 * @returns scale; the value that is left goes to `beside[i]`
 */
function reflector(row: Float64Array, beside: Float64Array, i: number): number {
  const last = row[i - 1]!;
  let squares = 0;
  for (let k = 0; k < i - 1; k++) squares += row[k]! * row[k]!;
  if (squares === 0) {
    beside[i] = last;
    return 0;
  }
  const norm = Math.sqrt(squares + last * last);
  beside[i] = last < 0 ? norm : -norm;
  row[i - 1] = last - beside[i];
  return 1 / (norm * (norm + Math.abs(last)));
}

/** In place, vectors [count, size] of the three diagonals become those of the matrix. */
export function reflectBack({ size, reflectors, scales }: Tridiagonal, vectors: Float64Array): void {
  for (let i = 1; i < size; i++) {
    const [from, scale] = [i * size, scales[i]!];
    if (scale === 0) continue;
    for (let at = 0; at < vectors.length; at += size) {
      const length = scale * dot(vectors, at, reflectors, from, i);
      for (let k = 0; k < i; k++) vectors[at + k]! -= length * reflectors[from + k]!;
    }
  }
}

/** Four sums side by side: one would wait for itself. */
export function dot(x: Float64Array, atX: number, y: Float64Array, atY: number, length: number): number {
  let i = 0;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (; i + 3 < length; i += 4) {
    a += x[atX + i]! * y[atY + i]!;
    b += x[atX + i + 1]! * y[atY + i + 1]!;
    c += x[atX + i + 2]! * y[atY + i + 2]!;
    d += x[atX + i + 3]! * y[atY + i + 3]!;
  }
  for (; i < length; i++) a += x[atX + i]! * y[atY + i]!;
  return a + b + (c + d);
}
