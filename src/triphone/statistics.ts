// Single diagonal Gaussians of every state in every context that occurs: what decision trees and questions are made of.
import { visitContexts } from './visit-contexts.js';
import type { Alignment } from './alignment.js';

/** Frames, sums and sums of squares: [1 + 2 dim], so that two of them are merged by adding. */
export type Statistics = Float64Array;

export const emptyStatistics = (dim: number): Statistics => new Float64Array(1 + 2 * dim);

export function addFrame(statistics: Statistics, frames: Float32Array, t: number, dim: number): void {
  statistics[0]! += 1;
  for (let d = 0, from = t * dim; d < dim; d++, from++) {
    const x = frames[from]!;
    statistics[1 + d]! += x;
    statistics[1 + dim + d]! += x * x;
  }
}

export function merge(into: Statistics, other: Statistics): void {
  for (let i = 0; i < into.length; i++) into[i]! += other[i]!;
}

const constant = 1 + Math.log(2 * Math.PI);

/**
 * Log likelihood of the frames under their own best Gaussian (Odell, 1995, "The use of context in large vocabulary
 * speech recognition", eq. 3.5).
 */
export function logLikelihood(statistics: Statistics, varianceFloor: number): number {
  const count = statistics[0]!;
  const dim = (statistics.length - 1) / 2;
  if (count <= 0) return 0;
  let sum = 0;
  for (let d = 0; d < dim; d++) {
    const mean = statistics[1 + d]! / count;
    sum += constant + Math.log(Math.max(varianceFloor, statistics[1 + dim + d]! / count - mean * mean));
  }
  return -0.5 * count * sum;
}

export function gaussianOf(statistics: Statistics): { mean: Float64Array; variance: Float64Array } | undefined {
  const count = statistics[0]!;
  if (count <= 0) return undefined;
  const dim = (statistics.length - 1) / 2;
  const mean = statistics.slice(1, 1 + dim).map((sum) => sum / count);
  return { mean, variance: statistics.slice(1 + dim).map((square, d) => square / count - mean[d]! * mean[d]!) };
}

/** A state of a phone between two others. */
export interface ContextStatistics {
  readonly left: number;
  readonly right: number;
  readonly statistics: Statistics;
}

/** Statistics by state: `of[phone x statesPerPhone + c]` lists the contexts that occur. */
export class ContextSums {
  readonly #found: Map<number, ContextStatistics>[];
  readonly #symbols: number;

  /** @param phones without silence. @param modelled phones that have states */
  constructor(
    private readonly phones: number,
    modelled: number,
    private readonly statesPerPhone: number,
    private readonly dim: number,
  ) {
    this.#symbols = phones + 1;
    this.#found = Array.from({ length: modelled * statesPerPhone }, () => new Map<number, ContextStatistics>());
  }

  add(alignment: Alignment, frames: Float32Array): void {
    visitContexts(alignment, this.phones, this.statesPerPhone, ({ left, phone, right }, c, from, end) => {
      const own = this.#found[phone * this.statesPerPhone + c]!;
      const key = left * this.#symbols + right;
      let context = own.get(key);
      if (!context) own.set(key, (context = { left, right, statistics: emptyStatistics(this.dim) }));
      for (let t = from; t < end; t++) addFrame(context.statistics, frames, t, this.dim);
    });
  }

  /** In an order that does not depend on which utterance came first. */
  of(state: number): ContextStatistics[] {
    return [...this.#found[state]!.entries()].sort(([a], [b]) => a - b).map(([, context]) => context);
  }

  /** All contexts of a state together. */
  total(state: number): Statistics {
    const sum = emptyStatistics(this.dim);
    for (const { statistics } of this.of(state)) merge(sum, statistics);
    return sum;
  }
}
