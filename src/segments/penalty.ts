// Finds the penalty per segment that gives the wanted number of segments: the count never grows with the
// penalty, so bisection on its logarithm finds it.
import { cheapestCut, type PieceCosts } from './least-squares.js';

export interface FoundPenalty {
  readonly penalty: number;
  /** Segments that the utterances are cut into under it. */
  readonly segments: number;
}

/**
 * @param utterances costs of a sample of utterances
 * @param wanted segments in all of them together; where the length limits do not
 * allow it, the nearest possible is found
 */
export function findPenalty(utterances: readonly PieceCosts[], wanted: number, steps = 40): FoundPenalty {
  const countAt = (penalty: number): number =>
    utterances.reduce((sum, costs) => sum + cheapestCut(costs, penalty).length, 0);
  let best: FoundPenalty = { penalty: 0, segments: countAt(0) };
  const consider = (penalty: number): number => {
    const segments = countAt(penalty);
    if (Math.abs(segments - wanted) < Math.abs(best.segments - wanted)) best = { penalty, segments };
    return segments;
  };
  if (best.segments <= wanted) return best;
  let high = 1;
  for (let i = 0; i < 60 && consider(high) > wanted; i++) high *= 4;
  let low = high / 4;
  for (let i = 0; i < 60 && consider(low) < wanted; i++) low /= 4;
  // Ends early at 0.2 %: utterances outside the sample differ by more than that.
  for (let i = 0; i < steps && Math.abs(best.segments - wanted) > 0.002 * wanted; i++) {
    const middle = Math.sqrt(low * high);
    if (consider(middle) > wanted) low = middle;
    else high = middle;
  }
  return best;
}
