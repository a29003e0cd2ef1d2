// The largest eigenvalues and vectors against closed forms, ml-matrix's decomposition, and matrices made to be hard:
// equal and nearly equal values, zeros, rank one.
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { largestEigenpairs, type Eigenpairs } from '../../src/numeric/symmetric-eigen.js';

/** Largest of |A v - value v| and of what the vectors lack of being orthonormal, for a matrix of norm about 1. */
function errorOf(matrix: Float64Array, size: number, { values, vectors }: Eigenpairs): number {
  const v = Matrix.from1DArray(values.length, size, vectors);
  const products = v.mmul(Matrix.from1DArray(size, size, matrix));
  const residual = Matrix.sub(products, v.clone().mulColumnVector([...values]));
  const lacking = Matrix.sub(v.mmul(v.transpose()), Matrix.eye(values.length));
  return Math.max(residual.norm(), lacking.norm());
}

/** Q diag(values) Q', with Q from Gram and Schmidt of random vectors. */
function withValues(values: readonly number[], seed: string): Float64Array {
  const rng = Rng.fromSeed(seed);
  const size = values.length;
  const rows: number[][] = [];
  for (let i = 0; i < size; i++) {
    let row = Array.from({ length: size }, () => rng.normal());
    for (let pass = 0; pass < 2; pass++)
      for (const other of rows) {
        const along = other.reduce((sum, value, c) => sum + value * row[c]!, 0);
        row = row.map((value, c) => value - along * other[c]!);
      }
    const norm = Math.hypot(...row);
    rows.push(row.map((value) => value / norm));
  }
  const q = new Matrix(rows);
  const made = q
    .transpose()
    .mmul(Matrix.diag([...values]))
    .mmul(q);
  return Float64Array.from(made.to1DArray());
}

describe('largestEigenpairs', () => {
  it('finds the sines and cosines of second differences', () => {
    const size = 50;
    const matrix = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      matrix[i * size + i] = 2;
      if (i > 0) matrix[i * size + i - 1] = -1;
      if (i + 1 < size) matrix[i * size + i + 1] = -1;
    }
    const { values, vectors } = largestEigenpairs(matrix, size, 3);
    for (let k = 0; k < 3; k++) {
      const angle = ((size - k) * Math.PI) / (size + 1);
      expect(values[k]).toBeCloseTo(2 - 2 * Math.cos(angle), 13);
      const wave = Array.from({ length: size }, (_, i) => Math.sqrt(2 / (size + 1)) * Math.sin((i + 1) * angle));
      const along = wave.reduce((sum, value, i) => sum + value * vectors[k * size + i]!, 0);
      expect(Math.abs(along)).toBeCloseTo(1, 13);
    }
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [39, 39],
    [80, 10],
    [81, 81],
  ])('agrees with ml-matrix at %i columns, %i kept', (size, count) => {
    const rng = Rng.fromSeed(`of ${size}`);
    const factor = Matrix.from1DArray(
      2 * size,
      size,
      Array.from({ length: 2 * size * size }, (_, i) => rng.normal() * 0.9 ** (i % size)),
    );
    const square = factor.transpose().mmul(factor);
    square.div(square.norm());
    const matrix = Float64Array.from(square.to1DArray());
    const found = largestEigenpairs(matrix, size, count);
    const all = new EigenvalueDecomposition(square, { assumeSymmetric: true });
    const order = all.realEigenvalues
      .map((_, i) => i)
      .sort((a, b) => all.realEigenvalues[b]! - all.realEigenvalues[a]!);
    expect(errorOf(matrix, size, found)).toBeLessThan(1e-13);
    order.slice(0, count).forEach((from, k) => {
      expect(found.values[k]).toBeCloseTo(all.realEigenvalues[from]!, 14);
      if (all.realEigenvalues[from]! < 1e-4) return; // close to the next one: either has another vector
      const vector = all.eigenvectorMatrix.getColumn(from);
      const along = vector.reduce((sum, value, i) => sum + value * found.vectors[k * size + i]!, 0);
      expect(Math.abs(along)).toBeCloseTo(1, 10);
    });
  });

  it.each([
    ['equal in pairs', [1, 1, 0.5, 0.5, 0.5, 0.2, 0.2, 0]],
    ['a billionth apart', [1, 1 - 1e-9, 1 - 2e-9, 1 - 1e-12, 0.3, 0.3 + 1e-14, 0.1, 0]],
    ['of one direction', [1, 0, 0, 0, 0, 0, 0, 0]],
    ['of both signs', [1, -1, 0.5, -0.5, 0.25, -0.25, 0, 0]],
  ])('keeps vectors apart whose values are %s', (_, values) => {
    const matrix = withValues(values, 'hard');
    for (const count of [1, 4, 8]) {
      const found = largestEigenpairs(matrix, 8, count);
      expect(errorOf(matrix, 8, found)).toBeLessThan(1e-14 * 8);
      const wanted = [...values].sort((a, b) => b - a);
      for (let k = 0; k < count; k++) expect(found.values[k]).toBeCloseTo(wanted[k]!, 14);
    }
  });

  it('has orthonormal vectors of matrices that are diagonal already, of large and of small numbers', () => {
    for (const scale of [0, 1e-60, 1, 1e60]) {
      for (const values of [Array.from({ length: 30 }, () => 1), Array.from({ length: 30 }, (_, i) => i >> 1)]) {
        const matrix = Float64Array.from(Matrix.diag(values.map((value) => value * scale)).to1DArray());
        const { values: found, vectors } = largestEigenpairs(matrix, 30, 30);
        const v = Matrix.from1DArray(30, 30, vectors);
        expect(Matrix.sub(v.mmul(v.transpose()), Matrix.eye(30)).norm()).toBeLessThan(1e-12);
        const wanted = [...values].sort((a, b) => b - a);
        for (let k = 0; k < 30; k++) expect(found[k]! / (scale || 1)).toBeCloseTo(scale === 0 ? 0 : wanted[k]!, 12);
      }
    }
  });

  it('makes the largest entry of each vector positive, and keeps no more than there are', () => {
    const { values, vectors } = largestEigenpairs(Float64Array.from([2, 0, 0, 3]), 2, 5);
    expect(values.length).toBe(2);
    [0, 1, 1, 0].forEach((value, i) => {
      expect(vectors[i]).toBeCloseTo(value, 14);
    });
    expect(largestEigenpairs(Float64Array.from([2]), 1, 0).values.length).toBe(0);
  });
});
