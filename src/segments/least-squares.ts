// Least-squares segmentation by dynamic programming: the cut of an utterance into pieces of bounded length that
// minimises squared error around each piece's mean plus a penalty per piece (Bellman, 1961; Jackson et al., 2005).

export interface LengthLimits {
  readonly minFrames: number;
  readonly maxFrames: number;
}

/** Costs of all admissible pieces of one utterance, so that many penalties can be tried on it. */
export interface PieceCosts {
  readonly rows: number;
  readonly limits: LengthLimits;
  /**
   * [rows + 1, maxFrames - minFrames + 1]: squared error of the piece that ends before frame
   * `end` and has `minFrames + i` frames.
   */
  readonly costs: Float32Array;
}

/**
 * @param features [rows, columns]
 * @param weights one factor for each of the first columns; the others are not looked at
 */
export function pieceCosts(
  features: Float32Array,
  rows: number,
  columns: number,
  weights: Float32Array,
  limits: LengthLimits,
): PieceCosts {
  const { minFrames, maxFrames } = limits;
  const used = weights.length;
  const lengths = maxFrames - minFrames + 1;
  const sums = new Float64Array((rows + 1) * used);
  const squares = new Float64Array(rows + 1);
  for (let t = 0; t < rows; t++) {
    let square = 0;
    for (let c = 0; c < used; c++) {
      const value = (features[t * columns + c] as number) * (weights[c] as number);
      square += value * value;
      sums[(t + 1) * used + c] = (sums[t * used + c] as number) + value;
    }
    squares[t + 1] = (squares[t] as number) + square;
  }
  const costs = new Float32Array((rows + 1) * lengths).fill(Infinity);
  for (let end = minFrames; end <= rows; end++) {
    for (let length = minFrames; length <= maxFrames && length <= end; length++) {
      const start = end - length;
      let norm = 0;
      for (let c = 0; c < used; c++) {
        const sum = (sums[end * used + c] as number) - (sums[start * used + c] as number);
        norm += sum * sum;
      }
      const error = (squares[end] as number) - (squares[start] as number) - norm / length;
      costs[end * lengths + length - minFrames] = error > 0 ? error : 0;
    }
  }
  return { rows, limits, costs };
}

/**
 * The cheapest cut under `penalty` per piece; of equally cheap ones the one with the shortest last piece.
 * An utterance that no cut fits (shorter than `minFrames`) is one piece.
 * @returns ends: first frame after each piece, the last one is `rows`; empty for no rows
 */
export function cheapestCut({ rows, limits, costs }: PieceCosts, penalty: number): Int32Array {
  if (rows === 0) return new Int32Array(0);
  const { minFrames, maxFrames } = limits;
  const lengths = maxFrames - minFrames + 1;
  const total = new Float64Array(rows + 1).fill(Infinity);
  const lastLength = new Int32Array(rows + 1);
  const pieces = new Int32Array(rows + 1);
  total[0] = 0;
  for (let end = minFrames; end <= rows; end++) {
    const longest = Math.min(maxFrames, end);
    let best = Infinity;
    let bestLength = 0;
    for (let length = minFrames; length <= longest; length++) {
      const cost = (total[end - length] as number) + (costs[end * lengths + length - minFrames] as number);
      if (cost < best) {
        best = cost;
        bestLength = length;
      }
    }
    total[end] = best + penalty;
    lastLength[end] = bestLength;
    pieces[end] = (pieces[end - bestLength] as number) + 1;
  }
  if (!Number.isFinite(total[rows])) return Int32Array.of(rows);
  const ends = new Int32Array(pieces[rows] as number);
  for (let end = rows, i = ends.length - 1; i >= 0; i--) {
    ends[i] = end;
    end -= lastLength[end] as number;
  }
  return ends;
}
