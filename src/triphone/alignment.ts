// The most likely way through a known string of phones: which frame belongs to which state of which phone (forced
// Viterbi alignment).
import type { TiedStates } from './context.js';

export interface Alignment {
  /** Silence is the number of phones. */
  readonly phones: Int32Array;
  /** [phones, chain] first frame after each state. */
  readonly ends: Int32Array;
}

/** Natural log probabilities of staying in and leaving each state, [modelled phones x chain]. */
export interface Durations {
  readonly stay: Float64Array;
  readonly leave: Float64Array;
}

/** @param stay [modelled phones x chain] probabilities */
export const durations = (stay: ArrayLike<number>): Durations => ({
  stay: Float64Array.from(stay, Math.log),
  leave: Float64Array.from(stay, (p) => Math.log1p(-p)),
});

/** The tied states of a string of phones, [phones x chain]. */
export function statesOf(phones: ArrayLike<number>, tied: TiedStates): Int32Array {
  const { chain } = tied;
  const states = new Int32Array(phones.length * chain);
  for (let i = 0; i < phones.length; i++) {
    const left = i > 0 ? phones[i - 1]! : tied.phones;
    const right = i + 1 < phones.length ? phones[i + 1]! : tied.phones;
    for (let c = 0; c < chain; c++) states[i * chain + c] = tied.of(left, phones[i]!, right, c);
  }
  return states;
}

export interface AlignOptions {
  /** Factor on the densities against the durations. */
  readonly acousticScale: number;
  /** Natural-log distance (scaled) to the best at which a path is given up. */
  readonly beam: number;
}

/**
 * @param density natural log density of a tied state at a row
 * @returns undefined when the utterance has fewer frames than states
 */
export function align(
  phones: Int32Array,
  rows: number,
  tied: TiedStates,
  { stay, leave }: Durations,
  density: (p: number, t: number) => number,
  options: AlignOptions,
): Alignment | undefined {
  const states = statesOf(phones, tied);
  const count = states.length;
  if (count === 0 || rows < count) return undefined;
  const own = Int32Array.from(states, (_, j) => phones[Math.floor(j / tied.chain)]! * tied.chain + (j % tied.chain));
  for (const beam of [options.beam, 10 * options.beam, Infinity]) {
    const ends = search(states, own, rows, beam);
    if (ends) return { phones, ends };
  }
  return undefined;

  function search(of: Int32Array, at: Int32Array, length: number, beam: number): Int32Array | undefined {
    const entered = new Uint8Array(length * count); // 1 where the best path comes from the state before
    let score = new Float64Array(count).fill(-Infinity);
    let next = new Float64Array(count).fill(-Infinity);
    score[0] = options.acousticScale * density(of[0]!, 0);
    let low = 0;
    let high = 0;
    for (let t = 1; t < length; t++) {
      // State j can be left in time only if as many frames are left as states follow it, and reached only if as many have gone.
      const least = Math.max(low, count - (length - t));
      const most = Math.min(high + 1, count - 1);
      let top = -Infinity;
      for (let j = least; j <= most; j++) {
        const stays = score[j]! + stay[at[j]!]!;
        const comes = j > 0 ? score[j - 1]! + leave[at[j - 1]!]! : -Infinity;
        const better = comes > stays;
        const value = better ? comes : stays;
        if (value === -Infinity) {
          next[j] = value;
          continue;
        }
        if (better) entered[t * count + j] = 1;
        next[j] = value + options.acousticScale * density(of[j]!, t);
        if (next[j]! > top) top = next[j]!;
      }
      if (top === -Infinity) return undefined;
      const worst = top - beam;
      let first = -1;
      let last = -1;
      for (let j = least; j <= most; j++) {
        if (next[j]! < worst) next[j] = -Infinity;
        else {
          if (first < 0) first = j;
          last = j;
        }
      }
      score.fill(-Infinity, low, high + 1);
      [score, next] = [next, score];
      low = first;
      high = last;
    }
    if (high !== count - 1 || score[count - 1] === -Infinity) return undefined;
    const ends = new Int32Array(count);
    for (let j = count - 1, t = length - 1; j >= 0; j--) {
      ends[j] = t + 1;
      while (t > 0 && entered[t * count + j] === 0) t--;
      t--;
    }
    return ends;
  }
}

/** Equal parts of each phone for its states. @param phoneEnds [phones] first frame after each; a phone has at least `chain` frames */
export function evenAlignment(phones: Int32Array, phoneEnds: ArrayLike<number>, chain: number): Alignment {
  const ends = new Int32Array(phones.length * chain);
  let start = 0;
  for (let i = 0; i < phones.length; i++) {
    const end = phoneEnds[i]!;
    for (let c = 0; c < chain; c++) ends[i * chain + c] = start + Math.round(((c + 1) * (end - start)) / chain);
    start = end;
  }
  return { phones, ends };
}

/** Calls `visit` for every frame with the tied state that it belongs to. */
export function visitFrames(
  { phones, ends }: Alignment,
  tied: TiedStates,
  visit: (p: number, t: number) => void,
): void {
  const states = statesOf(phones, tied);
  for (let j = 0, t = 0; j < states.length; j++) for (; t < ends[j]!; t++) visit(states[j]!, t);
}

/** Probability of staying in each state, from how long it lasted; [modelled phones x chain]. */
export class DurationCounts {
  readonly #frames: Float64Array;
  readonly #visits: Float64Array;

  /** @param states modelled phones x chain */
  constructor(
    states: number,
    private readonly chain: number,
  ) {
    this.#frames = new Float64Array(states);
    this.#visits = new Float64Array(states);
  }

  add({ phones, ends }: Alignment): void {
    for (let j = 0, start = 0; j < ends.length; j++) {
      const s = phones[Math.floor(j / this.chain)]! * this.chain + (j % this.chain);
      this.#frames[s]! += ends[j]! - start;
      this.#visits[s]! += 1;
      start = ends[j]!;
    }
  }

  /** One visit of three frames is added to each, so that no probability is 0 or 1. */
  stay(): Float64Array {
    return this.#frames.map((frames, s) => 1 - (this.#visits[s]! + 1) / (frames + 3));
  }
}
