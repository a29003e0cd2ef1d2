// Multinomial logistic regression on sparse rows: weights by label in, mean cross-entropy with its gradient out, and
// the weights that make it least. The objective is convex, so there is one answer and no seed.
import type { SparseRow } from './ngrams.js';

export interface Examples {
  readonly rows: readonly SparseRow[];
  /** Place of the right label of each row. */
  readonly labels: Int32Array;
  readonly classes: number;
  readonly columns: number;
}

/** [columns + 1, classes]: the last row is the constant, which is not penalised. */
export type LogisticWeights = Float64Array;

/** Probabilities of the labels. @param out [classes], written */
export function probabilities(
  weights: LogisticWeights,
  { indices, values }: SparseRow,
  classes: number,
  columns: number,
  out: Float64Array,
): void {
  out.set(weights.subarray(columns * classes, (columns + 1) * classes));
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]! * classes;
    const value = values[i]!;
    for (let c = 0; c < classes; c++) out[c]! += weights[at + c]! * value;
  }
  let most = -Infinity;
  for (let c = 0; c < classes; c++) most = Math.max(most, out[c]!);
  let total = 0;
  for (let c = 0; c < classes; c++) total += out[c] = Math.exp(out[c]! - most);
  for (let c = 0; c < classes; c++) out[c]! /= total;
}

/**
 * Mean -ln p(label) + penalty/2 |w|², in nats.
 * @param slope as long as the weights, overwritten with the gradient
 */
export function objective(
  { rows, labels, classes, columns }: Examples,
  weights: LogisticWeights,
  penalty: number,
  slope: Float64Array,
): number {
  slope.fill(0);
  const p = new Float64Array(classes);
  let loss = 0;
  for (const [r, row] of rows.entries()) {
    probabilities(weights, row, classes, columns, p);
    const label = labels[r]!;
    loss -= Math.log(Math.max(p[label]!, 1e-300)) / rows.length;
    for (let c = 0; c < classes; c++) p[c] = (p[c]! - (c === label ? 1 : 0)) / rows.length;
    for (let i = 0; i < row.indices.length; i++) {
      const at = row.indices[i]! * classes;
      const value = row.values[i]!;
      for (let c = 0; c < classes; c++) slope[at + c]! += p[c]! * value;
    }
    for (let c = 0; c < classes; c++) slope[columns * classes + c]! += p[c]!;
  }
  for (let w = 0; w < columns * classes; w++) {
    loss += (penalty / 2) * weights[w]! ** 2;
    slope[w]! += penalty * weights[w]!;
  }
  return loss;
}

const memory = 8;
const mostSteps = 60;
/** Of the gradient's largest part, at which the answer is taken to be reached. */
const flat = 1e-4;

/** Limited-memory BFGS (Nocedal, 1980) with backtracking. */
export function fit(examples: Examples, penalty: number, signal?: AbortSignal): LogisticWeights {
  const size = examples.classes * (examples.columns + 1);
  let weights = new Float64Array(size);
  let slope = new Float64Array(size);
  let loss = objective(examples, weights, penalty, slope);
  const pairs: { s: Float64Array; y: Float64Array; sy: number }[] = [];
  for (let step = 0; step < mostSteps; step++) {
    signal?.throwIfAborted();
    if (slope.every((value) => Math.abs(value) < flat)) break;
    const direction = descent(slope, pairs);
    const fall = dot(direction, slope);
    let length = pairs.length === 0 ? 1 / Math.sqrt(dot(slope, slope)) : 1;
    const next = new Float64Array(size);
    const nextSlope = new Float64Array(size);
    let nextLoss = Infinity;
    for (; length > 1e-12; length /= 2) {
      for (let w = 0; w < size; w++) next[w] = weights[w]! + length * direction[w]!;
      nextLoss = objective(examples, next, penalty, nextSlope);
      if (nextLoss <= loss + 1e-4 * length * fall) break;
    }
    if (nextLoss >= loss) break; // no descent left that numbers of this size could show
    const s = next.map((value, w) => value - weights[w]!);
    const y = nextSlope.map((value, w) => value - slope[w]!);
    const sy = dot(s, y);
    if (sy > 0) pairs.push({ s, y, sy });
    if (pairs.length > memory) pairs.shift();
    [weights, slope, loss] = [next, nextSlope, nextLoss];
  }
  return weights;
}

/** The two loops: minus the gradient times what the last steps say of the inverse curvature. */
function descent(
  slope: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; sy: number }[],
): Float64Array {
  const direction = slope.map((value) => -value);
  const shares: number[] = [];
  for (const { s, y, sy } of [...pairs].reverse()) {
    const share = dot(s, direction) / sy;
    shares.push(share);
    for (let w = 0; w < direction.length; w++) direction[w]! -= share * y[w]!;
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = last.sy / dot(last.y, last.y);
    for (let w = 0; w < direction.length; w++) direction[w]! *= scale;
  }
  for (const { s, y, sy } of pairs) {
    const back = (shares.pop() as number) - dot(y, direction) / sy;
    for (let w = 0; w < direction.length; w++) direction[w]! += back * s[w]!;
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
