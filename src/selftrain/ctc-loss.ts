// Connectionist temporal classification (Graves et al., 2006): how likely a string of labels is when it may stand anywhere
// in the rows, and how probable each symbol then is in each row. The gradient of the loss by the logits is the softmax
// less these probabilities, so they serve as targets of an ordinary cross-entropy.

export interface CtcSums {
  /** Negative natural log of the probability of the labels. */
  readonly loss: number;
  /** [rows, columns] probability of each symbol in each row, given the labels; a row sums to 1. */
  readonly occupancy: Float32Array;
}

/**
 * @param logProbs [rows, columns] natural logarithms, each row summing to 1
 * @param labels columns, without the blank
 * @param blank its column: what stands between labels, and must stand between equal ones
 * @returns undefined where the rows are too few for the labels, or no path has a probability
 */
export function ctcSums(
  logProbs: Float32Array,
  columns: number,
  labels: ArrayLike<number>,
  blank: number,
): CtcSums | undefined {
  const rows = logProbs.length / columns;
  // Blanks around every label: state s is labels[(s - 1) / 2] where s is odd.
  const states = 2 * labels.length + 1;
  const symbol = Int32Array.from({ length: states }, (_, s) => (s % 2 === 0 ? blank : labels[(s - 1) / 2]!));
  const skips = (s: number): boolean => s % 2 === 1 && s >= 3 && symbol[s] !== symbol[s - 2];
  const score = (t: number, s: number): number => logProbs[t * columns + symbol[s]!]!;
  if (rows === 0) return undefined;
  const forward = new Float64Array(rows * states).fill(-Infinity);
  forward[0] = score(0, 0);
  if (states > 1) forward[1] = score(0, 1);
  for (let t = 1; t < rows; t++) {
    const before = (t - 1) * states;
    for (let s = 0; s < states; s++) {
      const come = logAdd3(
        forward[before + s]!,
        s > 0 ? forward[before + s - 1]! : -Infinity,
        skips(s) ? forward[before + s - 2]! : -Infinity,
      );
      if (come > -Infinity) forward[t * states + s] = come + score(t, s);
    }
  }
  const end = (rows - 1) * states + states - 1;
  const total = logAdd3(forward[end]!, states > 1 ? forward[end - 1]! : -Infinity, -Infinity);
  if (!(total > -Infinity)) return undefined;
  const occupancy = new Float32Array(rows * columns);
  let after = new Float64Array(states).fill(-Infinity);
  let now = new Float64Array(states);
  after[states - 1] = 0;
  if (states > 1) after[states - 2] = 0;
  for (let t = rows - 1; t >= 0; t--) {
    if (t < rows - 1) {
      for (let s = 0; s < states; s++) {
        now[s] = logAdd3(
          after[s]! + score(t + 1, s),
          s + 1 < states ? after[s + 1]! + score(t + 1, s + 1) : -Infinity,
          s + 2 < states && skips(s + 2) ? after[s + 2]! + score(t + 1, s + 2) : -Infinity,
        );
      }
      [after, now] = [now, after];
    }
    for (let s = 0; s < states; s++) {
      const share = forward[t * states + s]! + after[s]! - total;
      if (share > -40) occupancy[t * columns + symbol[s]!]! += Math.exp(share);
    }
  }
  return { loss: -total, occupancy };
}

function logAdd3(a: number, b: number, c: number): number {
  const top = Math.max(a, b, c);
  return top === -Infinity ? top : top + Math.log(Math.exp(a - top) + Math.exp(b - top) + Math.exp(c - top));
}
