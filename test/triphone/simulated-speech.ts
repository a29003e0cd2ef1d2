// Utterances whose phones are known: strings drawn from a phone trigram, three states a phone, one Gaussian a state,
// means that depend on the phone to the left, and speakers who turn all frames.
import { Rng } from '../../src/core/rng.js';
import { applyAffine } from '../../src/triphone/splice.js';

export const phones = 6;
export const statesPerPhone = 3;
export const dim = 4;

export interface SimulatedUtterance {
  readonly id: string;
  readonly speaker: string;
  readonly phones: Int32Array;
  /** [phones] first frame after each. */
  readonly ends: Int32Array;
  readonly frames: Float32Array;
  readonly rows: number;
}

export interface SpeechOptions {
  readonly utterances: number;
  /** How far the left neighbour moves a phone's first state. */
  readonly coarticulation: number;
  /** Standard deviation of a frame. */
  readonly spread: number;
  /** [dim, dim + 1] for each speaker; none change anything where it is empty. */
  readonly speakers?: readonly Float64Array[];
  readonly seed: number;
}

/** Two phones are followed by one of two: a language model matters, and a bigram does not know all of it. */
export const follows = (before: number, phone: number): number[] => [
  (before + phone + 1) % phones,
  (before + 2 * phone + 3) % phones,
];

/** A string of phones of the simulated language. */
export function sentence(rng: Rng, length = 15): number[] {
  const string = [rng.integer(phones), rng.integer(phones)];
  while (string.length < length) string.push(rng.choice(follows(string.at(-2)!, string.at(-1)!)));
  return string;
}

export function speak({
  utterances,
  coarticulation,
  spread,
  speakers = [],
  seed,
}: SpeechOptions): SimulatedUtterance[] {
  const world = Rng.fromSeed(11);
  const means = Array.from({ length: phones * statesPerPhone }, () =>
    Array.from({ length: dim }, () => 2 * world.normal()),
  );
  const shifts = Array.from({ length: phones }, () =>
    Array.from({ length: dim }, () => coarticulation * world.normal()),
  );
  const rng = Rng.fromSeed(seed);
  return Array.from({ length: utterances }, (_, n) => {
    const string = sentence(rng);
    const values: number[] = [];
    const ends: number[] = [];
    string.forEach((phone, i) => {
      for (let c = 0; c < statesPerPhone; c++) {
        const length = 1 + rng.integer(3);
        for (let k = 0; k < length; k++) {
          for (let d = 0; d < dim; d++)
            values.push(
              means[phone * statesPerPhone + c]![d]! +
                (c === 0 && i > 0 ? shifts[string[i - 1]!]![d]! : 0) +
                spread * rng.normal(),
            );
        }
      }
      ends.push(values.length / dim);
    });
    const rows = values.length / dim;
    const speaker = speakers.length > 0 ? n % speakers.length : 0;
    const clean = Float32Array.from(values);
    const map = speakers[speaker];
    return {
      id: `u${n}`,
      speaker: `s${speaker}`,
      phones: Int32Array.from(string),
      ends: Int32Array.from(ends),
      frames: map ? applyAffine(clean, rows, dim, map) : clean,
      rows,
    };
  });
}
