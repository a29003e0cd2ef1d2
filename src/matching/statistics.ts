// What matching compares: skipgram and positional unigram frequencies of sequences of small integers,
// units of the audio on one side, phones of the text on the other.

/** Frequencies of one corpus of sequences over `count` symbols. */
export interface SequenceStatistics {
  readonly count: number;
  /** [lags, count, count]: share of the pairs (x[t], x[t + lag]); each lag sums to 1. */
  readonly skipgrams: Float32Array;
  /**
   * [2 x positions, count]: symbol shares at place p from the start (first half) and from the end; each row sums to 1.
   */
  readonly positional: Float32Array;
}

/**
 * Counts pairs at distances 1…lags inside each sequence, and symbols near both ends (Wang et al., ASRU 2023).
 * A lag or a place that no sequence is long enough for stays all zero.
 */
export function sequenceStatistics(
  sequences: Iterable<ArrayLike<number>>,
  count: number,
  lags: number,
  positions: number,
): SequenceStatistics {
  const pairs = new Float64Array(lags * count * count);
  const places = new Float64Array(2 * positions * count);
  for (const sequence of sequences) {
    const n = sequence.length;
    for (let t = 0; t < n; t++) {
      const x = sequence[t]!;
      for (let lag = 1; lag <= lags && t + lag < n; lag++) {
        const at = ((lag - 1) * count + x) * count + sequence[t + lag]!;
        pairs[at]! += 1;
      }
    }
    for (let p = 0; p < positions && p < n; p++) {
      places[p * count + sequence[p]!]! += 1;
      places[(positions + p) * count + sequence[n - 1 - p]!]! += 1;
    }
  }
  return { count, skipgrams: rowShares(pairs, lags), positional: rowShares(places, 2 * positions) };
}

/** Each of `rows` equal parts divided by its own sum. */
function rowShares(counts: Float64Array, rows: number): Float32Array {
  const shares = new Float32Array(counts.length);
  const width = rows === 0 ? 0 : counts.length / rows;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += counts[i]!;
    if (sum === 0) continue;
    for (let i = row * width; i < (row + 1) * width; i++) shares[i] = counts[i]! / sum;
  }
  return shares;
}
