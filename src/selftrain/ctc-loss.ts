// Connectionist temporal classification (Graves et al., 2006): how likely a string of labels is when it may stand
// anywhere in the rows, and how probable each symbol then is in each row. The gradient of the loss by the logits is the
// softmax less these probabilities, so they serve as targets of an ordinary cross-entropy.

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
  /** 1 where a state may follow the label before the last blank. */
  const skips = Float64Array.from(symbol, (own, s) => (s % 2 === 1 && s >= 3 && own !== symbol[s - 2] ? 1 : 0));
  if (rows === 0) return undefined;
  // Probabilities, each row scaled to sum to 1: logarithms would take most of the time of a training step.
  const probable = new Float64Array(rows * states);
  for (let t = 0, at = 0; t < rows; t++)
    for (let s = 0; s < states; s++) probable[at++] = Math.exp(logProbs[t * columns + symbol[s]!]!);
  const forward = new Float64Array(rows * states);
  let loss = 0;
  for (let t = 0; t < rows; t++) {
    const now = t * states;
    const before = now - states;
    let sum = 0;
    for (let s = 0; s < states; s++) {
      let come = t === 0 ? (s < 2 ? 1 : 0) : forward[before + s]!;
      if (t > 0 && s > 0) come += forward[before + s - 1]!;
      if (t > 0 && s > 1) come += skips[s]! * forward[before + s - 2]!;
      sum += forward[now + s] = come * probable[now + s]!;
    }
    if (!(sum > 0)) return undefined;
    loss -= Math.log(sum);
    for (let s = 0; s < states; s++) forward[now + s]! /= sum;
  }
  const end = rows * states - 1;
  const finished = forward[end]! + (states > 1 ? forward[end - 1]! : 0);
  if (!(finished > 0)) return undefined;
  const occupancy = new Float32Array(rows * columns);
  const after = new Float64Array(states);
  after[states - 1] = 1;
  if (states > 1) after[states - 2] = 1;
  const share = new Float64Array(states);
  for (let t = rows - 1; t >= 0; t--) {
    const now = t * states;
    if (t < rows - 1) {
      let sum = 0;
      for (let s = 0; s < states; s++) after[s]! *= probable[now + states + s]!;
      for (let s = 0; s < states; s++) {
        let come = after[s]!;
        if (s + 1 < states) come += after[s + 1]!;
        if (s + 2 < states) come += skips[s + 2]! * after[s + 2]!;
        sum += after[s] = come;
      }
      for (let s = 0; s < states; s++) after[s]! /= sum;
    }
    let total = 0;
    for (let s = 0; s < states; s++) total += share[s] = forward[now + s]! * after[s]!;
    if (!(total > 0)) return undefined;
    for (let s = 0; s < states; s++) occupancy[t * columns + symbol[s]!]! += share[s]! / total;
  }
  return { loss: loss - Math.log(finished), occupancy };
}
