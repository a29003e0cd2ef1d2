// Finds the penalty per segment that gives the wanted number of segments: the count never grows with the
// penalty, so bisection on its logarithm finds it.
import { Turns } from '../core/event-loop.js';
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
export async function findPenalty(
  utterances: readonly PieceCosts[],
  wanted: number,
  { steps = 40, signal }: { readonly steps?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<FoundPenalty> {
  const turns = new Turns(signal);
  const countAt = async (penalty: number): Promise<number> => {
    let count = 0;
    for (const costs of utterances) {
      if (turns.due) await turns.give();
      count += cheapestCut(costs, penalty).length;
    }
    return count;
  };
  let best: FoundPenalty = { penalty: 0, segments: await countAt(0) };
  const consider = async (penalty: number): Promise<number> => {
    const segments = await countAt(penalty);
    if (Math.abs(segments - wanted) < Math.abs(best.segments - wanted)) best = { penalty, segments };
    return segments;
  };
  if (best.segments <= wanted) return best;
  let high = 1;
  for (let i = 0; i < 60 && (await consider(high)) > wanted; i++) high *= 4;
  let low = high / 4;
  for (let i = 0; i < 60 && (await consider(low)) < wanted; i++) low /= 4;
  // Ends early at 0.2 %: utterances outside the sample differ by more than that.
  for (let i = 0; i < steps && Math.abs(best.segments - wanted) > 0.002 * wanted; i++) {
    const middle = Math.sqrt(low * high);
    if ((await consider(middle)) > wanted) low = middle;
    else high = middle;
  }
  return best;
}
