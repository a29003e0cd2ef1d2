// The most likely way through a known string of phones: which frame belongs to which state of which phone (forced
// Viterbi alignment).
import { forcedPath } from '../search/forced-path.js';
import type { RowScores } from '../search/viterbi.js';
import type { TiedStates } from './context.js';

export interface Alignment {
  /** Silence is the number of phones. */
  readonly phones: Int32Array;
  /** [phones, statesPerPhone] first frame after each state. */
  readonly ends: Int32Array;
}

/** Natural log probabilities of staying in and leaving each state, [modelled phones x statesPerPhone]. */
export interface Durations {
  readonly stay: Float64Array;
  readonly leave: Float64Array;
}

/** @param stay [modelled phones x statesPerPhone] probabilities */
export const durations = (stay: ArrayLike<number>): Durations => ({
  stay: Float64Array.from(stay, Math.log),
  leave: Float64Array.from(stay, (p) => Math.log1p(-p)),
});

/** The tied states of a string of phones, [phones x statesPerPhone]. */
export function statesOf(phones: ArrayLike<number>, tied: TiedStates): Int32Array {
  const { statesPerPhone } = tied;
  const states = new Int32Array(phones.length * statesPerPhone);
  for (let i = 0; i < phones.length; i++) {
    const left = i > 0 ? phones[i - 1]! : tied.phones;
    const right = i + 1 < phones.length ? phones[i + 1]! : tied.phones;
    for (let c = 0; c < statesPerPhone; c++) states[i * statesPerPhone + c] = tied.of(left, phones[i]!, right, c);
  }
  return states;
}

export interface AlignStatesOptions {
  /** Factor on the densities against the durations. */
  readonly acousticScale: number;
  /** Natural-log distance (scaled) to the best at which a path is given up. */
  readonly beam: number;
}

/** @param densities a column for each tied state. @returns undefined when the utterance has fewer frames than states */
export function align(
  phones: Int32Array,
  densities: RowScores,
  tied: TiedStates,
  { stay, leave }: Durations,
  { acousticScale, beam }: AlignStatesOptions,
): Alignment | undefined {
  const columns = statesOf(phones, tied);
  const own = Int32Array.from(
    columns,
    (_, j) => phones[Math.floor(j / tied.statesPerPhone)]! * tied.statesPerPhone + (j % tied.statesPerPhone),
  );
  const string = {
    columns,
    stay: Float64Array.from(own, (s) => stay[s]!),
    enter: Float64Array.from(own, (_, j) => (j > 0 ? leave[own[j - 1]!]! : -Infinity)),
  };
  const ends = forcedPath(string, densities, { scale: acousticScale, beams: [beam, 10 * beam, Infinity] });
  return ends && { phones, ends };
}

/**
 * Equal parts of each phone for its states.
 * @param phoneEnds [phones] first frame after each; a phone has at least `statesPerPhone` frames
 */
export function evenAlignment(phones: Int32Array, phoneEnds: ArrayLike<number>, statesPerPhone: number): Alignment {
  const ends = new Int32Array(phones.length * statesPerPhone);
  let start = 0;
  for (let i = 0; i < phones.length; i++) {
    const end = phoneEnds[i]!;
    for (let c = 0; c < statesPerPhone; c++)
      ends[i * statesPerPhone + c] = start + Math.round(((c + 1) * (end - start)) / statesPerPhone);
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

/** Probability of staying in each state, from how long it lasted; [modelled phones x statesPerPhone]. */
export class DurationCounts {
  readonly #frames: Float64Array;
  readonly #visits: Float64Array;

  /** @param states modelled phones x statesPerPhone */
  constructor(
    states: number,
    private readonly statesPerPhone: number,
  ) {
    this.#frames = new Float64Array(states);
    this.#visits = new Float64Array(states);
  }

  add({ phones, ends }: Alignment): void {
    for (let j = 0, start = 0; j < ends.length; j++) {
      const s = phones[Math.floor(j / this.statesPerPhone)]! * this.statesPerPhone + (j % this.statesPerPhone);
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
